"""One log of a trace: its index, and what is read of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from inspector.trace.damage import DamageList
from inspector.trace.entries import Told
from inspector.trace.files import unreadable
from inspector.trace.index import FileIndex
from inspector.trace.opening import Source
from inspector.trace.reader import BadRecord, Record

STDIN = "-"
"""The path that means standard input."""

OUTSIDE = ""
"""Stands for records outside any compile where compile ids are asked for."""

Given = dict[int, Told]
"""Log → how much of it somebody was told. A log that was replaced by a shorter one counts as another."""


@dataclass
class IndexedLog:
    """One log, read where somebody looks."""

    source: Source
    index: FileIndex
    number: int
    """Unique, also when the log is begun anew."""
    begun_anew: tuple[BadRecord, ...] = ()
    """What is to be told of a log that took the place of another."""
    checked: Told = field(default_factory=Told)
    """What `check` has read."""
    _supposed: tuple[tuple[int, bool], tuple[BadRecord, ...]] = ((0, False), ())
    """How far the log was known, and what is damaged if nothing follows."""

    def read(self, entries: Collection[int], damage: DamageList) -> Iterator[Record | BadRecord]:
        """Some entries, read now; what is damaged is added to `damage` too."""
        return self._noting(self.index.read(entries), damage)

    def fresh(self, told: Told, kinds: Collection[int] | None, damage: DamageList) -> Iterator[Record | BadRecord]:
        """What was indexed since somebody was told, and will not turn out otherwise; brings `told` up to date."""
        return self._noting(self.index.fresh(told, kinds), damage)

    def supposed(self, damage: DamageList) -> tuple[BadRecord, ...]:
        """What is damaged unless what is still to be written says otherwise; what no longer is so goes to `damage`."""
        known = (self.index.position, self.index.finished)
        if self._supposed[0] != known:
            found = [*self.index.damage(self.index.tears.suspects())]
            self._note(found, damage)
            self._supposed = (known, tuple(filter(self.index.supposed, found)))
        return self._supposed[1]

    def check(self, limit: int, damage: DamageList) -> int:
        """Reads about `limit` further bytes of what is indexed, one record at least, and adds what is damaged to
        `damage`; gives how many bytes it read, 0 when all is checked."""
        first, count = self.index.first_after(self.checked), len(self.index)
        if first == count:
            return 0
        begin = self.index.span(first)[0]
        end = first + 1
        while end < count and self.index.span(end)[1] <= begin + limit:
            end += 1
        try:
            self._note(self.index.damage(range(first, end)), damage)
        except OSError as error:
            raise unreadable(self.source.path or Path(STDIN), error) from error
        self.checked = Told(end, self.index.span(end - 1)[1])
        return self.checked.end - begin

    def _noting(self, items: Iterable[Record | BadRecord], damage: DamageList) -> Iterator[Record | BadRecord]:
        try:
            for item in items:
                if isinstance(item, BadRecord):
                    self._note([item], damage)
                yield item
        except OSError as error:
            raise unreadable(self.source.path or Path(STDIN), error) from error

    def _note(self, found: Iterable[BadRecord], damage: DamageList) -> None:
        """Lists damage that is damage whatever comes."""
        damage.add(item for item in found if not self.index.supposed(item))
