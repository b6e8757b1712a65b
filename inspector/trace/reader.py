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
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from inspector.jsontext import Malformed, load

MAX_RECORD = 64 << 20
"""Bytes of one line or one payload beyond which a record is dropped rather than held in memory."""
MAX_LINE = 16 << 20
"""Bytes of a record's first line beyond which it counts as damaged."""
MAX_DEPTH = 64
"""Lists and objects within one another; a bundle holds records some lists deeper, and has to be readable too."""
LONG_HEADER = f"the record's first line is longer than {MAX_LINE >> 20} MiB"

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
    header: Record | None = field(default=None, compare=False)
    """What its first line says, where only its payload is lost."""


class DamagedHeader(ValueError):
    """A first line that cannot be read; the message is a `BadRecord.reason`."""


class RecordHeader(NamedTuple):
    """The first line of a record."""

    since_new_year: float
    """Seconds, in a leap year."""
    place: str
    metadata: dict[str, Any]
    pid: int
    """Of the process; 0 where the line gives the thread's number instead."""

    @classmethod
    def read(cls, line: bytes) -> RecordHeader:
        """The header in a line.

        Raises:
            DamagedHeader: there is none in it.
        """
        if len(line) > MAX_LINE:
            raise DamagedHeader(LONG_HEADER)
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

    def seconds(self, header: RecordHeader) -> float:
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
        header = RecordHeader.read(span[:end])
    except DamagedHeader:
        return None
    return read_rest(header, span, 0, len(span), offset=offset, file=file, clock=clock)


def read_rest(
    header: RecordHeader, data: bytes, start: int, stop: int, *, offset: int, file: str, clock: Clock
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
