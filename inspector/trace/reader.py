"""The structured trace as records: incremental, and deaf to damage.

A log is lines. A record begins with `V1123 07:10:12.345678 PID FILE:LINE] {json}`; where the JSON says
`has_payload` (an md5), the payload follows as lines that begin with a tab. A record without payload is complete
with its line; one with a payload is complete as soon as the checksum agrees, so a tail need not wait for the
next record to know that this one has ended.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any

MAX_RECORD = 256 << 20
"""Bytes of one line or one payload beyond which a record is dropped rather than held in memory."""
CHUNK = 1 << 20
"""Bytes asked of the file at once."""

_HEADER = re.compile(
    rb"[VDIWEC](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\d* +\d+ ([^\]]{1,4096})\](?:\s*\[[^\]{]*\])*\s*(\{.*)"
)
_LOOKS_LIKE_HEADER = re.compile(rb"[VDIWEC]\d{4} \d\d:\d\d:\d\d")
_ANY_LEAP_YEAR = 2000
"""The year is not in the line; a leap year keeps 29 February readable."""


@dataclass(frozen=True)
class Record:
    """One record of a trace."""

    offset: int
    """Byte offset of its first line in its file."""
    time: float
    """Seconds since the first record that was read."""
    place: str
    """The line of torch that wrote it, `torch/_dynamo/convert_frame.py:303`."""
    metadata: Mapping[str, Any]
    payload: str | None = None
    file: str = ""
    """Name of the log file: strings are interned, and compile ids counted, per file."""


@dataclass(frozen=True)
class BadRecord:
    """Bytes that are no record: damaged, cut, or absurd."""

    offset: int
    """Byte offset in its file."""
    reason: str
    """What is wrong, in words, without a full stop."""
    file: str = ""


class LogParser:
    """Bytes of one log in, records out; holds no more than the record that is not complete yet."""

    def __init__(self, file: str = "", clock: Clock | None = None) -> None:
        self.file = file
        self._clock = clock or Clock()
        self._offset = 0
        """Byte offset of the first byte of `_rest`."""
        self._rest = b""
        """A line that has not ended."""
        self._skipping: str | None = None
        """Why the bytes up to the next line end are thrown away."""
        self._pending: _Pending | None = None
        self._stray = False
        """Whether the line before was already reported as none of a record's."""

    def feed(self, data: bytes) -> list[Record | BadRecord]:
        """The records that `data` completes."""
        out: list[Record | BadRecord] = []
        lines = (self._rest + data).split(b"\n") if self._rest else data.split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._line(line, out)
            self._offset += len(line) + 1
        if len(self._rest) > MAX_RECORD:
            self._offset += len(self._rest)
            self._rest = b""
            self._skipping = f"a line longer than {MAX_RECORD >> 20} MiB"
        return out

    def finish(self) -> list[Record | BadRecord]:
        """What is left when no more bytes will come."""
        out: list[Record | BadRecord] = []
        if self._rest:
            self._line(self._rest, out)
            self._offset += len(self._rest)
            self._rest = b""
        self._end(out)
        return out

    def _line(self, line: bytes, out: list[Record | BadRecord]) -> None:
        if self._skipping is not None:
            out.append(BadRecord(self._offset, self._skipping, self.file))
            self._skipping = None
        elif line.startswith(b"\t") or not line.strip():
            self._payload_line(line, out)
            return
        elif _LOOKS_LIKE_HEADER.match(line):
            self._end(out)
            self._begin(line, out)
        else:
            self._report_stray("a line that is neither a record nor a payload", out)
            return
        self._stray = False

    def _payload_line(self, line: bytes, out: list[Record | BadRecord]) -> None:
        """Takes a line of the pending payload; editors strip the tab of an empty one."""
        if self._pending is not None:
            self._pending.add(line[1:])
            if self._pending.complete:
                self._end(out)
        elif line.startswith(b"\t"):
            self._report_stray("payload lines that belong to no record", out)

    def _report_stray(self, reason: str, out: list[Record | BadRecord]) -> None:
        if not self._stray:
            out.append(BadRecord(self._offset, reason, self.file))
        self._stray = True

    def _begin(self, line: bytes, out: list[Record | BadRecord]) -> None:
        match = _HEADER.match(line)
        if match is None:
            out.append(BadRecord(self._offset, "the record's first line is damaged", self.file))
            self._pending = _Pending(None, "")
            return
        try:
            metadata = json.loads(match[8])
            time = self._clock.seconds(match)
        except (ValueError, RecursionError) as error:
            out.append(BadRecord(self._offset, f"the record's first line cannot be read ({error})", self.file))
            self._pending = _Pending(None, "")
            return
        place = match[7].decode("utf-8", "replace")
        record = Record(self._offset, time, place, metadata, None, self.file)
        if metadata.get("has_payload"):
            self._pending = _Pending(record, str(metadata["has_payload"]), carriage_returns=line.endswith(b"\r"))
        else:
            out.append(record)

    def _end(self, out: list[Record | BadRecord]) -> None:
        """Closes the pending record, whole or not."""
        pending, self._pending = self._pending, None
        if pending is None or pending.record is None:
            return
        record = pending.record
        if pending.complete:
            text = b"\n".join(pending.lines).decode("utf-8", "replace")
            out.append(Record(record.offset, record.time, record.place, record.metadata, text, record.file))
        elif pending.too_large:
            out.append(BadRecord(record.offset, f"a payload larger than {MAX_RECORD >> 20} MiB", self.file))
        elif not pending.lines:
            out.append(BadRecord(record.offset, "its payload is missing", self.file))
        else:
            out.append(BadRecord(record.offset, "its payload is cut or damaged (the checksum differs)", self.file))


