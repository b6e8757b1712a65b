"""A sweep's folder: one file for each result, named by its point, so that making one again can only give the same one.

    results/KEY.json        a PointResult, written whole or not at all
    bundles/KEY.inspector   the capture, where it was asked for
    claims/KEY              locked while somebody makes the point; the lock goes with its holder, however that ends
    logs/                   what the points' processes printed
    jobs/ID.json            what was handed to a cluster

Nothing here compares clocks: not of machines, not of files.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inspector.codec import decode, dump
from inspector.errors import EnvironmentLacking, UsageError
from inspector.files import OwnedPlace
from inspector.jsontext import Malformed
from inspector.model.sweep import PointResult
from inspector.regular import read_regular

FORMAT, VERSION = "inspector-point", 1
_LOOK = 0.2
_PARTS = ("results", "bundles", "claims", "logs", "jobs")


@dataclass(frozen=True)
class _File:
    """A result on disk."""

    format: str
    version: int
    key: str
    result: PointResult


class DamagedResult(Exception):
    """A result's file that is cut or is none; the point is made again."""


class SweepFolder:
    """Where a sweep's results are kept; several machines may share it, and folders may be copied into one another."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Makes its parts.

        Raises:
            UsageError: something else is there.
            EnvironmentLacking: it cannot be written.
        """
        if self.path.is_dir() and not self.is_one(self.path) and any(self.path.iterdir()):
            raise UsageError(f"{self.path} holds something else than a sweep.", "Name another folder with -o.")
        try:
            for name in _PARTS:
                (self.path / name).mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise UsageError(f"{error.filename} is no folder.", "Name another one with -o.") from error
        except OSError as error:
            raise _unwritten(self.path, error) from error

    @staticmethod
    def is_one(path: Path) -> bool:
        return (path / "results").is_dir()

    def keys(self) -> set[str]:
        """The points that have a result, damaged ones among them: one look at the folder, and none into the files."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self.path / "results") as entries:
            return {name.removesuffix(".json") for name in (entry.name for entry in entries) if _is_result(name)}
        return set()

    def result(self, key: str) -> PointResult | None:
        """A point's result; None where there is none.

        Raises:
            DamagedResult: what is there cannot be read as that.
            UsageError: a newer version wrote it.
        """
        path = self._place(key).path
        try:
            found = decode(read_regular(path), _File)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
        except Malformed as error:
            raise DamagedResult(f"{path} is cut short or damaged ({error}).") from error
        if found.version > VERSION:
            raise UsageError(f"{path} was written by a newer inspector.", "Update inspector.")
        if found.format != FORMAT or found.key != key or found.result.point.key != key:
            raise DamagedResult(f"{path} is not the result that its name says.")
        return found.result

    def read(self, keys: Collection[str] | None = None) -> tuple[list[PointResult], list[str]]:
        """All results, or those of some points, by key, and what could not be read, a sentence each."""
        found, bad = [], []
        for key in sorted(self.keys() if keys is None else self.keys() & set(keys)):
            try:
                if (result := self.result(key)) is not None:
                    found.append(result)
            except DamagedResult as error:
                bad.append(str(error))
        return found, bad

    def keep(self, result: PointResult, *, replace: Callable[[PointResult], bool]) -> PointResult:
        """Writes a result, whole or not at all; call it while the point is claimed.

        Args:
            replace: whether one that came meanwhile gives way; a damaged one always does.

        Returns:
            The result that is there now.

        Raises:
            EnvironmentLacking: it cannot be written, the disk is full for instance; nothing of it is there then.
        """
        place = self._place(result.point.key)
        content = dump(_File(FORMAT, VERSION, result.point.key, result))
        try:
            place.mend()
            with contextlib.suppress(FileExistsError):
                place.file(lambda file: file.write(content), force=False)
                return result
            try:
                before = self.result(result.point.key)
            except DamagedResult:
                before = None
            if before is not None and not replace(before):
                return before
            place.file(lambda file: file.write(content), force=True)
        except OSError as error:
            raise _unwritten(place.path, error) from error
        return result

    @contextmanager
    def claim(self, key: str, *, wait: bool, check: Callable[[], object] = lambda: None) -> Iterator[bool]:
        """Whether the point is this process's alone while the context lasts.

        Where the file system knows no locks, everybody's answer is yes: a point may be made twice then, and still has
        one result, the first.

        Args:
            wait: wait as long as somebody else has it.
            check: called while waiting.
        """
        path = self.path / "claims" / key
        descriptor = self._locked(path, wait, check)
        try:
            yield descriptor is not None
        finally:
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    path.unlink()
                os.close(descriptor)

    @staticmethod
    def _locked(path: Path, wait: bool, check: Callable[[], object]) -> int | None:
        while True:
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            except OSError as error:
                raise _unwritten(path, error) from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                if not wait:
                    return None
                check()
                time.sleep(_LOOK)
                continue
            except OSError:  # no locks here
                return descriptor
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
            os.close(descriptor)  # its last holder has removed it

    def bundle(self, key: str) -> Path:
        return self.path / "bundles" / f"{key}.inspector"

    def log(self, key: str) -> Path:
        return self.path / "logs" / f"{key}.log"

    def _place(self, key: str) -> OwnedPlace:
        return OwnedPlace(self.path / "results" / f"{key}.json")


def _is_result(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")


def _unwritten(path: Path, error: OSError) -> EnvironmentLacking:
    return EnvironmentLacking(
        f"{path} cannot be written: {error.strerror or error}.",
        "Make room, or copy the folder elsewhere and name it with -o: the results in it are kept and not made again.",
    )
