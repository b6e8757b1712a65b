"""Streams of bytes, and what they are packed with: gzip, zstd or nothing."""

from __future__ import annotations

import gzip
import os
import select
import stat
import zlib
from typing import Protocol

_BLOCK = 256 << 10
"""Bytes asked of a stream at once."""
_PIECE = 1 << 10
"""Packed bytes that are unpacked at once: 4 bytes of zstd can stand for 128 KiB, so these for 32 MiB at most."""
_MAX_ZSTD_WINDOW = 128 << 20
"""What the zstd tool itself accepts unless told to take more."""


def packing_of(start: bytes) -> str:
    """How a file is packed that begins like this: `gzip`, `zstd` or empty."""
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    skippable = len(start) > 3 and start[0] >> 4 == 5 and start[1:4] == b"\x2a\x4d\x18"
    return "zstd" if skippable or start.startswith(b"\x28\xb5\x2f\xfd") else ""


class Damaged(ValueError):
    """Packed data that cannot be unpacked."""


class RawStream:
    """The bytes behind a descriptor, in the order they come.

    Args:
        descriptor: closed with this.
    """

    def __init__(self, descriptor: int) -> None:
        self.count = 0
        """Bytes that were read."""
        self._descriptor = descriptor
        self._buffer = b""
        self._position = 0
        """How much of the buffer was read."""
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._waits = not stat.S_ISREG(os.fstat(descriptor).st_mode)

    def ready(self, seconds: float) -> bool:
        """Whether the next byte, or the end, is there within this time."""
        if not self._waits or self._position < len(self._buffer):
            return True
        return bool(self._poll.poll(seconds * 1000))

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, which stay to be read; fewer at the end."""
        while len(self._buffer) - self._position < size and (data := os.read(self._descriptor, _BLOCK)):
            self._buffer = self._buffer[self._position :] + data
            self._position = 0
        return self._buffer[self._position : self._position + size]

    def read(self, size: int = _PIECE) -> bytes:
        """At most `size` bytes, none at the end; waits for the first."""
        if self._position == len(self._buffer):
            self._buffer = os.read(self._descriptor, _BLOCK)
            self._position = 0
        data = self._buffer[self._position : self._position + size]
        self._position += len(data)
        self.count += len(data)
        return data

    def close(self) -> None:
        """Closes the descriptor, once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class _Plain:
    def __init__(self, raw: RawStream) -> None:
        self._raw = raw

    def read(self, limit: int) -> bytes:
        return self._raw.read(limit)


class _Gzip:
    def __init__(self, raw: RawStream) -> None:
        self._stream = gzip.GzipFile(fileobj=raw)  # type: ignore[call-overload]  # it asks for `read` alone

    def read(self, limit: int) -> bytes:
        data: bytes = self._stream.read1(min(limit, _PIECE << 6))
        return data


class _Zstd:
    def __init__(self, raw: RawStream) -> None:
        import zstandard

        self._raw = raw
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_ZSTD_WINDOW)
        self._error = zstandard.ZstdError
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._rest = b""

    def read(self, limit: int) -> bytes:  # noqa: ARG002 (a piece is small enough)
        """What the next piece that stands for anything stands for; a log may be several frames.

        Raises:
            Damaged: it is no zstd, or ends within a frame.
        """
        while piece := self._rest or self._raw.read():
            frame = self._frame = self._frame or self._decompressor.decompressobj()
            try:
                data = frame.decompress(piece)
            except self._error as error:
                raise Damaged(str(error)) from error
            self._rest = frame.unused_data
            if frame.eof:
                self._frame = None
            if data:
                return data
        if self._frame is not None:
            raise Damaged("it ends within a frame")
        return b""


DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, Damaged)
"""What an unpacker raises on bytes that it cannot unpack."""


class Unpacker(Protocol):
    """A stream, unpacked."""

    def read(self, limit: int) -> bytes:
        """The next bytes, about `limit` of them at most; none at the end. Raises one of `DAMAGE`."""


def unpacker(raw: RawStream, packing: str) -> Unpacker:
    """The unpacker of a stream.

    Args:
        packing: as `packing_of` says it.
    """
    return _Gzip(raw) if packing == "gzip" else _Zstd(raw) if packing == "zstd" else _Plain(raw)


def unpack_start(raw: RawStream, packing: str, size: int) -> bytes:
    """The first `size` bytes that a stream unpacks to, or as many as can be had."""
    unpacked = unpacker(raw, packing)
    start = b""
    try:
        while len(start) < size and (data := unpacked.read(size - len(start))):
            start += data
    except DAMAGE:
        pass  # whoever reads on meets the same, and tells
    return start[:size]
