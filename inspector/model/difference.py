"""How captures, compilations and texts differ. Plain frozen data: `inspector.compare` makes it, faces draw it.

`a` is always the first side and `b` the second; what is only on the second side was added. Sides are aligned by what
things mean, not by what they are called: `buf3` here and `buf5` there are one buffer if the same operation writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from inspector.model.capture import CompileStatus, GraphBreak, Guard, Recompile
from inspector.model.compile_row import GuardFailure
from inspector.model.latency import LatencySummary
from inspector.model.price import Known
from inspector.model.text_difference import (
    Change,
    Columns,
    ItemChange,
    Text,
    TextDifference,
    TextRow,
    largest,
)

__all__ = [
    "CacheChange",
    "CacheDifference",
    "CaptureDifference",
    "Change",
    "Columns",
    "CompilationDifference",
    "FactChange",
    "GuardChange",
    "ItemChange",
    "KernelChange",
    "KernelDifference",
    "LatencyChange",
    "PhaseChange",
    "Text",
    "TextDifference",
    "TextRow",
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
class FactChange:
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
    facts: tuple[FactChange, ...] = ()
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
    facts: tuple[FactChange, ...] = ()
    """Status, cache result, restarts, counters: only what differs."""
    caches: tuple[CacheDifference, ...] = ()
    guards_compared: int = 0
    """Guards of the side that has more of them, without `identities`; 0 where a side's log has none."""
    absent: tuple[str, ...] = ()
    """What neither side's record holds: stages that every compile has, `guards`."""
    identities: int = 0
    """Guards of which it was not compared which object they ask for: the sides are of two processes."""
    reasons: tuple[GuardFailure, ...] = ()
    """Of a recompile and an earlier compile in the same process: the earlier one's guards that failed, for which it
    was made."""
    recompiled: tuple[tuple[GuardFailure | None, GuardFailure | None], ...] = ()
    """Of two recompiles that were not made for the same: each guard that failed for either, as it failed for the first
    side and for the second; None where it did not fail for one. Those of the first side first."""
    statuses: tuple[CompileStatus | None, CompileStatus | None] = (None, None)
    """What became of each side; None where it compiled nothing like it."""
    trouble: str = ""
    """Of a recompile that has `reasons` and of which no code came: what became of it, in words."""

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


@dataclass(frozen=True)
class CostSide:
    """What an expression takes of a call on one side."""

    seconds: float
    known: Known
    error: float | None
    """What chance may put it off by, 95 %; None where that is not known."""
    shared: float = 0.0
    """Seconds beside it that are known for it and others together."""


class Doubt(StrEnum):
    """Why two costs of one expression are not told apart, although both were priced alike."""

    UNKNOWN = "unknown"
    """What chance may put a side off by is not known, or nothing of a side is known alone."""
    CHANCE = "chance"
    """They are no further apart than calls and samples leave to chance."""
    SHARED = "shared"
    """Further than that, and no further than what it shares with others may explain."""


@dataclass(frozen=True)
class PriceChange:
    """One expression of Python that both sides hold, or one of them."""

    shape: str
    expression: str
    a: CostSide | None
    b: CostSide | None
    """None where the side has no such expression, or nothing is known of it there."""
    unlike: tuple[FactChange, ...] = ()
    """What the prices as wholes were taken on that differs: `threads`, `GPU`."""
    busy: bool = False
    """Whether others used a machine while it was priced."""
    doubt: Doubt | None = None
    """None where both costs are further apart than all doubts, or one side has none."""

    @property
    def certain(self) -> bool:
        """Whether both are further apart than chance and what is shared explain, on machines that nobody else used,
        priced alike."""
        return None not in (self.a, self.b) and not self.unlike and not self.busy and self.doubt is None


# --- whole captures -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaptureDifference:
    """Two captures."""

    title_a: str
    title_b: str
    change: Change
    """Of what was compiled: graphs, code and guards. Times and settings are no part of it."""
    settings: tuple[FactChange, ...] = ()
    """Options, versions and machine, where they differ."""
    sources: tuple[TextDifference, ...] = ()
    """Source files that both have and that differ, or that one side lacks."""
    compilations: tuple[CompilationDifference, ...] = ()
    breaks: tuple[tuple[Change, GraphBreak], ...] = ()
    """Graph breaks that came or went."""
    recompiles: tuple[tuple[Change, Recompile], ...] = ()
    phases: tuple[PhaseChange, ...] = ()
    latency: tuple[LatencyChange, ...] = ()
    prices: tuple[PriceChange, ...] = ()
    """Expressions of Python, where both sides hold a price of one shape."""

    @cached_property
    def by_text(self) -> Mapping[str, TextDifference]:
        """The id of each text of the second side that was compared, or that it alone has → its difference."""
        texts = [*self.sources, *(text for pair in self.compilations for text in pair.texts)]
        texts += [text for pair in self.compilations for item in pair.kernels for text in item.texts]
        return {text.b.artifact: text for text in texts if text.b is not None and text.b.artifact is not None}

    @property
    def compared(self) -> Mapping[str, int]:
        """Stage → lines that were held against each other in all pairs of compile ids, and `guards` → guards."""
        return sum((Counter(item.compared) for item in self.compilations), Counter())
