"""Where the records of one log begin: one pass over its bytes, 16 bytes kept for each record.

An entry reaches from a line that begins like a record to the next such line. What is wrong inside it is found when it
is read; only the kind and the compile id are taken from its first line during the pass.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Container, Iterator
from typing import NamedTuple

from inspector.trace.compile_ids import MAX_NAME, compile_id_in, kind_in
from inspector.trace.content import Content
from inspector.trace.reader import (
    HEADER_START,
    MAX_LINE,
    MAX_RECORD,
    BadRecord,
    Clock,
    DamagedHeader,
    Header,
    LogParser,
    Record,
    read_whole,
)
from inspector.trace.runs import OPENING, Runs

WINDOW = 2 << 20
"""Bytes looked at at once."""
_SMALLEST = 4 << 10
"""Bytes looked at at once, whoever asks for less: a record's beginning is known by its first 20."""
_PEEK = 1 << 20
"""Bytes of a payload in which a compile id is looked for."""

_LINE = re.compile(rb"\n(?=" + HEADER_START.pattern + rb")")
_DYNAMO = b'"name": "dynamo"'
"""In an event that begins or ends a whole compile; its beginning may be that of a later use of the compile id."""
_ID_IN_PAYLOAD = re.compile(rb'"compile_id"\s*:\s*"([^"\\\n]{1,64})"')
DAMAGED = 0
"""The kind number of bytes that are no record."""
EVENT = "chromium_event"
"""The kind of records that say in their payload, and not in their first line, which compile they are of."""
NO_ID = -1
"""The compile id number of records outside any compile."""


class Numbers:
    """Gives names numbers, in order of first sight."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self._numbers = {name: number for number, name in enumerate(names)}

    def of(self, name: str) -> int:
        """The number of a name."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def known(self, name: str) -> int | None:
        """The number of a name that has one."""
        return self._numbers.get(name)


class Names:
    """The names that the logs of one trace share."""

    def __init__(self) -> None:
        self.kinds = Numbers("(damaged)")
        self.ids = Numbers()
        self.runs = Runs()
        self.clock = Clock()
        self.compile_ids: dict[str, str] = {}
        """Compile id → its log, in order of first sight; without those that only an event speaks of."""

    def compile_id(self, plain: str, kind: str, attempt: int, payload: str | None, file: str) -> int:
        """The number of the compile id of a record.

        Args:
            plain: the id with its log's prefix.
            kind, attempt, payload: of the record.
            file: the log.
        """
        name = self.runs.seen(plain, kind, attempt, payload)
        self.compile_ids.setdefault(name, file)
        return self.ids.of(name)

    def kind_numbers(self, kinds: Collection[str]) -> set[int]:
        """The numbers of those kinds that there are."""
        return {number for kind in kinds if (number := self.kinds.known(kind)) is not None}

    def id_numbers(self, compile_ids: Collection[str]) -> set[int]:
        """The numbers of those compile ids that there are; an empty one stands for none."""
        return {number for item in compile_ids if (number := self.ids.known(item) if item else NO_ID) is not None}


class _Open(NamedTuple):
    """An entry that has not ended."""

    kind: str
    plain: str | None
    """The compile id in its first line, with the log's prefix."""
    attempt: int
    offset: int
    payload: int
    """Where its payload begins."""


