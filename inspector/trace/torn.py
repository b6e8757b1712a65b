"""Records that other processes wrote into the middle of, put together again.

Processes that share a log share its file offset, but write in pieces: the one's record ends up between two pieces of
the other's. Which bytes belong together, the checksums tell; where they do not agree, nothing is put together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol

from inspector.trace.content import Content
from inspector.trace.reader import (
    CUT,
    MAX_RECORD,
    MISSING,
    NEITHER,
    STRAY,
    BadRecord,
    Clock,
    LogParser,
    Record,
    intact,
    read_whole,
)

_MOST = 8
"""Records within one, beyond which it is given up."""
_REMEMBERED = 4096
"""Broken entries whose rest is remembered at once."""
_BROKEN = (CUT, MISSING)
"""What is said of a record whose rest may stand after other records."""
_REST = (STRAY, NEITHER)
"""What is said of lines that may be the rest of a record before."""

WITHIN = re.compile(rb"[^\n](?=[VDIWEC]\d{4} \d\d:\d\d:\d\d\.\d{1,6} +\d+ [^\]\n]{1,400}\] \{\")")
"""What stands before a record's first line that begins within a line of another's."""


class _Torn(NamedTuple):
    """A record, whole again, and the records within it, whose bytes held the rest of it."""

    record: Record
    within: tuple[int, ...]
    """Byte offsets at which their entries begin."""


def _put_together(
    span: bytes, entries: Sequence[tuple[int, bytes]], read: Callable[[bytes], Record | None]
) -> _Torn | None:
    """The record whose first piece `span` is; None where no checksum says so.

    Args:
        span: the bytes of its entry, which ends where another record begins.
        entries: those that follow, each with its offset and its bytes.
        read: reads a whole record whose bytes these are; None where they are none.
    """
    pieces = [span]
    within = []
    for offset, data in entries[:_MOST]:
        pieces.append(_rest_of(data))
        within.append(offset)
        if sum(map(len, pieces)) > MAX_RECORD:
            break
        if pieces[-1] and (record := read(b"".join(pieces))) is not None:
            return _Torn(replace(record, torn=True), tuple(within))
    return None


def whole_length(data: bytes) -> int:
    """How long the whole record is that an entry begins with; 0 where that record is not whole."""
    parser = LogParser()
    end = 0
    while end < len(data):
        start, end = end, data.find(b"\n", end) + 1 or len(data)
        found = parser.feed(data[start:end])
        if any(isinstance(item, BadRecord) for item in found):
            return 0
        if found:
            return end
    return 0


def _rest_of(data: bytes) -> bytes:
    """What follows the whole record that an entry begins with; nothing where that record is not whole."""
    return data[length:] if (length := whole_length(data)) else b""


class _Entries(Protocol):
    """What is asked of a log's index."""

    file: str
    content: Content
    finished: bool

    def __len__(self) -> int: ...

    def span(self, entry: int) -> tuple[int, int]:
        """Byte offsets at which an entry begins and ends."""


class Tears:
    """What is broken in a log, and what of it is whole when it is put together.

    Args:
        entries: of the log.
        clock: of the trace.
    """

    def __init__(self, entries: _Entries, clock: Clock) -> None:
        self._entries = entries
        self._clock = clock
        self._together: dict[int, _Torn | None] = {}
        """Broken entry → what it is together with the rest of it, which stands in later ones."""
        self.found: dict[int, tuple[int, ...]] = {}
        """Byte offset of a record that was put together → those of the entries that held the rest of it."""

    def mended(self, entry: int, item: BadRecord) -> Iterator[Record | BadRecord]:
        """What is to be said of damage: a record that others wrote into is whole, and its rest is nobody else's."""
        if item.reason in _BROKEN and (torn := self._torn(entry)) is not None:
            yield torn.record
        elif item.reason not in _REST or not self._is_rest(entry):
            yield item

    def _torn(self, entry: int) -> _Torn | None:
        """The record that begins with a broken entry, if the rest of it stands in the next ones."""
        if entry in self._together:
            return self._together[entry]
        log = self._entries
        following = range(entry + 1, min(entry + 1 + _MOST, len(log)))
        spans = [log.span(number) for number in (entry, *following)]
        torn = None
        if sum(stop - start for start, stop in spans) <= MAX_RECORD:
            (offset, data), *rest = ((start, log.content.read(start, stop)) for start, stop in spans)
            torn = _put_together(data, rest, partial(read_whole, offset=offset, file=log.file, clock=self._clock))
            if torn is not None:
                self.found[offset] = torn.within
        if log.finished or len(following) == _MOST:
            if len(self._together) >= _REMEMBERED:
                self._together.clear()
            self._together[entry] = torn
        return torn

    def _is_rest(self, entry: int) -> bool:
        """Whether the lines that follow the record in an entry are the rest of one before it."""
        log = self._entries
        offset = log.span(entry)[0]
        for before in range(max(entry - _MOST, 0), entry):
            start, stop = log.span(before)
            if stop - start > MAX_RECORD or intact(data := log.content.read(start, stop)):
                continue
            parser = LogParser()
            if any(
                item.reason in _BROKEN for item in (*parser.feed(data), *parser.finish()) if isinstance(item, BadRecord)
            ):
                torn = self._torn(before)
                if torn is not None and offset in torn.within:
                    return True
        return False
