"""In what the ranks of one job agree, and where they differ. Plain frozen data: `inspector.compare` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector.model.difference import CacheDifference
from inspector.model.text_difference import Text, TextDifference


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
    """Where the ranks differ, in words: `1/0: all_reduce_ on rank 0, broadcast_ on rank 1`."""
    nothing: str = "not recorded on any rank"
    """Where there are no groups, why."""
    reasons: tuple[str, ...] = ()
    """Why they differ, as far as the logs say: the guard for which one rank compiled again."""
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
    untimed: int = 0
    """Compiles that `seconds` leaves out: how long they took is not recorded."""


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
