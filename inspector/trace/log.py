"""A whole structured trace, however large and wherever it lies: indexed in one pass, read where somebody looks.

    log = TraceLog.open(path).complete()          # the command line: index everything, then ask
    log = TraceLog.open(path)                     # a screen: open, then go on between two frames
    while log.advance(): show(log.progress, log.compile_ids)

What is kept in memory is a few bytes for each record; metadata and payloads are read from the file when they are
asked for. One thread advances or verifies; any thread may read meanwhile, and sees what was indexed so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.errors import UsageError
from inspector.trace.compile_ids import Prefixes
from inspector.trace.damage import DamageList
from inspector.trace.entries import Told
from inspector.trace.extract import entries_of
from inspector.trace.files import MAKE_ONE, unreadable
from inspector.trace.index import FileIndex
from inspector.trace.indexed import OUTSIDE, STDIN, Given, IndexedLog
from inspector.trace.names import DAMAGED, NO_ID, Names
from inspector.trace.opening import Opening, Source
from inspector.trace.progress import IndexProgress
from inspector.trace.reader import BadRecord, Record

if TYPE_CHECKING:
    from inspector.model.capture import Capture

__all__ = ["OUTSIDE", "STDIN", "STEP", "Given", "IndexProgress", "Source", "TraceLog"]

STEP = 8 << 20
"""Bytes that one `advance` or `verify` takes when not told otherwise: some 50 ms."""


class TraceLog(AbstractContextManager["TraceLog"]):
    """An indexed trace: one log, or all logs of a folder. Made by `open`."""

    def __init__(self, opening: Opening, progress: Callable[[IndexProgress], object] | None = None) -> None:
        self._opening = opening
        self._on_progress = progress
        self._names = Names()
        self._damage = DamageList()
        self._logs: list[IndexedLog] = []
        self._of: dict[str, IndexedLog] = {}
        """File → its log."""
        self._made = 0
        """Logs begun."""
        self._reading = 0
        """The log that is being indexed; while a trace is followed, all are."""
        self._indexed = False
        self._keep: set[str] = set()
        self._kinds: Mapping[str, int] | None = None
        """Known when all is indexed: of thousands of logs it takes a while to count."""
        self._look()

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        progress: Callable[[IndexProgress], object] | None = None,
        follow: bool = False,
        latest: bool = False,
    ) -> TraceLog:
        """Finds the log files at `path` and indexes nothing yet.

        Args:
            path: a log (plain, gzip or zstd), a folder of logs, a folder that tlparse wrote, a `torch_compile_debug`
                folder, or `-` for standard input. Unrelated files in a folder are left out, see `ignored`.
            progress: called after each step of `advance`, on the thread that advances.
            follow: whether the trace is still being written: its end is not the end, and logs may appear later.
            latest: of a folder, only the log that was written last.

        Raises:
            UsageError: no such file, not readable, empty, or a folder without a log (unless it is followed).
        """
        return cls(Opening(path, follow=follow, latest=latest), progress)

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the files; reading is over. `with TraceLog.open(path) as log` does the same."""
        for log in self._logs:
            log.index.content.close()
        self._opening.close()

    # --- indexing -----------------------------------------------------------------------------------------------

    def advance(self, limit: int = STEP) -> bool:
        """Indexes about `limit` further bytes; False when there is nothing further at the moment.

        Raises:
            UsageError: the end was reached, and there is not one record in all of it.
        """
        if self._indexed:
            return False
        try:
            moved = self._follow(limit) if self._opening.follow else self._go_on(limit)
        except OSError as error:
            raise unreadable(self.path or Path(STDIN), error) from error
        if self._on_progress is not None:
            self._on_progress(self.progress)
        self._insist_on_records()
        return moved

    def _insist_on_records(self) -> None:
        if self._indexed and not self.kinds:
            problem = next((f": {log.index.content.problem}" for log in self._logs if log.index.content.problem), "")
            raise UsageError(f"{self._opening.title} holds no record of a structured trace{problem}.", MAKE_ONE)

    def _go_on(self, limit: int) -> bool:
        """One log after the other, each to its end; of thousands of small ones, many at once."""
        left = limit
        while left > 0 and self._reading < len(self._logs):
            index = self._logs[self._reading].index
            before = index.position
            if index.scan(left):
                left -= index.position - before
            elif not index.content.waiting:
                index.finish()
                self._reading += 1
            self._damage.add(index.take_bad())
            if index.content.waiting:
                index.settle()
                return True
        moved = left < limit
        self._indexed = not moved and self._reading == len(self._logs)
        return moved

    def _follow(self, limit: int) -> bool:
        """All logs as far as they are written."""
        self._look()
        moved = False
        for log in self._logs:
            before = log.index.done
            if limit > 0 and log.index.scan(limit):
                moved = True
                limit -= log.index.done - before
            log.index.settle()
            self._damage.add(log.index.take_bad())
        return moved

    def _look(self) -> None:
        """Takes logs in that appeared, and begins those anew that were replaced."""
        for position, log in enumerate(self._logs):
            if self._opening.replaced(log.index.content):
                log.index.content.close()
                anew = self._logs[position] = self._begin(self._opening.again(log.source))
                reason = "the file became shorter while it was read; read again"
                anew.begun_anew = (BadRecord(0, reason, log.source.file),)
                self._damage.add(anew.begun_anew)
        self._logs += map(self._begin, self._opening.new_sources())

    def _begin(self, source: Source) -> IndexedLog:
        self._made += 1
        content = self._opening.content(source)
        index = FileIndex(content, source.file, source.prefix, self._names, self._keep)
        self._of[source.file] = IndexedLog(source, index, self._made)
        return self._of[source.file]

    def complete(self) -> TraceLog:
        """Indexes to the end, and gives the log itself.

        Raises:
            UsageError: there is not one record in it.
        """
        while self.advance():
            pass
        return self

    def finish(self) -> None:
        """Says that a trace that was followed is written to its end: what is cut off there is damage."""
        self.complete()
        for log in self._logs:
            log.index.finish()
            self._damage.add(log.index.take_bad())
        self._indexed = True

    # --- what is known from the index alone: no file is touched -------------------------------------------------

    @property
    def path(self) -> Path | None:
        """What was opened; None for standard input."""
        return self._opening.path

    @property
    def progress(self) -> IndexProgress:
        """How far the index has come."""
        return self._progress(log.index.done for log in self._logs)

    @property
    def indexed(self) -> bool:
        """Whether the index has reached the end; never while the log is followed."""
        return self._indexed

    @property
    def sources(self) -> tuple[Source, ...]:
        """The log files, by rank and then by the time they were begun."""
        return tuple(log.source for log in self._logs)

    @property
    def ignored(self) -> tuple[Path, ...]:
        """Files of the folder that are no logs."""
        return self._opening.ignored

    @property
    def compile_ids(self) -> tuple[str, ...]:
        """Every compile id, in order of first sight, qualified as in a Capture: `0/0`, `rank1/0/0`."""
        return tuple(self._names.compile_ids)

    @property
    def kinds(self) -> Mapping[str, int]:
        """Record kind → how many; `artifact:NAME` for a named artifact. Damaged records are not among them."""
        if self._kinds is not None:
            return self._kinds
        counts: Counter[int] = Counter()
        for log in self._logs:
            counts.update(log.index.counts())
        names = self._names.kinds.names
        found = {names[number]: count for number, count in counts.items() if number != DAMAGED}
        if self._indexed:
            self._kinds = found
        return found

    def source_of(self, compile_id: str) -> Source:
        """The log that a compile id was compiled in.

        Raises:
            KeyError: there is no such compile id.
        """
        return self._of[self._names.compile_ids[compile_id]].source

    def set_prefixes(self, prefixes: Prefixes) -> Prefixes:
        """Decides what stands before compile ids as this log has it: not every process has a record that is read."""
        for log in self._logs:
            prefixes.set(log.source.file, log.source.prefix, log.index.owner)
        return prefixes

    def __len__(self) -> int:
        """How many records the index holds, damaged ones included."""
        return sum(len(log.index) for log in self._logs)

    # --- what is read when asked for -----------------------------------------------------------------------------

    def keep(self, kinds: Collection[str]) -> None:
        """Says that records of these kinds will be read soon after they are indexed: then they are read only once."""
        self._keep.update(kinds)

    def records(
        self,
        compile_ids: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
    ) -> Iterator[Record | BadRecord]:
        """The records, read now, in the order of `sources` and of each file, checksums verified.

        Args:
            compile_ids: only these; `""` stands for records outside any compile. None for all.
            kinds: only these, `artifact:NAME` for a named artifact. None for all, and for what is no record too.
        """
        wanted_ids = None if compile_ids is None else self._names.id_numbers(compile_ids)
        wanted_kinds = None if kinds is None else self._names.kind_numbers(kinds)
        for log in self._logs:
            if wanted_ids is None and wanted_kinds is None:
                yield from log.begun_anew
            yield from log.read(log.index.select(wanted_ids, wanted_kinds), self._damage)

    def fresh(self, given: Given, kinds: Collection[str] | None = None) -> Iterator[Record | BadRecord]:
        """What was indexed since the last call, of each log in order and only once.

        What may yet turn out otherwise is held back until it does not, and what follows it in its log too: all that is
        given while a log grows is what the finished log gives.

        Args:
            given: what was given so far; brought up to date.
            kinds: as for `records`, the same at each call.
        """
        wanted = None if kinds is None else self._names.kind_numbers(kinds)
        for log in self._logs:
            if wanted is None and log.number not in given:
                yield from log.begun_anew
            yield from log.fresh(given.setdefault(log.number, Told()), wanted, self._damage)

    def holds_back(self, given: Given) -> bool:
        """Whether `fresh` stopped short of what is written."""
        return any(given.get(log.number, Told()).entries < len(log.index) for log in self._logs)

    def grouped(self, file: str, kinds: Collection[str]) -> Mapping[str, Callable[[], Iterator[Record | BadRecord]]]:
        """The records of one log by compile id, for those who look at one after the other: the index is passed once.

        Args:
            file: of `sources`.
            kinds: only these.

        Returns:
            Compile id, `""` outside any → reads its records.
        """
        log = self._of[file]
        found = log.index.grouped(self._names.kind_numbers(kinds))
        names = self._names.ids.names
        return {
            OUTSIDE if number == NO_ID else names[number]: partial(log.read, entries, self._damage)
            for number, entries in found.items()
        }

    def compile_id_of(self, record: Record) -> str:
        """The compile id of a record that this log gave, as in `compile_ids`; empty outside any compile."""
        log = self._of[record.file]
        number = log.index.ids[log.index.entry_at(record.offset)]
        return OUTSIDE if number == NO_ID else self._names.ids.names[number]

    def having(self, kind: str, more_than: int) -> set[str]:
        """The compile ids that have more than so many records of a kind."""
        kinds, names = self._names.kind_numbers([kind]), self._names.ids.names
        found = (item for log in self._logs for item in log.index.grouped(kinds).items())
        return {names[number] for number, entries in found if number != NO_ID and len(entries) > more_than}

    def capture(
        self, compile_ids: Collection[str] | None = None, *, links: bool = True, stages_alone: bool = False
    ) -> Capture:
        """A capture of some compile ids, or of all.

        Records outside any compile (interned strings, sources, the environment) are read too, as far as they come
        from the same logs.

        Args:
            compile_ids: as `compile_ids` has them; None for all.
            links: whether to work out what belongs to what.
            stages_alone: only the stages' texts are wanted, of maybe thousands of compile ids: neither what else is in
                the log, nor links.

        Raises:
            UsageError: there is no such compile id.
        """
        from inspector.model.cut import only
        from inspector.trace.builder import CaptureBuilder
        from inspector.trace.kinds.texts import BESIDE_STAGES

        builder = CaptureBuilder(self.set_prefixes(Prefixes()), links=links and not stages_alone)
        if compile_ids is None:
            for record in self.records():
                builder.feed(record)
            return builder.snapshot()
        unwanted = self._names.kind_numbers(BESIDE_STAGES) if stages_alone else frozenset()
        files = self._names.files_of(compile_ids, self._opening.title)
        for log in self._logs:
            if log.source.file in files:
                for record in log.read(entries_of(compile_ids, log.index, self._names, unwanted), self._damage):
                    builder.feed(record)
        return only(builder.snapshot(), compile_ids)

    # --- damage --------------------------------------------------------------------------------------------------

    @property
    def bad(self) -> tuple[BadRecord, ...]:
        """The damage found so far, by source and offset: while indexing, while reading, and by `verify`.

        Of a log with more damage than anybody reads through, the first `DamageList.LIMIT` are listed. Of one that is
        still being written, what is damaged if nothing follows is among it for as long as nothing does.
        """
        supposed = [item for log in self._logs for item in log.supposed(self._damage)]
        return self._damage.listed([log.source.file for log in self._logs], supposed)

    @property
    def torn(self) -> Mapping[str, tuple[int, ...]]:
        """Log → byte offsets of records that others wrote into, and that were put together again by their checksums.

        Those that were read; all of them once `verify` is done.
        """
        return {log.source.file: tuple(sorted(log.index.tears.found)) for log in self._logs if log.index.tears.found}

    def verify(self, limit: int = STEP) -> bool:
        """Reads about `limit` further bytes of what is indexed and checks them; False when all is checked.

        After the last step `bad` is complete. Meant for the background.
        """
        left = limit
        for log in self._logs:
            if left <= 0:
                break
            left -= log.check(left, self._damage)
        return left < limit

    @property
    def verified(self) -> IndexProgress:
        """How far `verify` has come."""
        return self._progress(log.index.on_disk(log.checked.end) for log in self._logs)

    def _progress(self, done: Iterator[int]) -> IndexProgress:
        total = None if self._opening.path is None else 0
        for log in self._logs:
            total = None if total is None else total + max(log.source.size, log.index.content.taken)
        return IndexProgress(sum(done), total)
