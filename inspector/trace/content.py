"""The bytes of one log, wherever they come from, as something that can be read at any offset.

A plain file is read where it lies. It is not mapped into memory: a log that its writer, or a full disk, cuts short
beneath a mapping kills the reader with SIGBUS, and every page looked at would count as this process's memory.
What is packed, or comes through a pipe, is unpacked once into a temporary file without a name, step by step.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from inspector.trace.packing import DAMAGE, RawStream, Unpacker, packing_of, unpacker

MAX_UNPACKED = 64 << 30
"""Bytes beyond which a packed log is not unpacked further."""
_KEEP_FREE = 64 << 20
"""Bytes of the temporary folder's disk that unpacking leaves to others."""
_PATIENCE = 0.1
"""Seconds that a pipe is waited for at once."""


class Content(Protocol):
    """The bytes of one log."""

    problem: str
    """Why the bytes ended early, in words without a full stop; empty if they did not."""
    waiting: bool
    """Whether further bytes are still to be written by somebody: a pipe."""

    @property
    def size(self) -> int:
        """Bytes that can be read now."""

    @property
    def taken(self) -> int:
        """Bytes of the file as it lies on disk that `size` stands for."""

    def pull(self, limit: int) -> bool:
        """Makes up to about `limit` further bytes readable; False if there are none at the moment."""

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, fewer at the end of the log."""

    def close(self) -> None:
        """Lets go of the file."""


class MadeContent:
    """A trace made from something that is none."""

    problem = ""
    waiting = False

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        """All of it."""
        return len(self._data)

    taken = size

    def pull(self, limit: int) -> bool:  # noqa: ARG002
        """There is never more."""
        return False

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`."""
        return self._data[start:end]

    def close(self) -> None:
        """Nothing is open."""


class PlainContent:
    """An uncompressed file.

    Raises:
        OSError: it cannot be opened.
    """

    waiting = False

    def __init__(self, path: Path) -> None:
        self.problem = ""
        self.path = path
        self._stream = path.open("rb", buffering=0)
        self.size = 0

    @property
    def taken(self) -> int:
        """As many as can be read."""
        return self.size

    def pull(self, limit: int) -> bool:  # noqa: ARG002
        """Looks how long the file is now."""
        before, self.size = self.size, os.fstat(self._stream.fileno()).st_size
        return self.size > before

    @property
    def replaced(self) -> bool:
        """Whether another file, or a shorter one, lies there now."""
        mine = os.fstat(self._stream.fileno())
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return False
        return mine.st_size < self.size or (now.st_dev, now.st_ino) != (mine.st_dev, mine.st_ino)

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, fewer where the file has become shorter."""
        return _pread(self._stream.fileno(), start, end)

    def close(self) -> None:
        """Closes the file."""
        self._stream.close()


class UnpackedContent:
    """A stream, unpacked as far as it was asked for.

    Args:
        stream: its bytes as they come; closed with this.
    """

    def __init__(self, stream: RawStream) -> None:
        self.problem = ""
        self.waiting = False
        self.size = 0
        self._raw = stream
        self._unpacked: Unpacker | None = None
        """None until the first bytes have told how they are packed."""
        from tempfile import TemporaryFile  # which few need, and which takes a while to import

        self._spool = TemporaryFile(buffering=0)  # noqa: SIM115 (closed with this object)

    @property
    def taken(self) -> int:
        """Packed bytes that were read."""
        return self._raw.count

    def pull(self, limit: int) -> bool:
        """Unpacks further; gives up after a moment on a pipe that has nothing yet, and is `waiting` then."""
        self.waiting = not self.problem and not self._raw.ready(_PATIENCE)
        if self.problem or self.waiting:
            return False
        before = self.size
        try:
            if self._unpacked is None:
                self._unpacked = unpacker(self._raw, packing_of(self._raw.peek(4)))
            while self.size - before < limit and (data := self._unpacked.read(limit)):
                if not self._keep(data) or not self._raw.ready(0):
                    break
        except DAMAGE as error:
            self.problem = f"the packed data are damaged ({error})"
        except OSError as error:
            self.problem = f"it cannot be read further ({error.strerror or error})"
        return self.size > before

    def _keep(self, data: bytes) -> bool:
        """Writes into the temporary file what it has room for."""
        spool = self._spool.fileno()
        disk = os.fstatvfs(spool)
        if self.size + len(data) > MAX_UNPACKED:
            data = data[: MAX_UNPACKED - self.size]
            self.problem = f"it holds more than {MAX_UNPACKED >> 30} GiB; the rest is left out"
        if disk.f_bavail * disk.f_frsize < len(data) + _KEEP_FREE:
            from tempfile import gettempdir

            self.problem = f"there is no room in {gettempdir()} for more of it; set TMPDIR to a larger folder"
            return False
        view = memoryview(data)
        while view:
            written = os.pwrite(spool, view, self.size)
            self.size += written
            view = view[written:]
        return not self.problem

    def read(self, start: int, end: int) -> bytes:
        """The unpacked bytes from `start` to `end`."""
        return _pread(self._spool.fileno(), start, min(end, self.size))

    def close(self) -> None:
        """Closes the stream and gives the temporary file's room back."""
        self._raw.close()
        self._spool.close()


def _pread(descriptor: int, start: int, end: int) -> bytes:
    data = os.pread(descriptor, max(end - start, 0), start)
    while 0 < len(data) < end - start and (more := os.pread(descriptor, end - start - len(data), start + len(data))):
        data += more
    return data
