"""How captures, compilations, texts or ranks differ. Plain frozen data: `inspector.compare` makes it, faces draw it.

`a` is always the first side and `b` the second; what is only on the second side was added. Sides are aligned by what
things mean, not by what they are called: `buf3` here and `buf5` there are one buffer if the same operation writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from inspector.model.capture import GraphBreak, Guard, Recompile
from inspector.model.latency import LatencySummary
from inspector.model.text_difference import (
    Change,
    Columns,
    ItemChange,
    Row,
    Text,
    TextDifference,
    largest,
)

__all__ = [
    "CacheChange",
    "CacheDifference",
    "CaptureDifference",
    "Change",
    "Columns",
    "CompilationDifference",
    "Divergence",
    "Fact",
    "GuardChange",
    "ItemChange",
    "KernelChange",
    "KernelDifference",
    "LatencyChange",
    "PhaseChange",
    "RankAspect",
    "RankFigures",
    "RankGroup",
    "RankReport",
    "Row",
    "Text",
    "TextDifference",
    "largest",
]


# --- kernels ------------------------------------------------------------------------------------------------


class KernelChange(StrEnum):
    """What became of kernels."""

    SAME = "same"
    RENAMED = "renamed"
    """The same statements up to names."""
    CHANGED = "changed"
    SPLIT = "split"
    """What one kernel computed, several compute."""
    MERGED = "merged"
    """What several kernels computed, one computes."""
    REGROUPED = "regrouped"
    """What several kernels computed, several others compute, cut otherwise."""
    REMOVED = "removed"
    ADDED = "added"

    @property
    def alike(self) -> bool:
        """Whether it is the same up to names."""
        return self in (KernelChange.SAME, KernelChange.RENAMED)


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure or setting on both sides; empty where a side has none."""

    name: str
    a: str
    b: str


@dataclass(frozen=True)
class KernelDifference:
    """Kernels that compute the same operations, or the one that has no counterpart."""

    change: KernelChange
    a: tuple[str, ...]
    """Names on the first side, in the order of their definition."""
    b: tuple[str, ...]
    shared: tuple[str, ...] = ()
    """Operations that both sides compute, by the first side's names of the post-grad nodes."""
    only_a: tuple[str, ...] = ()
    """Operations that only the first side's kernels compute."""
    only_b: tuple[str, ...] = ()
    texts: tuple[TextDifference, ...] = ()
    """Code and machine code: of one kernel against one; of split or merged ones the one against its largest part."""
    facts: tuple[Fact, ...] = ()
    """Loops, vectors, instructions and bytes saved, where they differ."""


# --- the rest of a compilation ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GuardChange:
    """A guard that is not the same on both sides; of a changed one, the same thing is guarded."""

    change: Change
    a: Guard | None
    b: Guard | None
    what: str = ""
    """Of a changed one, the words that differ: `size=[8, 16] → size=[None, 16]`."""


class CacheChange(NamedTuple):
    """One part of a cache's key, as torch lists it."""

    part: str
    """`gm`, `example_inputs[0]`, `inductor_config[max_autotune]`."""
    change: Change
    a: str
    """torch's words for it; empty where the side has no such part. Two that read alike differ in what torch does not
    print."""
    b: str


@dataclass(frozen=True)
class CacheDifference:
    """Two look-ups in one of torch's caches: why the second missed where the first hit or was stored."""

    cache: str
    """`fx_graph`, `aotautograd`."""
    compile_id_a: str
    compile_id_b: str
    result_a: str
    """`hit`, `miss`, `bypass`; empty where the side has no such look-up."""
    result_b: str
    key_a: str
    key_b: str
    reason_a: str = ""
    """torch's words for a bypass, or for where the answer came from."""
    reason_b: str = ""
    parts: tuple[CacheChange, ...] = ()
    """The parts that differ; empty where the keys are equal, or where a log does not list the parts."""
    listed: bool = True
    """Whether both logs list the parts of their key."""
    backward: bool = False
    """Whether both are about the backward graph."""
    stored: str = ""
    """Of equal keys that the second side missed: what is known of the first side's storing an entry."""

    @property
    def asked(self) -> str:
        """Which cache, and about which graph: `fx_graph, backward`."""
        return f"{self.cache}, backward" if self.backward else self.cache

    @property
    def answers(self) -> str:
        """`miss → hit`; `miss on both sides`."""
        if self.result_a == self.result_b:
            return f"{self.result_a} on both sides"
        return f"{self.result_a or 'not asked'} → {self.result_b or 'not asked'}"

    @property
    def key_words(self) -> str:
        """How the keys compare, where the parts alone do not say it; empty where one side has none."""
        if not self.key_a or not self.key_b:
            return ""
        if self.key_a == self.key_b:
            return f"The keys are equal, {self.key_a}.{f' {self.stored}' if self.stored else ''}"
        return "" if self.listed else "The keys differ; a log does not list their parts."


