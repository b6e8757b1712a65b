"""The bytes of one log, wherever they come from, as something that can be read at any offset.

A plain file is read where it lies. It is not mapped into memory: a log that its writer, or a full disk, cuts short
beneath a mapping kills the reader with SIGBUS, and every page looked at would count as this process's memory.
What is packed, or comes through a pipe, is unpacked once into a temporary file without a name, step by step.
"""

from __future__ import annotations

import errno
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from operator import itemgetter
from pathlib import Path
from typing import ClassVar, Protocol
from weakref import WeakSet

from inspector.regular import open_regular
from inspector.trace.packing import DAMAGE, RawStream, Unpacker, packing_of, unpacker

MAX_UNPACKED = 64 << 30
"""Bytes beyond which a packed log is not unpacked further."""
KEPT_OPEN = 32
"""Logs that are kept open at once."""
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

    def end(self) -> None:
        """No further bytes are wanted; those that there are stay."""

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
        return len(self._data)

    taken = size

    def pull(self, limit: int) -> bool:  # noqa: ARG002
        """There is never more."""
        return False

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`."""
        return self._data[start:end]

    def end(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


class PlainContent:
    """An uncompressed file.

    A process may hold few files open, often 1,024, and a job may have thousands of ranks: the first `KEPT_OPEN` logs
    stay open, and any other is opened whenever it is read.

    Raises:
        OSError: it cannot be opened.
    """

    waiting = False
    _open: ClassVar[WeakSet[PlainContent]] = WeakSet()
    """Those that hold their files open."""

    def __init__(self, path: Path) -> None:
        self.problem = ""
        self.path = path
        self.size = 0
        self._stream: FileIO | None = FileIO(open_regular(path))
        self._file = _which(os.fstat(self._stream.fileno()))
        if len(self._open) < KEPT_OPEN:
            self._open.add(self)
        else:
            self.close()

    @property
    def taken(self) -> int:
        """As many as can be read."""
        return self.size

    def pull(self, limit: int) -> bool:  # noqa: ARG002
        """Looks how long the file is now."""
        with self._opened() as descriptor:
            before, self.size = self.size, os.fstat(descriptor).st_size
        return self.size > before

    @property
    def replaced(self) -> bool:
        """Whether another file, or a shorter one, lies there now."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return False
        return now.st_size < self.size or _which(now) != self._file

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, fewer where the file has become shorter."""
        with self._opened() as descriptor:
            return _pread(descriptor, start, end)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        if self._stream is not None:
            yield self._stream.fileno()
            return
        descriptor = open_regular(self.path)
        try:
            if _which(os.fstat(descriptor)) != self._file:
                raise OSError(errno.ESTALE, "another file took its place while it was read")
            yield descriptor
        finally:
            os.close(descriptor)

    def end(self) -> None:
        """It stays to be read."""

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            self._open.discard(self)


def _which(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino


class Spool:
    """One temporary file without a name, for all logs of a trace that are unpacked."""

    def __init__(self) -> None:
        self._stream: FileIO | None = None
        self._size = 0

    def problem(self, size: int) -> str:
        """Why there is no room for so many further bytes; empty where there is."""
        disk = os.fstatvfs(self._file)
        if disk.f_bavail * disk.f_frsize >= size + _KEEP_FREE:
            return ""
        from tempfile import gettempdir

        return f"there is no room in {gettempdir()} for more of it; set TMPDIR to a larger folder"

    def add(self, data: bytes) -> int:
        """Writes bytes, and says where they stand."""
        place, view = self._size, memoryview(data)
        while view:
            written = os.pwrite(self._file, view, self._size)
            self._size += written
            view = view[written:]
        return place

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`."""
        return _pread(self._file, start, end)

    @property
    def _file(self) -> int:
        if self._stream is None:
            from tempfile import TemporaryFile  # which few need, and which takes a while to import

            self._stream = TemporaryFile(buffering=0)  # noqa: SIM115 (closed with this object)
        return self._stream.fileno()

    def close(self) -> None:
        """Gives the disk's room back."""
        if self._stream is not None:
            self._stream.close()


class UnpackedContent:
    """A stream, unpacked as far as it was asked for.

    Args:
        opened: opens the stream when its first bytes are wanted.
        spool: where to; others may write between.
    """

    def __init__(self, opened: Callable[[], RawStream], spool: Spool) -> None:
        self.problem = ""
        self.waiting = False
        self.size = 0
        self._opened = opened
        self._raw: RawStream | None = None
        self._unpacked: Unpacker | None = None
        """None until the first bytes have told how they are packed."""
        self._spool = spool
        self._parts: list[tuple[int, int]] = []
        """Where each part begins that stands in one piece: in the log, and in the spool."""

    @property
    def taken(self) -> int:
        """Packed bytes that were read."""
        return 0 if self._raw is None else self._raw.count

    def pull(self, limit: int) -> bool:
        """Unpacks further; gives up after a moment on a pipe that has nothing yet, and is `waiting` then."""
        raw = self._raw = self._raw or self._opened()
        self.waiting = not self.problem and not raw.ready(_PATIENCE)
        if self.problem or self.waiting:
            return False
        before = self.size
        try:
            if self._unpacked is None:
                self._unpacked = unpacker(raw, packing_of(raw.peek(4)))
            while self.size - before < limit and (data := self._unpacked.read(limit)):
                if not self._keep(data) or not raw.ready(0):
                    break
        except DAMAGE as error:
            self.problem = f"the packed data are damaged ({error})"
        except OSError as error:
            self.problem = f"it cannot be read further ({error.strerror or error})"
        return self.size > before

    def _keep(self, data: bytes) -> bool:
        """Writes into the temporary file what it has room for."""
        if self.size + len(data) > MAX_UNPACKED:
            data = data[: MAX_UNPACKED - self.size]
            self.problem = f"it holds more than {MAX_UNPACKED >> 30} GiB; the rest is left out"
        if full := self._spool.problem(len(data)):
            self.problem = full
            return False
        place = self._spool.add(data)
        if not self._parts or place - self._parts[-1][1] != self.size - self._parts[-1][0]:
            self._parts.append((self.size, place))
        self.size += len(data)
        return not self.problem

    def read(self, start: int, end: int) -> bytes:
        """The unpacked bytes from `start` to `end`."""
        end = min(end, self.size)
        found = []
        part = bisect_right(self._parts, start, key=itemgetter(0))
        while start < end:
            stop = min(self._parts[part][0], end) if part < len(self._parts) else end
            begin, place = self._parts[part - 1]
            found.append(self._spool.read(place + start - begin, place + stop - begin))
            start, part = stop, part + 1
        return found[0] if len(found) == 1 else b"".join(found)

    def end(self) -> None:
        """Closes the stream."""
        if self._raw is not None:
            self._raw.close()

    def close(self) -> None:
        """Closes the stream; the spool is whose it is."""
        self.end()


def _pread(descriptor: int, start: int, end: int) -> bytes:
    data = os.pread(descriptor, max(end - start, 0), start)
    while 0 < len(data) < end - start and (more := os.pread(descriptor, end - start - len(data), start + len(data))):
        data += more
    return data