class _Pending:
    """A record whose payload is still arriving; `record` is None where its first line was unreadable."""

    def __init__(self, record: Record | None, checksum: str, *, carriage_returns: bool = False) -> None:
        self.record = record
        self.lines: list[bytes] = []
        self.too_large = False
        self._checksum = checksum
        self._carriage_returns = carriage_returns
        """Whether the log went through a system that ends lines with CR LF; the checksum is of the text before."""
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size = 0

    @property
    def complete(self) -> bool:
        return bool(self.lines) and self._md5.hexdigest() == self._checksum

    def add(self, line: bytes) -> None:
        if self.record is None or self.too_large:
            return
        if self._carriage_returns:
            line = line.removesuffix(b"\r")
        self._md5.update(b"\n" + line if self.lines else line)
        self._size += len(line) + 1
        self.lines.append(line)
        if self._size > MAX_RECORD:
            self.too_large = True
            self.lines.clear()


class Clock:
    """Turns the lines' clock times into seconds since the first one."""

    def __init__(self) -> None:
        self._first: datetime | None = None

    def seconds(self, header: re.Match[bytes]) -> float:
        """Seconds since the first header this clock saw; a log may run over New Year.

        Raises:
            ValueError: no such day or time.
        """
        month, day, hour, minute, second = (int(header[i]) for i in range(1, 6))
        micro = int((header[6] or b"0").ljust(6, b"0"))
        now = datetime(_ANY_LEAP_YEAR, month, day, hour, minute, second, micro)
        if self._first is None:
            self._first = now
        elapsed = now - self._first
        if elapsed < timedelta(days=-183):
            elapsed += timedelta(days=366)
        return elapsed.total_seconds()


class _TailedFile:
    """One growing file and how far it was read."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._position = 0
        self._parser = LogParser(path.name, clock)

    def read(self, limit: int) -> tuple[list[Record | BadRecord], int]:
        """Records completed by up to `limit` further bytes, and how many bytes that were."""
        out: list[Record | BadRecord] = []
        taken = 0
        try:
            with self.path.open("rb") as stream:
                if stream.seek(0, 2) < self._position:
                    out.append(BadRecord(0, "the file became shorter while it was read; read again", self.path.name))
                    self._position = 0
                    self._parser = LogParser(self.path.name, self._clock)
                stream.seek(self._position)
                while taken < limit and (data := stream.read(min(CHUNK, limit - taken))):
                    taken += len(data)
                    out += self._parser.feed(data)
        except FileNotFoundError:
            return out, 0
        self._position += taken
        return out, taken

    def finish(self) -> list[Record | BadRecord]:
        return self._parser.finish()


class TraceTail:
    """Follows a trace that is being written: a log file, or a folder that logs appear in.

    Neither need exist yet.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._clock = Clock()
        self._files: dict[Path, _TailedFile] = {}

    def read(self, limit: int = 8 << 20) -> list[Record | BadRecord]:
        """What was completed since the last call, at most about `limit` bytes of it; never waits.

        An empty list means that nothing new is complete at the moment.
        """
        out: list[Record | BadRecord] = []
        for path in log_files(self.path):
            file = self._files.get(path)
            if file is None:
                file = self._files[path] = _TailedFile(path, self._clock)
            records, taken = file.read(limit)
            out += records
            limit -= taken
            if limit <= 0:
                break
        return out

    def finish(self) -> list[Record | BadRecord]:
        """Reads to the end and reports what was cut off; call it when the writer has ended."""
        out: list[Record | BadRecord] = []
        while records := self.read():
            out += records
        for file in self._files.values():
            out += file.finish()
        return out


def log_files(path: Path) -> list[Path]:
    """The logs in a folder, by name; a file is its own list; what does not exist has none."""
    if path.is_dir():
        return sorted(item for item in path.glob("*.log*") if item.is_file())
    return [path] if path.is_file() else []


def read_log(path: Path | str) -> Iterator[Record | BadRecord]:
    """Every record of a finished log (plain or gzip) or of a folder of logs, one at a time.

    Raises:
        OSError: the file cannot be read.
    """
    clock = Clock()
    for file in log_files(Path(path)) or [Path(path)]:
        parser = LogParser(file.name, clock)
        with _open(file) as stream:
            yield from _drain(parser, iter(partial(stream.read, CHUNK), b""))


def _drain(parser: LogParser, chunks: Iterable[bytes]) -> Iterator[Record | BadRecord]:
    try:
        for chunk in chunks:
            yield from parser.feed(chunk)
    except (EOFError, gzip.BadGzipFile) as error:
        yield BadRecord(0, f"the compressed file is damaged ({error})", parser.file)
    yield from parser.finish()


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        compressed = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if compressed else path.open("rb")  # type: ignore[return-value]
