"""Bytes of a structured trace in, records out, and deaf to damage.

A log is lines. A record begins with `V1123 07:10:12.345678 PID FILE:LINE] {json}`; where the JSON says
`has_payload` (an md5), the payload follows as lines that begin with a tab. A record without payload is complete
with its line; one with a payload is complete as soon as the checksum agrees.

Two ways lead to the same records: `read_whole` takes the bytes of one undamaged record at once, `LogParser` takes any
bytes a line at a time and says what is wrong with them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from inspector.jsontext import Malformed, load

MAX_RECORD = 64 << 20
"""Bytes of one line or one payload beyond which a record is dropped rather than held in memory."""
MAX_LINE = 16 << 20
"""Bytes of a record's first line beyond which it counts as damaged."""
MAX_DEPTH = 64
"""Lists and objects within one another; a bundle holds records some lists deeper, and has to be readable too."""
_LONG_HEADER = f"the record's first line is longer than {MAX_LINE >> 20} MiB"

HEADER_START = re.compile(rb"[VDIWEC]\d{4} \d\d:\d\d:\d\d")
"""How a line begins that begins a record, damaged or not."""
_HEADER = re.compile(
    rb"[VDIWEC](0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,6})?\d*"
    rb" +(\d+) ([^\]]{1,4096})\](?:\s*\[[^\]{]*\])*\s*(\{.*)"
)
_SUM_AT_END = re.compile(rb', "has_payload": "([0-9a-f]{32})"\}\r?\Z')
_SUM_SIZE = 60
"""Bytes at the end of a first line in which its checksum stands, where it is the last thing said there."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DAYS_BEFORE = (0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335)
"""Month → days of the year before it. The year is not in the line; a leap year keeps 29 February readable."""
_DAY = 24 * 60 * 60
_MAX_PID = 1 << 22
"""The largest number that Linux gives a process: older versions of torch wrote the
thread's number in its place, which is larger."""
CUT = "its payload is cut or damaged (the checksum differs)"
"""Of a record whose payload ended early: another process may have written into the middle of it."""
MISSING = "its payload is missing"
STRAY = "payload lines that belong to no record"
NEITHER = "a line that is neither a record nor a payload"
"""Of what may be the rest of a record that another process wrote into."""


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
    """Name of the log file."""
    pid: int = 0
    """The process that wrote it: strings are interned, and compile ids counted, per process and file. 0 where the line
    gives the thread's number instead."""
    compile_id: str | None = None
    """The compile that a record without an id of its own belongs to, where the index of its log has found that out."""
    torn: bool = False
    """Whether another process had written into the middle of it, so that it was put together again by its checksum."""


@dataclass(frozen=True)
class BadRecord:
    """Bytes that are no record: damaged, cut, or absurd."""

    offset: int
    """Byte offset in its file."""
    reason: str
    """What is wrong, in words, without a full stop."""
    file: str = ""


class DamagedHeader(ValueError):
    """A first line that cannot be read; the message is a `BadRecord.reason`."""


class Header(NamedTuple):
    """The first line of a record."""

    since_new_year: float
    """Seconds, in a leap year."""
    place: str
    metadata: dict[str, Any]
    pid: int
    """Of the process; 0 where the line gives the thread's number instead."""

    @classmethod
    def read(cls, line: bytes) -> Header:
        """The header in a line.

        Raises:
            DamagedHeader: there is none in it.
        """
        if len(line) > MAX_LINE:
            raise DamagedHeader(_LONG_HEADER)
        match = _HEADER.match(line)
        if match is None:
            raise DamagedHeader("the record's first line is damaged")
        month, day, hour, minute, second, fraction, number, place, text = match.groups()
        try:
            metadata = read_json(text)
        except Malformed as error:
            raise DamagedHeader(f"the record's first line cannot be read ({error})") from error
        days = _DAYS_BEFORE[int(month) - 1] + int(day) - 1
        seconds = days * _DAY + int(hour) * 3600 + int(minute) * 60 + int(second) + float(fraction or 0)
        return cls(seconds, place.decode("utf-8", "replace"), metadata, pid_in(number))


def pid_in(number: bytes) -> int:
    """The process that a first line names; 0 where its number is a thread's."""
    pid = int(number[:10])
    return pid if len(number) <= 7 and pid <= _MAX_PID else 0


