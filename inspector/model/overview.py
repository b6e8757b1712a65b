"""A whole log at a glance: every compile id, where it was called from, what it cost, and why there are so many.

A Capture holds the texts of a few compile ids; an Overview holds a line about each of thousands. It is made from a
log's light records (`inspector.trace.overview`) or from a Capture (`inspector.model.overview_of`), grows while a log
is still being indexed, and is all that the overview screen and the verbs `show`, `breaks`, `recompiles`, `phases` and
`check` need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from inspector.model.advice import Advice
from inspector.model.capture import CompileStatus, LogFile
from inspector.model.compile_row import CompileRow, Warmth
from inspector.model.failure import Ending
from inspector.model.flame import FlameNode, TimeShare, merged, over_all
from inspector.model.frame import Frame
from inspector.model.recompiles import RecompileChain, chains
from inspector.model.stacks import StackNode, stack_trie

READ_FROM = "read_from"
"""Key of the environment: what stands for a log, `a folder of compiled code`. Compile ids are made up then, and how
often anything was compiled, asked for or loaded is not in it."""


@dataclass(frozen=True)
class BreakPlace:
    """One line of user code where a graph ended early."""

    stack: tuple[Frame, ...]
    """The user's frames, innermost last; empty where the log does not say."""
    compile_ids: tuple[str, ...]
    """The compiles that met it, in order; as often as each met it."""
    explanation: str = ""
    """torch's, of this place: it may name values and lines."""

    @property
    def count(self) -> int:
        """How often it was met."""
        return len(self.compile_ids)


@dataclass(frozen=True)
class BreakGroup:
    """All graph breaks of one reason."""

    reason: str
    """torch's words, first line."""
    hints: tuple[str, ...] = ()
    url: str = ""
    """torch's page about this kind of break."""
    places: tuple[BreakPlace, ...] = ()
    """Most often met first."""

    @property
    def explanation(self) -> str:
        """torch's, where it says the same of all places; else each has its own."""
        told = {place.explanation for place in self.places}
        return next(iter(told)) if len(told) == 1 else ""

    @property
    def count(self) -> int:
        """How often it was met, at all places."""
        return sum(place.count for place in self.places)


@dataclass(frozen=True)
class Totals:
    """Sums over rows."""

    compiles: int = 0
    """Without those that were refused."""
    failed: int = 0
    eager: int = 0
    """Functions that Dynamo gave up as a whole."""
    refused: int = 0
    """Compiles that a limit forbade."""
    exported: int = 0
    """Programs that were exported."""
    seconds: float = 0.0
    untimed: int = 0
    """Compiles that `seconds` leaves out: how long they took is not recorded."""
    breaks: int = 0
    """Different places; one met by several compile ids or processes counts once."""
    recompiles: int = 0
    warmth: Mapping[Warmth, int] = field(default_factory=dict)
    """How many compiles were cold, warm, cached, or none of these."""


@dataclass(frozen=True)
class Overview:
    """A whole log at a glance."""

    rows: tuple[CompileRow, ...] = ()
    """In the order they began; process after process, where several wrote."""
    breaks: tuple[BreakGroup, ...] = ()
    """Most often met first."""
    flames: Mapping[str, FlameNode] = field(default_factory=dict)
    """Compile id → its phases, each the root's child; `""` for phases outside any compile."""
    shares: tuple[TimeShare, ...] = ()
    """Where the time went: longest own time first."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """`torch`, `python`, …, as far as the log says."""
    endings: tuple[Ending, ...] = ()
    """How the recorded programs ended; none where that is not recorded."""
    logs: tuple[LogFile, ...] = ()
    """What was read, one for each process."""
    records: int = 0
    bad: int = 0
    """Records that could not be read."""
    advice: Mapping[str, tuple[Advice, ...]] | None = None
    """Frame → what would have spared some of its recompiles; None where that was not worked out."""
    asked: Mapping[str, tuple[str, ...]] | None = None
    """Compile id → what its guards ask of a call, less what all compiles of its function ask; beside the advice."""
    complete: bool = True
    """False while more of the log is still to be read."""

    @cached_property
    def by_id(self) -> Mapping[str, CompileRow]:
        return {row.compile_id: row for row in self.rows}

    @cached_property
    def processes(self) -> tuple[str, ...]:
        """What stands before compile ids, in order; `""` is the first process."""
        return tuple(dict.fromkeys(row.process for row in self.rows))

    def process_name(self, process: str) -> str:
        """A process in words: the first one's too, where there are several; else empty."""
        if process or len(self.processes) < 2:
            return process
        first = next((log for log in self.logs if not log.prefix), None)
        if first is None:
            return "the first process"
        if first.process is not None and sum(log.name == first.name for log in self.logs) == len(self.logs):
            return f"pid{first.process}"
        return first.name if first.rank is None else f"rank{first.rank}"

    @property
    def files(self) -> int:
        """How many log files were read: several processes may have written into one."""
        return len({log.name for log in self.logs})

    @cached_property
    def stacks(self) -> StackNode:
        """The trie of user code that led to a compile."""
        return stack_trie(self.rows)

    @cached_property
    def chains(self) -> tuple[RecompileChain, ...]:
        """Functions that were compiled more than once; most recompiles first."""
        return chains(self.rows, self.advice)

    @cached_property
    def totals(self) -> Totals:
        """Sums over everything."""
        return self.totals_of(self.rows)

    def totals_of(self, rows: tuple[CompileRow, ...]) -> Totals:
        """Sums over some of the rows: those of one process, or what a filter leaves."""
        ids = {row.compile_id for row in rows}
        return Totals(
            compiles=sum(row.compiled for row in rows),
            failed=sum(row.status is CompileStatus.FAILED for row in rows),
            eager=sum(row.status is CompileStatus.EAGER for row in rows),
            exported=sum(row.status is CompileStatus.EXPORTED for row in rows),
            refused=sum(row.status is CompileStatus.REFUSED for row in rows),
            seconds=sum(row.times.seconds for row in rows),
            untimed=sum(row.untimed for row in rows),
            breaks=sum(not ids.isdisjoint(place.compile_ids) for group in self.breaks for place in group.places),
            recompiles=sum(row.recompiles > 0 and row.compiled for row in rows),
            warmth=dict(Counter(row.warmth for row in rows)),
        )

    @cached_property
    def flame(self) -> FlameNode:
        """The flame graph over all compile ids: everything → compile id → its phases."""
        return over_all(self.flames, {row.compile_id: row.function for row in self.rows})

    @cached_property
    def flame_by_phase(self) -> FlameNode:
        """The flame graph with the compile ids merged: everything → phases."""
        return merged("all", tuple(self.flames.values()))
