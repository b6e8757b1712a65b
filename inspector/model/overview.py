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
from enum import StrEnum
from functools import cached_property

from inspector.model.cache import CacheLookup
from inspector.model.capture import CompileStatus, LogFile
from inspector.model.frame import Frame


class Warmth(StrEnum):
    """What a compile could build on: whether its time says what compiling this code costs."""

    COLD = "cold"
    """The first of its process to generate code: it also paid for imports, probes of the machine and headers."""
    WARM = "warm"
    """Code was generated, in a process that had done so before."""
    CACHED = "cached"
    """No code was generated: every cache that was asked had the answer."""
    NONE = "none"
    """No code was asked for: nothing to compile, it failed before, or a backend without Inductor."""


@dataclass(frozen=True)
class CompileTimes:
    """Seconds that one compile took; None where the log does not say. Each includes the ones below it."""

    total: float | None = None
    """The whole frame: tracing, backend and guards."""
    backend: float | None = None
    """AOTAutograd and what it calls."""
    inductor: float | None = None
    code_generation: float | None = None
    """Writing and building the kernels."""
    backward: float | None = None
    """Compiling the backward graph, where that happened later and so is not in `total`."""
    restarts: float | None = None
    """Tracing that was thrown away, part of `total`."""

    @property
    def seconds(self) -> float:
        """All of it, the backward included; 0.0 where the log does not say."""
        return (self.total or 0.0) + (self.backward or 0.0)


@dataclass(frozen=True)
class GuardFailure:
    """One guard that did not hold, so that a frame was compiled again."""

    text: str
    """torch's words, without the compile id in front and the user's stack below."""
    against: str = ""
    """The compile id whose guard it is; empty where an older log does not say."""
    source: str = ""
    """What is guarded, `x` or `L['n']`; empty for a guard about no one value."""
    what: str = ""
    """Which property of it, `size at index 1`, `dtype`, `value`; empty where the words are none that are known."""
    expected: str = ""
    """The value that was compiled for."""
    actual: str = ""
    """The value that came; empty where torch does not say it (it prints the failed expression alone)."""
    place: str = ""
    """The user's line that made torch guard it, `model.py:12 in forward`."""


@dataclass(frozen=True)
class CompileRow:
    """One compile id in a line."""

    compile_id: str
    """Qualified where several processes wrote: `0/1`, `rank1/0/1`; `0/1~2` once a program has reset Dynamo."""
    status: CompileStatus
    function: str = ""
    place: Frame | None = None
    """Where the function is defined."""
    stack: tuple[Frame, ...] = ()
    """The calls that led there, outermost first, the compiled frame last."""
    log: str = ""
    """The log file it is in."""
    started: float | None = None
    """Seconds since the log's first record."""
    times: CompileTimes = CompileTimes()
    restarts: int = 0
    """Dynamo attempts before the one that was kept."""
    restart_reasons: tuple[str, ...] = ()
    breaks: int = 0
    """Graph breaks in it, each place once."""
    failures: tuple[GuardFailure, ...] = ()
    """The guards that did not hold, where it is a recompile; the latest compiled code first, as torch asks."""
    recompiles: int = 0
    """How often its frame had been compiled before."""
    caches: tuple[CacheLookup, ...] = ()
    """In the order they were asked; without the parts of the keys, where the overview is of a log."""
    warmth: Warmth = Warmth.NONE
    guards: int | None = None
    """How many, as torch counts them, which leaves out what it adds to every frame; None where the log does not say."""
    operators: int | None = None
    """Operator calls in the Dynamo graph; None where the log does not say."""
    error: str = ""
    """The exception's own words, where it failed."""
    error_place: Frame | None = None
    """The user's line it failed at."""

    @property
    def process(self) -> str:
        """What stands before the compile id, `rank1`; empty for the first or only process."""
        return process_of(self.compile_id)

    @property
    def frame(self) -> str:
        """The compile id without its last number: what the recompiles of one function share, `rank1/0`, `0~2`."""
        numbers, reset, again = self.compile_id.partition("~")
        return numbers.rpartition("/")[0] + reset + again

    @property
    def generated(self) -> bool:
        """Whether code was generated for it."""
        return self.warmth in (Warmth.COLD, Warmth.WARM)

    @property
    def cache(self) -> str:
        """The caches' answers in a few words: `hit`, `miss`, `hit, miss`; empty where none was asked."""
        return cache_words(self.caches)


def process_of(compile_id: str) -> str:
    """What stands before torch's own numbers in a qualified compile id, `rank1`; empty where nothing does."""
    head, _, _ = compile_id.partition("/")
    return "" if head.lstrip("!").isdigit() or not head else head


def cache_words(answers: tuple[CacheLookup, ...]) -> str:
    """What the FX graph cache answered, or else AOTAutograd's, each answer once, in the order of asking."""
    decisive = [item for item in answers if item.cache.startswith("fx_graph")] or list(answers)
    return ", ".join(dict.fromkeys(item.answer for item in decisive))