def read_json(data: bytes) -> Any:
    r"""The JSON of a first line or a payload: the one place where a log's is read.

    Halves of surrogate pairs (`"\ud800"`) become U+FFFD: nothing can print them.

    Raises:
        Malformed: not UTF-8, not JSON, nested too deeply, or with a number that nothing here can hold.
    """
    value = load(data, depth=MAX_DEPTH, errors="strict", lax=True)
    return printable(value) if b"\\u" in data and (b"\\ud" in data or b"\\uD" in data) else value


def printable(value: Any) -> Any:
    """JSON with U+FFFD for halves of surrogate pairs."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    return value


class Clock:
    """Turns the lines' clock times into seconds since the first one."""

    def __init__(self) -> None:
        self._first: float | None = None

    @property
    def started(self) -> bool:
        """Whether it has seen its first header."""
        return self._first is not None

    def seconds(self, header: Header) -> float:
        """Seconds since the first header this clock saw; a log may run over New Year."""
        now = header.since_new_year
        if self._first is None:
            self._first = now
        elapsed = now - self._first
        return round(elapsed if elapsed >= -183 * _DAY else elapsed + 366 * _DAY, 6)


def read_whole(span: bytes, offset: int, file: str, clock: Clock) -> Record | None:
    """The record that fills `span`; None where anything in it wants the careful `LogParser`."""
    end = _first_line_end(span, 0, len(span))
    try:
        header = Header.read(span[:end])
    except DamagedHeader:
        return None
    return read_rest(header, span, 0, len(span), offset=offset, file=file, clock=clock)


def read_rest(
    header: Header, data: bytes, start: int, stop: int, *, offset: int, file: str, clock: Clock
) -> Record | None:
    """The record in `data[start:stop]`, whose first line `header` was read from; None as in `read_whole`."""
    checksum = header.metadata.get("has_payload")
    payload: str | None = None
    line_end = _first_line_end(data, start, stop)
    if not checksum:
        if not _is_blank(data, line_end, stop):
            return None
    else:
        body = _body(data, start, line_end, stop)
        if body is None or hashlib.md5(body, usedforsecurity=False).hexdigest() != checksum:
            return None
        try:
            payload = body.decode()
        except UnicodeDecodeError:
            return None
    return Record(offset, clock.seconds(header), header.place, header.metadata, payload, file, header.pid)


def intact(span: bytes) -> bool:
    """Whether `span` is one undamaged record, if its first line is; False where that is not told at a glance."""
    stop = len(span)
    line_end = _first_line_end(span, 0, stop)
    found = _SUM_AT_END.search(span, max(0, line_end - _SUM_SIZE), line_end)
    if found is None:
        return span.find(b"has_payload", 0, line_end) < 0 and _is_blank(span, line_end, stop)
    body = _body(span, 0, line_end, stop)
    if body is None or hashlib.md5(body, usedforsecurity=False).hexdigest() != found[1].decode():
        return False
    return body.isascii() or _is_utf8(body)


def _first_line_end(data: bytes, start: int, stop: int) -> int:
    end = data.find(b"\n", start, stop)
    return stop if end < 0 else end


def _is_blank(data: bytes, start: int, stop: int) -> bool:
    return stop - start <= 1 or data[start:stop].isspace()


def _body(data: bytes, start: int, line_end: int, stop: int) -> bytes | None:
    """The payload of the record in `data[start:stop]`, as it was before torch indented it; None where there is none.

    Whatever shortcut leads to it, it is right if its checksum is.
    """
    if not data.startswith(b"\n\t", line_end, stop) or stop - start > MAX_RECORD:
        return None
    carriage_returns = data.endswith(b"\r", start, line_end)  # through a system that ends lines with CR LF
    first = line_end + 2
    if data.find(b"\n", first, stop) == stop - 1:
        return data[first : stop - (2 if carriage_returns and data.endswith(b"\r\n", first, stop) else 1)]
    rest = data[line_end + 1 : stop]
    lines = rest.count(b"\n")
    bare = rest.translate(None, b"\t\r" if carriage_returns else b"\t")
    if rest.endswith(b"\n") and len(rest) - len(bare) == lines * (2 if carriage_returns else 1):
        return bare[:-1]  # as many tabs as lines: each should begin one
    if carriage_returns:
        rest = rest.replace(b"\r\n", b"\n")
    return rest[1:].removesuffix(b"\n").replace(b"\n\t", b"\n")


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


