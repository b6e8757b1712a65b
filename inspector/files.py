"""Writing so that nothing is lost: made beside its place, made durable, put there in one step, by one writer at a time.

Whoever is killed while it writes leaves the old or the new, whole, and at most a hidden `.NAME.new-…` or `.NAME.old-…`
beside it, which `mend` sees to: at the next write, and when a bundle is opened.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inspector.errors import UsageError

PATIENCE = 30.0
"""Seconds that a writer waits for another one."""
_NO_LOCKS = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
"""What a file system answers that knows no lock on a folder: NFS, some FUSE ones."""
_NO_EXCHANGE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@dataclass(frozen=True)
class OwnedPlace:
    """A place that this process alone writes to at present; `writing` gives it."""

    path: Path
    """Resolved: a symbolic link's target is written, not the link."""

    def file(self, write: Callable[[BinaryIO], object], *, force: bool) -> None:
        """Puts a file there.

        Args:
            write: writes its content.
            force: replace what is there.

        Raises:
            FileExistsError: something is there, and `force` is not given.
            OSError: it cannot be written; what was there is there still.
        """
        made = self._beside("new")
        try:
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666), "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            if force:
                made.replace(self.path)
            else:
                _put_new(made, self.path)
            _sync_folder(self.path.parent)
        finally:
            made.unlink(missing_ok=True)

    def folder(self, fill: Callable[[Path], None], *, force: bool) -> None:
        """Puts a folder there.

        Args:
            fill: makes the files in the empty folder that it is given.
            force: replace a folder that is there, and all that is in it.

        Raises:
            FileExistsError: a folder with something in it is there, and `force` is not given.
            OSError: it cannot be written; what was there is there still.
        """
        made = self._beside("new")
        made.mkdir()
        try:
            fill(made)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        self.take(made, force=force)

    def take(self, made: Path, *, force: bool) -> None:
        """Puts a folder there that lies ready beside it; whatever comes of it, `made` is gone then.

        Raises:
            FileExistsError, OSError: as `folder`.
        """
        try:
            _sync_tree(made)
            if not force or not self.path.exists():
                made.rename(self.path)  # onto an empty folder, too; onto anything else it fails
            elif not _exchange(made, self.path):
                self._in_two_steps(made)
            _sync_folder(self.path.parent)
        except OSError as error:
            if error.errno == errno.ENOTEMPTY:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path)) from error
            raise
        finally:
            shutil.rmtree(made, ignore_errors=True)  # after an exchange this is what was there

    def mend(self) -> None:
        """Sees to what a killed writer left: what was there is put back if nothing is, the rest is removed."""
        for name in _left_by(self.path, "old"):
            if self.path.exists():
                _discard(name)
            else:
                name.rename(self.path)
        for name in _left_by(self.path, "new"):
            _discard(name)

    def _in_two_steps(self, made: Path) -> None:
        """Where a file system cannot exchange: for a moment nothing is there, and `mend` knows what was."""
        old = self._beside("old")
        self.path.rename(old)
        try:
            made.rename(self.path)
        except OSError:
            old.rename(self.path)
            raise
        # Half removed it must not look like something to put back.
        old.rename(made)

    def _beside(self, kind: str) -> Path:
        return self.path.with_name(f".{self.path.name}.{kind}-{secrets.token_hex(4)}")


@contextmanager
def writing(path: Path, *, patience: float = PATIENCE) -> Iterator[OwnedPlace]:
    """Makes this the only process that writes to `path`, and repairs what a killed one left there.

    Args:
        path: what is to be written; its folder is there.
        patience: seconds to wait for another writer.

    Raises:
        UsageError: another process is writing there all the time.
        OSError: the folder cannot be opened.
    """
    place = OwnedPlace(path.resolve())
    with _alone(place.path, patience):
        place.mend()
        yield place


def mend(path: Path) -> None:
    """Sees to what a killed writer left at `path`, where that can be done at once; else leaves it."""
    place = OwnedPlace(path.resolve())
    if not any(_left_by(place.path, kind) for kind in ("old", "new")):
        return
    with contextlib.suppress(UsageError, OSError), _alone(place.path, 0):
        place.mend()


def write_file(path: Path, content: bytes, *, force: bool) -> None:
    """Writes a file whole or not at all; a pipe or a device is written into as it is.

    Raises:
        UsageError: it is there already and `force` is not given, or it cannot be written.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            path.write_bytes(content)
            return
        if path.is_dir():
            raise UsageError(f"{path} is a folder.", "Take another name.")
        with writing(path) as place:
            place.file(lambda file: file.write(content), force=force)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", "Take another name, or --force to replace it.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be written: {reason or error}.", "Take another name.") from error


def check_free(path: Path | None, *, force: bool) -> None:
    """Whether `write_file` will find its place free; asked before long work is done in vain.

    Raises:
        UsageError: as `write_file`.
    """
    if path is None:
        return
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Take another name.")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} to write {path.name} to.", "Make it, or name another.")
    if path.is_file() and not force:
        raise UsageError(f"{path} is there already.", "Take another name, or --force to replace it.")


def fill_with(files: Mapping[str, bytes]) -> Callable[[Path], None]:
    """For `Place.folder`: files by their path inside it."""

    def fill(folder: Path) -> None:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    return fill


def _put_new(made: Path, target: Path) -> None:
    """Puts a file where nothing is; a link fails where something came meanwhile, a rename would replace it."""
    try:
        os.link(made, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links here
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        made.rename(target)


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two names in one step; False where this system cannot."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):  # no glibc of 2.28 or later
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _left_by(target: Path, kind: str) -> list[Path]:
    start = f".{target.name}.{kind}-"
    try:
        with os.scandir(target.parent) as entries:
            return [Path(entry.path) for entry in entries if entry.name.startswith(start)]
    except OSError:
        return []


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync_tree(folder: Path) -> None:
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(root, name)
            if not path.is_symlink():
                _sync(path, os.O_RDONLY)
        _sync_folder(Path(root))


def _sync_folder(folder: Path) -> None:
    # Some file systems cannot sync a folder; the files in it are synced all the same.
    with contextlib.suppress(OSError):
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone(target: Path, patience: float) -> Iterator[None]:
    """Holds a lock on the folder that `target` lies in, which leaves no file behind; else on a file beside it."""
    import fcntl

    descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    beside: Path | None = None
    held = False
    end = time.monotonic() + patience
    try:
        while not held:
            try:
                if beside is None:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    held = True
                    continue
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _same(descriptor, beside):  # and not one that its last holder has removed
                    held = True
                    continue
                os.close(descriptor)
                descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            except OSError as error:
                if beside is None and error.errno in _NO_LOCKS:
                    os.close(descriptor)
                    beside = target.with_name(f".{target.name}.lock")
                    descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
                    continue
                if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK):
                    raise
                if time.monotonic() >= end:
                    raise UsageError(
                        f"Another process is writing to {target.parent} and does not end.", "Try again, or end it."
                    ) from error
                time.sleep(0.02)
        yield
    finally:
        if held and beside is not None:
            beside.unlink(missing_ok=True)
        os.close(descriptor)


def _same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