@dataclass(frozen=True)
class StackNode:
    """One node of the trie of user stacks: a run of calls that only ever happened together."""

    frames: tuple[Frame, ...] = ()
    """Outermost first; what is compiled here is the last. Empty for the root."""
    compile_ids: tuple[str, ...] = ()
    """The compiles of the last frame, in the order they began."""
    children: tuple[StackNode, ...] = ()
    """What is called from the last frame, in the order it was first compiled."""
    compiles: int = 0
    """Compile ids here and below."""
    seconds: float = 0.0
    """Compile time here and below."""


@dataclass(frozen=True)
class TimeShare:
    """One phase, over all compile ids."""

    name: str
    """torch's name for it, `inductor_compile`."""
    calls: int
    total: float
    """Seconds in it, what it calls included; a phase inside itself counts once."""
    own: float
    """Seconds in it and in no phase that it calls."""
    share: float
    """`own` as a part of all phases' time, 0 to 1."""
    compile_ids: int
    """How many compile ids went through it."""


@dataclass(frozen=True)
class FlameNode:
    """One bar of a flame graph: a phase below the phases that called it, summed over its calls."""

    name: str
    total: float = 0.0
    """Seconds, children included."""
    calls: int = 0
    children: tuple[FlameNode, ...] = ()
    """Longest first."""
    compile_id: str | None = None
    """On the bar that stands for one compile id; None on the others."""

    @property
    def own(self) -> float:
        """Seconds in no child."""
        return max(0.0, self.total - sum(child.total for child in self.children))

    @property
    def depth(self) -> int:
        """Rows that the graph needs, this one included."""
        return 1 + max((child.depth for child in self.children), default=0)


@dataclass(frozen=True)
class BreakPlace:
    """One line of user code where a graph ended early."""

    stack: tuple[Frame, ...]
    """The user's frames, innermost last; empty where the log does not say."""
    compile_ids: tuple[str, ...]
    """The compiles that met it, in order; as often as each met it."""

    @property
    def count(self) -> int:
        """How often it was met."""
        return len(self.compile_ids)


@dataclass(frozen=True)
class BreakGroup:
    """All graph breaks of one reason."""

    reason: str
    """torch's words, first line."""
    explanation: str = ""
    hints: tuple[str, ...] = ()
    url: str = ""
    """torch's page about this kind of break."""
    places: tuple[BreakPlace, ...] = ()
    """Most often met first."""

    @property
    def count(self) -> int:
        """How often it was met, at all places."""
        return sum(place.count for place in self.places)


@dataclass(frozen=True)
class RecompileChain:
    """A function and all the times it was compiled, in order; the first is no recompile."""

    frame: str
    """What the compile ids share, `rank1/0`."""
    function: str
    place: Frame | None
    rows: tuple[CompileRow, ...]
    """At least two, or one whose guards failed. Each row's `failures` say why it is there."""

    @property
    def seconds(self) -> float:
        """Compile time of the recompiles, without the first compile's."""
        return sum(row.times.seconds for row in self.rows if row.recompiles)

    @property
    def culprits(self) -> tuple[tuple[str, str, int], ...]:
        """What kept failing: source, property, and how many recompiles it caused; most first."""
        causes = Counter((row.failures[0].source, row.failures[0].what) for row in self.rows if row.failures)
        return tuple((source, what, count) for (source, what), count in causes.most_common())


@dataclass(frozen=True)
class Totals:
    """Sums over rows."""

    compiles: int = 0
    failed: int = 0
    seconds: float = 0.0
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
    logs: tuple[LogFile, ...] = ()
    """What was read, one for each process."""
    records: int = 0
    bad: int = 0
    """Records that could not be read."""
    complete: bool = True
    """False while more of the log is still to be read."""

    @cached_property
    def by_id(self) -> Mapping[str, CompileRow]:
        """Compile id → row."""
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
        return "the first process" if first is None else first.name if first.rank is None else f"rank{first.rank}"

    @cached_property
    def stacks(self) -> StackNode:
        """The trie of user code that led to a compile."""
        from inspector.model.stacks import stack_trie

        return stack_trie(self.rows)

    @cached_property
    def chains(self) -> tuple[RecompileChain, ...]:
        """Functions that were compiled more than once; most recompiles first."""
        from inspector.model.recompiles import chains

        return chains(self.rows)

    @cached_property
    def totals(self) -> Totals:
        """Sums over everything."""
        return self.totals_of(self.rows)

    def totals_of(self, rows: tuple[CompileRow, ...]) -> Totals:
        """Sums over some of the rows: those of one process, or what a filter leaves."""
        ids = {row.compile_id for row in rows}
        return Totals(
            compiles=len(rows),
            failed=sum(row.status is CompileStatus.FAILED for row in rows),
            seconds=sum(row.times.seconds for row in rows),
            breaks=sum(not ids.isdisjoint(place.compile_ids) for group in self.breaks for place in group.places),
            recompiles=sum(row.recompiles > 0 for row in rows),
            warmth=dict(Counter(row.warmth for row in rows)),
        )

    @cached_property
    def flame(self) -> FlameNode:
        """The flame graph over all compile ids: everything → compile id → its phases."""
        from inspector.model.flame import over_all

        return over_all(self.flames, {row.compile_id: row.function for row in self.rows})

    @cached_property
    def flame_by_phase(self) -> FlameNode:
        """The flame graph with the compile ids merged: everything → phases."""
        from inspector.model.flame import merged

        return merged("all", tuple(self.flames.values()))