@dataclass(frozen=True)
class CompilationDifference:
    """One compile id against another."""

    a: str | None
    """The compile id; None where the first side compiled nothing like it."""
    b: str | None
    function: str
    change: Change
    texts: tuple[TextDifference, ...] = ()
    """In stage order, without those of single kernels."""
    kernels: tuple[KernelDifference, ...] = ()
    guards: tuple[GuardChange, ...] = ()
    facts: tuple[Fact, ...] = ()
    """Status, cache result, restarts, counters: only what differs."""
    caches: tuple[CacheDifference, ...] = ()
    guards_compared: int = 0
    """Guards of the side that has more of them, without `identities`; 0 where a side's log has none."""
    absent: tuple[str, ...] = ()
    """What neither side's record holds: stages that every compile has, `guards`."""
    identities: int = 0
    """Guards of which it was not compared which object they ask for: the sides are of two processes."""

    @property
    def compared(self) -> Mapping[str, int]:
        """Stage → lines that were held against each other, in stage order, and `guards` → guards."""
        kernels = [text for item in self.kernels for text in item.texts]
        found: Counter[str] = Counter()
        for text in (*self.texts, *kernels):
            found[text.stage.value if text.stage is not None else text.title] += text.compared
        found["guards"] += self.guards_compared
        return {name: count for name, count in found.items() if count}


# --- time ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PhaseChange:
    """The time one kind of phase took on both sides; None where a side has none."""

    name: str
    depth: int
    """Nesting, 0 for the outermost."""
    seconds_a: float | None
    seconds_b: float | None
    count_a: int
    count_b: int


@dataclass(frozen=True)
class LatencyChange:
    """One shape timed on both sides."""

    shape: str
    a: LatencySummary | None
    b: LatencySummary | None
    ratio: float | None = None
    """Compiled time of the second side over the first's: above 1, the second is slower. None unless both were timed."""
    interval: tuple[float, float] | None = None
    """95 % interval of `ratio`, from blocks of each run; None with too few samples."""
    against_eager: float | None = None
    """The same ratio after each side is divided by its own eager time: what the machine's mood changed cancels."""
    against_eager_interval: tuple[float, float] | None = None

    @property
    def certain(self) -> bool:
        """Whether both sides were timed on a quiet machine, and both intervals leave out 1, on the same side of it."""
        if self.busy is not None or self.interval is None or self.against_eager_interval is None:
            return False
        return all(low > 1 for low, _ in self._intervals) or all(high < 1 for _, high in self._intervals)

    @property
    def busy(self) -> float | None:
        """Share of the machine that others used while a side was timed; None where they left it alone."""
        sides = (self.a, self.b)
        return next((side.busy for side in sides if side is not None and not side.trusted), None)

    @property
    def _intervals(self) -> tuple[tuple[float, float], ...]:
        return tuple(item for item in (self.interval, self.against_eager_interval) if item is not None)


# --- whole captures -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaptureDifference:
    """Two captures."""

    title_a: str
    title_b: str
    change: Change
    """Of what was compiled: graphs, code and guards. Times and settings are no part of it."""
    settings: tuple[Fact, ...] = ()
    """Options, versions and machine, where they differ."""
    sources: tuple[TextDifference, ...] = ()
    """Source files that both have and that differ, or that one side lacks."""
    compilations: tuple[CompilationDifference, ...] = ()
    breaks: tuple[tuple[Change, GraphBreak], ...] = ()
    """Graph breaks that came or went."""
    recompiles: tuple[tuple[Change, Recompile], ...] = ()
    phases: tuple[PhaseChange, ...] = ()
    latency: tuple[LatencyChange, ...] = ()

    @property
    def compared(self) -> Mapping[str, int]:
        """Stage → lines that were held against each other in all pairs of compile ids, and `guards` → guards."""
        return sum((Counter(item.compared) for item in self.compilations), Counter())