class FileIndex:
    """The entries of one log, in the order of the file.

    Args:
        content: its bytes.
        file: its name, for the records.
        prefix: what stands before its compile ids.
        names: shared by the logs of one trace.
    """

    def __init__(self, content: Content, file: str, prefix: str, names: Names) -> None:
        self.content = content
        self.file = file
        self.kinds = array("I")
        """Entry → number of its kind."""
        self.ids = array("i")
        """Entry → number of its compile id, -1 outside any compile."""
        self.finished = False
        """Whether no more entries will come."""
        self._offsets = array("Q")
        self._prefix = prefix
        self._names = names
        self._clock = names.clock
        self._bad: list[BadRecord] = []
        self._position = 0
        """Every line that begins before was looked at."""
        self._line_start = True
        """Whether a line begins at `_position`."""
        self._gap: int | None = 0
        """Where bytes begin that belong to no entry yet: none should come before the next record."""
        self._settled = 0
        """How far the last entry reached when `settle` looked at it."""
        self._open: _Open | None = None
        """The last entry, where its compile id is known when it ends."""

    @property
    def done(self) -> int:
        """Bytes of the file, as it lies on disk, that were looked at."""
        return self.on_disk(self._position)

    def on_disk(self, offset: int) -> int:
        """About how many bytes of the file, as it lies on disk, the log up to `offset` takes."""
        size = self.content.size
        return offset if self.content.taken == size else self.content.taken * offset // max(size, 1)

    def __len__(self) -> int:
        """How many entries are complete."""
        return len(self._offsets) - (not self._last_complete)

    @property
    def _last_complete(self) -> bool:
        return self.finished or self._gap is not None or not self._offsets

    # --- the pass ---------------------------------------------------------------------------------------------

    def scan(self, limit: int) -> bool:
        """Looks at about `limit` further bytes; False if there is no further whole line at the moment."""
        goal = self._position + limit
        if self.content.size < goal:
            self.content.pull(goal - self.content.size)
        smallest = window = min(WINDOW, max(limit, _SMALLEST))
        begun = self._position
        while self._position < min(goal, self.content.size):
            data = self.content.read(self._position, self._position + window)
            if self._window(data, at_end=self._position + len(data) >= self.content.size):
                window = smallest
            elif self._position + len(data) < self.content.size:
                window = min(window * 2, MAX_LINE + 1)
            elif not self.content.pull(limit):
                break
        return self._position > begun

    def _window(self, data: bytes, *, at_end: bool) -> bool:
        """Takes the whole lines in `data`; False if there is none, and the line in it needs to be seen whole."""
        base = self._position
        last = data.rfind(b"\n")
        if last < 0:
            if self._line_start:
                begins_record = HEADER_START.match(data) is not None
                if begins_record and len(data) > MAX_LINE:
                    self._add(base, data)
                elif begins_record or at_end:
                    return False
            self._position += len(data)
            self._line_start = False
            return True
        if self._line_start and HEADER_START.match(data):
            self._add(base, data[: data.find(b"\n")], data, base)
        for found in _LINE.finditer(data, 0, last):
            start = found.end()
            self._add(base + start, data[start : data.find(b"\n", start)], data, base)
        self._position = base + last + 1
        self._line_start = True
        return True

    def finish(self) -> None:
        """Takes the bytes that no further ones follow."""
        if self.finished:
            return
        size = self.content.size
        if self._line_start and self._position < size:
            line = self.content.read(self._position, min(size, self._position + MAX_LINE + 1))
            if HEADER_START.match(line):
                self._add(self._position, line)
        self._close(size)
        self._position = size
        self.finished = True
        if self.content.problem:
            self._bad.append(BadRecord(size, self.content.problem, self.file))

    def settle(self) -> None:
        """Closes the last entry without waiting for the next, if it is a whole record as it stands.

        For a log that is still being written: its last record is to be seen at once.
        """
        if self._last_complete or not self._line_start or self._position == self._settled:
            return
        start, end = self._offsets[-1], self._position
        self._settled = end
        if end - start <= MAX_RECORD and any(isinstance(item, Record) for item in self._entry(start, end)):
            self._close(end)
            self._gap = end

    def _add(self, offset: int, line: bytes, data: bytes = b"", base: int = 0) -> None:
        """Begins an entry with this first line; `data` are bytes at hand, from offset `base` on."""
        self._close(offset, data, base)
        try:
            _, _, metadata = header = Header.read(line)
        except DamagedHeader as error:
            self._bad.append(BadRecord(offset, str(error), self.file))
            if not self.kinds or self.kinds[-1] != DAMAGED:
                self._append(offset, DAMAGED, NO_ID)
            return
        if not self._clock.started:
            self._clock.seconds(header)
        kind = kind_in(metadata)[:MAX_NAME]
        plain = compile_id_in(metadata)
        attempt = metadata["attempt"] if isinstance(metadata.get("attempt"), int) else 0
        number = NO_ID
        if kind == EVENT or (kind in OPENING and "has_payload" in metadata) or kind.startswith("artifact:inspector_"):
            plain = None if plain is None else self._prefix + plain
            self._open = _Open(kind, plain, attempt, offset, offset + len(line) + 1)
        elif plain is not None:
            number = self._names.compile_id(self._prefix + plain, kind, attempt, None, self.file)
        self._append(offset, self._names.kinds.of(kind), number)

    def _append(self, offset: int, kind: int, compile_id: int) -> None:
        self._offsets.append(offset)
        self.kinds.append(kind)
        self.ids.append(compile_id)

    def _close(self, end: int, data: bytes = b"", base: int = 0) -> None:
        """Ends the last entry, or what stands before the first."""
        if self._gap is not None:
            gap, self._gap = self._gap, None
            if self.content.read(gap, min(end, gap + WINDOW)).strip():
                self._append(gap, DAMAGED, NO_ID)
        elif self._open is not None:
            self.ids[-1] = self._id_of(self._open, end, data, base)
        self._open = None

    def _id_of(self, entry: _Open, end: int, data: bytes, base: int) -> int:
        """The number of the compile id of an entry whose payload has a say in it."""
        start, limit = entry.payload, min(end, entry.payload + _PEEK)
        if base > start or not data:
            data, base = self.content.read(start, limit), start
        names = self._names
        if entry.plain is None:
            found = _ID_IN_PAYLOAD.search(data, start - base, limit - base)
            if found is None or found[1] == b"None":
                return NO_ID
            name = names.runs.latest(self._prefix + found[1].decode("utf-8", "replace"))
            if entry.kind != EVENT:  # an event may speak of a compile that no record is of
                names.compile_ids.setdefault(name, self.file)
            return names.ids.of(name)
        payload = None
        if entry.kind in OPENING or data.find(_DYNAMO, start - base, limit - base) >= 0:
            whole = (item.payload for item in self._entry(entry.offset, end) if isinstance(item, Record))
            payload = next(whole, None)
            if payload is None:  # whoever reads it sees no beginning either
                return names.ids.of(names.runs.latest(entry.plain))
        return names.compile_id(entry.plain, entry.kind, entry.attempt, payload, self.file)

    # --- what is known ----------------------------------------------------------------------------------------

    def take_bad(self) -> list[BadRecord]:
        """The damage that the pass itself met since the last call."""
        taken, self._bad = self._bad, []
        return taken

    def counts(self) -> Counter[int]:
        """Kind number → how many complete entries."""
        return Counter(self.kinds[: len(self)])

    def select(self, ids: Container[int] | None, kinds: Container[int] | None, first: int = 0) -> Collection[int]:
        """The complete entries from `first` on with one of these compile ids and one of these kinds; None for any."""
        entries = range(first, len(self))
        if ids is None and kinds is None:
            return entries
        return [
            entry
            for entry in entries
            if (ids is None or self.ids[entry] in ids) and (kinds is None or self.kinds[entry] in kinds)
        ]

    def entry_at(self, offset: int) -> int:
        """The entry in which the byte at `offset` lies."""
        return bisect_right(self._offsets, offset) - 1

    # --- reading ----------------------------------------------------------------------------------------------

    def span(self, entry: int) -> tuple[int, int]:
        """Byte offsets at which an entry begins and ends."""
        after = entry + 1
        end = self._offsets[after] if after < len(self._offsets) else self._position
        return self._offsets[entry], end

    def read(self, entries: Collection[int]) -> Iterator[Record | BadRecord]:
        """What these entries hold, in ascending order; neighbours share a look at the file."""
        block, base = b"", 0
        last = -2
        for entry in entries:
            start, stop = self.span(entry)
            if stop - start > WINDOW:
                yield from self._entry(start, stop)
                continue
            if stop > base + len(block):
                in_a_row = entry == last + 1
                base, block = start, self.content.read(start, max(stop, start + WINDOW) if in_a_row else stop)
            last = entry
            yield from self._parse(block[start - base : stop - base], start)

    def _entry(self, start: int, end: int) -> Iterator[Record | BadRecord]:
        if end - start <= MAX_RECORD:
            yield from self._parse(self.content.read(start, end), start)
            return
        parser = LogParser(self.file, self._clock, start)
        for position in range(start, end, WINDOW):
            yield from parser.feed(self.content.read(position, min(end, position + WINDOW)))
        yield from parser.finish()

    def _parse(self, span: bytes, offset: int) -> list[Record | BadRecord]:
        if (record := read_whole(span, offset, self.file, self._clock)) is not None:
            return [record]
        parser = LogParser(self.file, self._clock, offset)
        return [*parser.feed(span), *parser.finish()]
