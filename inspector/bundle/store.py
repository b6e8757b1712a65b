"""The files of a bundle, folder or zip, read without trusting any of them."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from inspector.bundle.layout import MANIFEST, MAX_FILES
from inspector.errors import UsageError
from inspector.files import mend
from inspector.jsontext import Malformed
from inspector.paths import typed_path
from inspector.regular import open_regular


class Store(Protocol):
    """Files by their path inside the bundle, with forward slashes."""

    def read(self, name: str, limit: int) -> bytes:
        """The file's bytes.

        Raises:
            Malformed: there is no such file, it is longer than `limit`, or it is not a plain file inside the bundle.
        """

    def names(self) -> Iterator[str]:
        """The path of each file and link that is there, whether the bundle lists it or not."""

    def close(self) -> None:
        """Lets go of open files."""


def open_store(path: Path) -> Store:
    """The files at `path`.

    Raises:
        UsageError: there is nothing, or it is neither a folder nor a zip with a manifest.
    """
    typed_path(str(path), home=False)
    mend(path)
    if path.is_dir():
        if not (path / MANIFEST).exists():
            raise UsageError(f"{path} is not a bundle: it has no {MANIFEST}.", _MAKE)
        return _Folder(path)
    if not path.exists():
        raise UsageError(f"There is no {path}.", _MAKE)
    try:
        return _Zip(path)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise UsageError(f"{path} is not a bundle: it is neither a folder nor a zip ({error}).", _MAKE) from error


_MAKE = "A bundle is made by `inspector capture TARGET -o DIR`."


def checked_name(name: str) -> str:
    """`name`, if it stays inside the bundle.

    Raises:
        Malformed: it is absolute, climbs, or means something else on another system.
    """
    parts = PurePosixPath(name).parts
    bad = not parts or name != "/".join(parts) or name.startswith("/") or any(part in (".", "..") for part in parts)
    if bad or "\\" in name or ":" in name or "\0" in name:
        raise Malformed(f"the path {name!r} leads out of the bundle")
    return name


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str, limit: int) -> bytes:
        path = self._root
        try:
            for part in checked_name(name).split("/"):
                path /= part
                mode = path.lstat().st_mode
                if stat.S_ISLNK(mode):
                    raise Malformed(f"{name} is a symbolic link, or lies behind one")
            with os.fdopen(open_regular(path, links=False), "rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise Malformed(f"{name} cannot be read: {error.strerror}") from error
        return _bounded(name, data, limit)

    def names(self) -> Iterator[str]:
        for root, folders, names in os.walk(self._root):
            links = [name for name in folders if Path(root, name).is_symlink()]
            yield from (Path(root, name).relative_to(self._root).as_posix() for name in (*names, *links))

    def close(self) -> None:
        """A folder holds nothing open."""


class _Zip:
    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(os.fdopen(open_regular(path), "rb"))
        infos = self._zip.infolist()
        if len(infos) > MAX_FILES:
            raise zipfile.BadZipFile(f"more than {MAX_FILES} entries")
        self._infos = {info.filename: info for info in infos}
        # Who zips a bundle's folder by hand gets the folder's own name in front.
        tops = {name.split("/")[0] for name in self._infos}
        self._prefix = "" if MANIFEST in self._infos or len(tops) != 1 else f"{tops.pop()}/"
        if self._prefix + MANIFEST not in self._infos:
            raise zipfile.BadZipFile(f"it holds no {MANIFEST}")

    def read(self, name: str, limit: int) -> bytes:
        info = self._infos.get(self._prefix + checked_name(name))
        if info is None:
            raise Malformed(f"{name} is missing")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Malformed(f"{name} is a symbolic link")
        try:
            with self._zip.open(info) as file:
                # What the header says of the size is the writer's word; what is unpacked is bounded here.
                data = file.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise Malformed(f"{name} cannot be unpacked: {error}") from error
        return _bounded(name, data, limit)

    def names(self) -> Iterator[str]:
        for name, info in self._infos.items():
            if not info.is_dir():
                yield name.removeprefix(self._prefix)

    def close(self) -> None:
        self._zip.close()


def _bounded(name: str, data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise Malformed(f"{name} is longer than the {limit} bytes it may have")
    return data