# --- ranks --------------------------------------------------------------------------------------------------


class RankAspect(StrEnum):
    """What ranks are compared by."""

    COMPILE_IDS = "compile_ids"
    GRAPHS = "graphs"
    """Each compile id's own ATen (or Dynamo) graph, up to names."""
    CACHES = "caches"
    COLLECTIVES = "collectives"
    TENSORS = "tensors"
    """Shapes, strides and dtypes of what the operations write."""
    EXECUTION = "execution"
    """The order in which compiled graphs ran."""
    RUNTIME = "runtime"
    """torch's estimate of each graph's run time."""

    @property
    def heading(self) -> str:
        return _ASPECTS[self]


_ASPECTS = {
    RankAspect.COMPILE_IDS: "compile ids",
    RankAspect.GRAPHS: "graphs",
    RankAspect.CACHES: "cache results",
    RankAspect.COLLECTIVES: "collectives in the compiled code, and their order",
    RankAspect.TENSORS: "tensor metadata",
    RankAspect.EXECUTION: "graph execution order",
    RankAspect.RUNTIME: "estimated run time",
}


@dataclass(frozen=True)
class RankGroup:
    """Ranks that agree in one aspect."""

    ranks: tuple[str, ...]
    """`rank 0`, or the log's own tag where it names none."""
    listing: Text
    """What they agree on, as lines."""


@dataclass(frozen=True)
class Divergence:
    """One aspect of all ranks."""

    aspect: RankAspect
    groups: tuple[RankGroup, ...]
    """Largest first; one group means that all agree; none, that no log speaks of it."""
    absent: tuple[str, ...] = ()
    """Ranks whose log does not speak of it, while others' do."""
    differences: tuple[TextDifference, ...] = ()
    """The first group's listing against each of the others'; of graphs then the first graph that differs."""
    caches: tuple[CacheDifference, ...] = ()
    """Of cache results: the first look-up that differs between the first group's rank and each of the others'."""
    first: str = ""
    """Where the ranks part, in words: `1/0: all_reduce_ on rank 0, broadcast_ on rank 1`."""
    nothing: str = "not recorded on any rank"
    """Where there are no groups, why."""
    reasons: tuple[str, ...] = ()
    """Why they part, as far as the logs say: the guard for which one rank compiled again."""
    remarks: tuple[str, ...] = ()
    """What keeps some ranks from being compared in full: compiles that a cache had, of which torch records less."""

    @property
    def diverges(self) -> bool:
        """Whether the ranks disagree."""
        return len(self.groups) > 1 or bool(self.groups and self.absent)


@dataclass(frozen=True, slots=True)
class RankFigures:
    """One rank in numbers: a row of a table."""

    rank: str
    compile_ids: int
    failed: int
    recompiles: int
    hits: int
    """Compile ids that torch's FX graph cache had."""
    misses: int
    collectives: int
    """Calls in the compiled code, each once however often that runs, without the waits between them."""
    seconds: float | None
    """Compile time, summed over its compile ids; None where the log does not say."""
    estimated_ms: float | None
    """torch's estimate of one run of all graphs, in milliseconds; None where the log has none, or only zeros: torch
    estimates what runs on a GPU."""
    waits: int = 0
    """Places where compiled code waits for a collective."""


@dataclass(frozen=True)
class RankReport:
    """All ranks of one job."""

    ranks: tuple[RankFigures, ...]
    aspects: tuple[Divergence, ...]
    """Every aspect, in the order of `RankAspect`."""
    normalised: tuple[str, ...] = ()
    """What ranks call differently because they are ranks, and was taken for one: `the device's index (rank 0: …)`."""
    remarks: tuple[str, ...] = ()
    """What else their logs say of all ranks: who compiled while others did not, that all name one device."""

    @property
    def diverges(self) -> bool:
        """Whether the ranks disagree in anything but estimates of time."""
        return any(item.diverges for item in self.aspects if item.aspect is not RankAspect.RUNTIME)

    @property
    def compared(self) -> bool:
        """Whether the logs speak of anything that ranks are compared by."""
        return any(item.groups for item in self.aspects)