class LogParser:
    """Bytes of one log in, records out; holds no more than the record that is not complete yet.

    Args:
        file: the log's name, for the records.
        clock: shared by the logs that are read together.
        offset: where in the log the first byte to come lies; the beginning of a line.
    """

    def __init__(self, file: str = "", clock: Clock | None = None, offset: int = 0) -> None:
        self.file = file
        self._clock = clock or Clock()
        self._offset = offset
        """Byte offset of the first byte of `_rest`."""
        self._rest = b""
        """A line that has not ended."""
        self._skipping = False
        """Whether the bytes up to the next line end are thrown away, their line being too long."""
        self._pending: _Pending | None = None
        self._stray = False
        """Whether the line before was already reported as none of a record's."""

    def feed(self, data: bytes) -> list[Record | BadRecord]:
        """The records that `data` completes."""
        out: list[Record | BadRecord] = []
        if self._skipping:
            data = self._skip(data)
        lines = (self._rest + data).split(b"\n") if self._rest else data.split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._line(line, out)
            self._offset += len(line) + 1
        if len(self._rest) > MAX_RECORD:
            self._too_long(out)
            self._offset += len(self._rest)
            self._rest = b""
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

    def _skip(self, data: bytes) -> bytes:
        """What follows the line that is too long."""
        end = data.find(b"\n") + 1
        self._skipping = not end
        self._offset += end or len(data)
        return data[end:] if end else b""

    def _line(self, line: bytes, out: list[Record | BadRecord]) -> None:
        if line.startswith(b"\t") or not line.strip():
            self._payload_line(line, out)
            return
        if HEADER_START.match(line):
            self._end(out)
            self._begin(line, out)
        else:
            self._report_stray(NEITHER, out)
            return
        self._stray = False

    def _too_long(self, out: list[Record | BadRecord]) -> None:
        """Reports a line, however many bytes of it are still to come."""
        self._skipping = True
        reason = f"a line longer than {MAX_RECORD >> 20} MiB"
        if HEADER_START.match(self._rest):
            self._end(out)
            self._pending = _Pending(None, "")
            reason = _LONG_HEADER
        elif self._pending is not None and self._rest.startswith(b"\t"):
            self._pending.give_up()
            return
        out.append(BadRecord(self._offset, reason, self.file))

    def _payload_line(self, line: bytes, out: list[Record | BadRecord]) -> None:
        """Takes a line of the pending payload; editors strip the tab of an empty one."""
        if self._pending is not None:
            self._pending.add(line[1:])
            if self._pending.complete:
                self._end(out)
        elif line.startswith(b"\t"):
            self._report_stray(STRAY, out)

    def _report_stray(self, reason: str, out: list[Record | BadRecord]) -> None:
        if not self._stray:
            out.append(BadRecord(self._offset, reason, self.file))
        self._stray = True

    def _begin(self, line: bytes, out: list[Record | BadRecord]) -> None:
        try:
            header = Header.read(line)
        except DamagedHeader as error:
            out.append(BadRecord(self._offset, str(error), self.file))
            self._pending = _Pending(None, "")
            return
        seconds = self._clock.seconds(header)
        record = Record(self._offset, seconds, header.place, header.metadata, None, self.file, header.pid)
        if checksum := header.metadata.get("has_payload"):
            self._pending = _Pending(record, str(checksum), carriage_returns=line.endswith(b"\r"))
        else:
            out.append(record)

    def _end(self, out: list[Record | BadRecord]) -> None:
        """Closes the pending record, whole or not."""
        pending, self._pending = self._pending, None
        if pending is None or pending.record is None:
            return
        record = pending.record
        if pending.complete:
            try:
                text = b"\n".join(pending.lines).decode()
            except UnicodeDecodeError as error:
                out.append(BadRecord(record.offset, f"its payload is not UTF-8 from byte {error.start} on", self.file))
                return
            out.append(replace(record, payload=text))
        elif pending.too_large:
            out.append(BadRecord(record.offset, f"a payload larger than {MAX_RECORD >> 20} MiB", self.file))
        elif not pending.lines:
            out.append(BadRecord(record.offset, MISSING, self.file))
        else:
            out.append(BadRecord(record.offset, CUT, self.file))


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
            self.give_up()

    def give_up(self) -> None:
        """Lets go of a payload that is too large to be held."""
        self.too_large = True
        self.lines.clear()
