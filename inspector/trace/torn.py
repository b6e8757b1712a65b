"""Records that other processes wrote into the middle of, put together again.

Processes that share a log share its file offset, but write in pieces: the one's record ends up between two pieces of
the other's. Which bytes belong together, the checksums tell; where they do not agree, nothing is put together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import NamedTuple, Protocol

from inspector.trace.content import Content
from inspector.trace.parser import LogParser
from inspector.trace.reader import (
    CUT,
    MAX_RECORD,
    MISSING,
    NEITHER,
    STRAY,
    BadRecord,
    Clock,
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
    span: bytes, entries: Iterable[tuple[int, bytes]], read: Callable[[bytes], Record | None]
) -> _Torn | None:
    """The record whose first piece `span` is; None where no checksum says so.

    Args:
        span: the bytes of its entry, which ends where another record begins.
        entries: those that follow, each with its offset and its bytes; no more of them are taken than are needed.
        read: reads a whole record whose bytes these are; None where they are none.
    """
    pieces = [span]
    within = []
    for offset, data in entries:
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
    position: int
    """Up to where the log is known."""

    @property
    def closed(self) -> int:
        """How many entries nothing will be added to."""

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
        self._so_far: dict[int, tuple[int, _Torn | None]] = {}
        """The same where what is still to be written has a say, and how far the log was known then."""
        self.found: dict[int, tuple[int, ...]] = {}
        """Byte offset of a record that was put together → those of the entries that held the rest of it."""

    def mended(self, entry: int, item: BadRecord) -> Iterator[Record | BadRecord]:
        """What is to be said of damage: a record that others wrote into is whole, and its rest is nobody else's."""
        if item.reason in _BROKEN and (torn := self._torn(entry)) is not None:
            yield torn.record
        elif item.reason not in _REST or not self._is_rest(entry):
            yield item

    def waits(self, entry: int) -> bool:
        """Whether an entry that was looked at is broken, and what is still to be written may hold the rest of it."""
        return entry in self._so_far

    def suspects(self) -> list[int]:
        """Such entries, and those that may hold the rest of one."""
        within = {entry for first in self._so_far for entry in range(first, first + _MOST + 1)}
        return sorted(entry for entry in within if entry < len(self._entries))

    def _torn(self, entry: int) -> _Torn | None:
        """The record that begins with a broken entry, if the rest of it stands in the next ones."""
        log = self._entries
        if entry in self._together:
            return self._together[entry]
        known, torn = self._so_far.pop(entry, (-1, None))
        if known != log.position or log.finished:
            torn = self._look(entry)
        needed = _MOST if torn is None else len(torn.within)
        if log.finished or entry + needed < log.closed:
            if len(self._together) >= _REMEMBERED:
                self._together.clear()
            self._together[entry] = torn
        else:
            self._so_far[entry] = (log.position, torn)
        return torn

    def _look(self, entry: int) -> _Torn | None:
        log = self._entries
        offset, stop = log.span(entry)
        self.found.pop(offset, None)
        if stop - offset > MAX_RECORD:
            return None
        spans = map(log.span, range(entry + 1, min(entry + 1 + _MOST, len(log))))
        rest = (
            (start, log.content.read(start, stop))
            for start, stop in takewhile(lambda span: span[1] - span[0] <= MAX_RECORD, spans)
        )
        read = partial(read_whole, offset=offset, file=log.file, clock=self._clock)
        torn = _put_together(log.content.read(offset, stop), rest, read)
        if torn is not None:
            self.found[offset] = torn.within
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
