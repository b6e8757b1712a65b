"""The entries of one log: where each begins, of which kind and compile id it is, and what it holds when it is read.

An entry reaches from a line that begins like a record to the next such line.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from inspector.trace.compile_ids import compile_id_in
from inspector.trace.content import Content
from inspector.trace.kept import Kept
from inspector.trace.names import DAMAGED, NO_ID, Names
from inspector.trace.parser import LogParser
from inspector.trace.reader import MAX_RECORD, BadRecord, Record, intact, read_whole
from inspector.trace.torn import Tears

WINDOW = 512 << 10
"""Bytes looked at at once: few enough for a processor's own cache."""


@dataclass
class Told:
    """How much of a log that grows somebody was told."""

    entries: int = 0
    """Of which something was."""
    end: int = 0
    """Up to where of the last one: lines may have been added to it since."""


class Entries:
    """What is known of the entries of a log, 16 bytes of each, and the way to what they hold.

    Args:
        content: its bytes.
        file: its name, for the records.
        names: shared by the logs of one trace.
    """

    def __init__(self, content: Content, file: str, names: Names) -> None:
        self.content = content
        self.file = file
        self.kinds = array("I")
        """Entry → number of its kind."""
        self.ids = array("i")
        """Entry → number of its compile id, -1 outside any compile."""
        self.finished = False
        """Whether no more entries will come."""
        self._settled = False
        """Whether the last entry is a whole record as far as it is written; lines may follow that belong to none."""
        self.position = 0
        """Every line that begins before was looked at."""
        self.tears = Tears(self, names.clock)
        self._names = names
        self._clock = names.clock
        self._offsets = array("Q")
        self._unnamed_kinds: set[int] = set()
        """Kinds of which there are records without a compile id that may yet be one's."""
        self._kept = Kept()
        self._counts: Counter[int] = Counter()
        """Kind number → how many, of the first entries."""
        self._counted = 0

    def __len__(self) -> int:
        """How many entries can be read."""
        return self.closed + (self._settled and not self.finished)

    @property
    def closed(self) -> int:
        """How many entries nothing will be added to."""
        return len(self._offsets) if self.finished else max(len(self._offsets) - 1, 0)

    def counts(self) -> Counter[int]:
        """Kind number → how many complete entries."""
        self._counts.update(self.kinds[self._counted : len(self)])
        self._counted = len(self)
        return self._counts

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

    def grouped(self, kinds: Container[int]) -> dict[int, list[int]]:
        """Number of a compile id → its complete entries of these kinds, in ascending order; `NO_ID` for none's."""
        found: dict[int, list[int]] = {}
        for entry in range(len(self)):
            if self.kinds[entry] in kinds:
                found.setdefault(self.ids[entry], []).append(entry)
        return found

    def entry_at(self, offset: int) -> int:
        """The entry in which the byte at `offset` lies."""
        return bisect_right(self._offsets, offset) - 1

    # --- reading ----------------------------------------------------------------------------------------------

    def span(self, entry: int) -> tuple[int, int]:
        """Byte offsets at which an entry begins and ends."""
        after = entry + 1
        end = self._offsets[after] if after < len(self._offsets) else self.position
        return self._offsets[entry], end

    def read(self, entries: Collection[int]) -> Iterator[Record | BadRecord]:
        """What these entries hold, in ascending order; neighbours share a look at the file."""
        for entry, span in self._spans(entries):
            yield from self._items(entry, span)

    def first_after(self, told: Told) -> int:
        """The first entry of which not everything was told."""
        last = told.entries - 1
        return last if last >= 0 and self.span(last)[1] > told.end else last + 1

    def supposed(self, item: BadRecord) -> bool:
        """Whether damage may turn out to be none with what is still to be written."""
        return self.entry_at(item.offset) in self.tears.suspects()

    def fresh(self, told: Told, kinds: Container[int] | None) -> Iterator[Record | BadRecord]:
        """What was written since so much was told, for one who is told everything in order and only once.

        It ends before a record whose rest may still come: what a log says once it is whole is said while it grows.
        `told` is brought up to date at the end.
        """
        for entry, span in self._spans(self.select(None, kinds, self.first_after(told))):
            found = [*self._items(entry, span)]
            if self.tears.waits(entry):
                break
            yield from (item for item in found if entry >= told.entries or item.offset >= told.end)
        else:
            entry = len(self)
        told.entries, told.end = entry, self.span(entry - 1)[1] if entry else 0

    def _items(self, entry: int, span: bytes | None) -> Iterator[Record | BadRecord]:
        """What an entry holds, as if the log ended here."""
        found: Iterable[Record | BadRecord]
        if (kept := self._kept.take(entry)) is not None:
            found = kept
        elif span is None:
            found = self._entry(*self.span(entry))
        else:
            found = self._parse(span, self._offsets[entry])
        for item in found:
            whole = (item,) if isinstance(item, Record) else self.tears.mended(entry, item)
            yield from map(partial(self._named, entry), whole) if self.kinds[entry] in self._unnamed_kinds else whole

    def _named(self, entry: int, item: Record | BadRecord) -> Record | BadRecord:
        """A record that names no compile id with the one that it belongs to."""
        if isinstance(item, BadRecord):
            return item if item.header is None else replace(item, header=self._named_one(entry, item.header))
        return self._named_one(entry, item)

    def _named_one(self, entry: int, item: Record) -> Record:
        if compile_id_in(item.metadata) is not None:
            return item
        number = self.ids[entry]
        return replace(item, compile_id="" if number == NO_ID else self._names.ids.names[number])

    def damage(self, entries: Collection[int]) -> Iterator[BadRecord]:
        """What is wrong in these entries, in ascending order."""
        for entry, span in self._spans(entries):
            if span is None or self.kinds[entry] == DAMAGED or not intact(span):
                found = self._entry(*self.span(entry)) if span is None else self._parse(span, self._offsets[entry])
                for item in found:
                    if isinstance(item, BadRecord):
                        yield from (left for left in self.tears.mended(entry, item) if isinstance(left, BadRecord))

    def _spans(self, entries: Collection[int]) -> Iterator[tuple[int, bytes | None]]:
        """The bytes of each entry that is not kept; None for those of a large one, which need not be held at once."""
        block, base = b"", 0
        last = -2
        for entry in entries:
            start, stop = self.span(entry)
            if entry in self._kept or stop - start > WINDOW:
                yield entry, None
                continue
            if stop > base + len(block):
                in_a_row = entry == last + 1
                base, block = start, self.content.read(start, max(stop, start + WINDOW) if in_a_row else stop)
            last = entry
            yield entry, block[start - base : stop - base]

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
