"""Sees when files are saved, however an editor does that: in place, or as another file of the same name.

Looked at is what a file is in the file system: time, size and inode. So nothing has to be installed for it, a save on
another machine's disk is seen too, and no event can be lost. What is half written looks different at the next look.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping

from inspector.regular import read_regular

Stamp = tuple[int, int, int] | None
"""Time of change in nanoseconds, size, inode; None where there is no such file."""

GONE = 0.5
"""Seconds after which a file that is not there counts as deleted: vi takes it away for a moment at each save."""


class Saves:
    """Which of some files were saved.

    Args:
        files: to begin with.
        clock: seconds, monotonic; tests pass their own.
    """

    def __init__(self, files: Iterable[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: dict[str, Stamp] = {}
        """As they were when they were last read."""
        self._seen: dict[str, Stamp] = {}
        """As they were at the last look."""
        self._since: dict[str, float] = {}
        """Since when a file is not there."""
        self._text = b""
        self.add(files)
        self.take()

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are looked at."""
        return tuple(self._taken)

    def add(self, files: Iterable[str], read: float | None = None) -> None:
        """Looks at more files.

        Args:
            files: those that are known already stay as they are.
            read: seconds since the epoch, before which they had not been read; one that was saved later counts as
                saved. None for now.
        """
        for file in files:
            if file not in self._taken:
                stamp = self._seen[file] = _stamp(file)
                late = read is not None and stamp is not None and stamp[0] > read * 1e9
                self._taken[file] = None if late else stamp

    def take(self) -> None:
        """What is there now is about to be read: a save is one that comes later."""
        for file in self._taken:
            self._taken[file] = self._seen[file] = _stamp(file)
        self._since.clear()
        self._text = _digest(self._taken)

    def look(self) -> bool:
        """Whether any was saved since they were last taken, and is as it was at the last look."""
        now, stamps = self._clock(), {file: _stamp(file) for file in self._taken}
        still = stamps == self._seen
        self._seen = stamps
        for file, stamp in stamps.items():
            if stamp is not None:
                self._since.pop(file, None)
            else:
                self._since.setdefault(file, now)
        changed = [file for file, stamp in stamps.items() if stamp != self._taken[file] and self._counts(file, now)]
        if not changed or not still:
            return False
        if _digest(self._taken) == self._text:  # only touched, or put back
            self._taken |= {file: stamps[file] for file in changed}
            return False
        return True

    def _counts(self, file: str, now: float) -> bool:
        """Whether a file that is not there has been away for long enough."""
        since = self._since.get(file)
        return since is None or now - since >= GONE


def _stamp(file: str) -> Stamp:
    try:
        status = os.stat(file)  # noqa: PTH116 (many times a second)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _digest(files: Mapping[str, Stamp]) -> bytes:
    """Of all texts together."""
    whole = hashlib.sha256()
    for file in sorted(files):
        try:
            text = read_regular(file)
            whole.update(b"%d %b\0" % (len(file), file.encode(errors="surrogateescape")) + text + b"\0")
        except OSError:
            whole.update(f"no {file}\0".encode(errors="surrogateescape"))
    return whole.digest()
