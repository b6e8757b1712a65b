"""The folder of one run: its trace and its logs."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

from inspector.errors import EnvironmentLacking, UsageError

_PREFIX = "inspector-run-"
_LOCK = "front.lock"
"""Held by the front as long as it lives, however it dies; process ids would not do where containers share a folder."""
_MAKING = 3600.0
"""Seconds after which a folder without a lock file is no longer one that is just being made."""


class RunDirectory:
    """A folder for one run; a temporary one is removed at the end, a given one is kept.

    Args:
        path: the folder to use, made where it does not exist; None for a temporary one.

    Raises:
        UsageError: the given folder cannot be made.
        EnvironmentLacking: there is no place for temporary files.
    """

    def __init__(self, path: Path | None) -> None:
        self.temporary = path is None
        if path is None:
            remove_stale()
            try:
                self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
                self._lock = (self.path / _LOCK).open("wb")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            except OSError as error:
                raise EnvironmentLacking(
                    f"There is no room for the run's temporary files: {error}.", "Set TMPDIR to a folder with space."
                ) from error
        else:
            try:
                path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"The run directory {path} cannot be made: {error.strerror}.") from error
            self.path = path.resolve()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Removes a temporary folder; what cannot be removed is left to `remove_stale` of a later run."""
        if self.temporary:
            shutil.rmtree(self.path, ignore_errors=True)
            self._lock.close()


def remove_stale(now: float | None = None) -> list[Path]:
    """Removes what runs left in the temporary folder whose front was killed.

    Args:
        now: seconds since the epoch; None asks the clock.

    Returns:
        The folders that were removed.
    """
    now = time.time() if now is None else now
    removed = []
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            status = path.lstat()
            if status.st_uid == os.getuid() and _abandoned(path, now - status.st_mtime):
                shutil.rmtree(path, ignore_errors=True)
                removed.append(path)
        except FileNotFoundError:  # another front was faster
            continue
    return removed


def _abandoned(path: Path, age: float) -> bool:
    try:
        with (path / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return age > _MAKING
    except BlockingIOError:
        return False
    return True
