"""Captures held against a baseline: what grew, what did not, and what cannot be told. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector.model.difference import FactChange
from inspector.model.limits import Lacking


class Growth(StrEnum):
    """What became of a quantity."""

    MORE = "more"
    """It grew: a count by any number, a time beyond its noise and the tolerance."""
    KEPT = "kept"
    """It did not; of a time `ratio` says how large a growth would not have been seen."""
    NOISE = "noise"
    """A time is longer by more than the tolerance, and by no more than its noise explains."""
    UNKNOWN = "unknown"
    ABSENT = "absent"
    """Nobody measured it, on either side, and nobody asked for it."""


class Untold(StrEnum):
    """Why it cannot be told whether something grew."""

    NOT_RECORDED = "not_recorded"
    SINGLE_START = "single_start"
    """One start of a side, which has no interval."""
    DISTURBED = "disturbed"
    """Others used the machine meanwhile, and fewer than two starts are left."""
    NOT_COMPARABLE = "not_comparable"
    """The sides are unlike in what a time depends on."""
    OTHER_TARGET = "other_target"
    EAGER_TOO = "eager_too"
    """Eager takes longer as well: the machine may be slower, or both do more."""


@dataclass(frozen=True)
class TimeRatio:
    """How many times as long it takes now, and the ends of the interval."""

    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class BaselineFinding:
    """One quantity."""

    quantity: str
    """`breaks`, `recompiles`, `failures`, `kernels`, `guards`, `wrong`, `compile`, `latency`."""
    growth: Growth
    baseline: tuple[float, ...] = ()
    """A value for each start that counts: seconds, or a number."""
    now: tuple[float, ...] = ()
    shape: str = ""
    """Of a latency: its inputs in words."""
    ratio: TimeRatio | None = None
    """Of a time, where both sides have an interval."""
    against_eager: TimeRatio | None = None
    """Of a latency: the same after each start is divided by its own eager time."""
    untold: Untold | None = None
    """None where it can be told."""
    lacks: str = ""
    """The side that does not record it, or has too few starts: `baseline`, `now`, `both`."""
    lacking: Lacking | None = None
    """What that side does not record."""
    left_out: int = 0
    """Starts that do not count: disturbed ones, and of compile time those that made what inspector keeps for a
    machine."""


@dataclass(frozen=True)
class BaselineReport:
    """All quantities, and in what the sides are unlike."""

    baseline: tuple[str, ...]
    """The starts of the baseline, by name."""
    now: tuple[str, ...]
    unlike: tuple[FactChange, ...]
    """What a time depends on and is not the same, or is not recorded: `a` is the baseline's."""
    tolerance: float
    """The share by which a time may be longer."""
    findings: tuple[BaselineFinding, ...]

    @property
    def grew(self) -> bool:
        return any(item.growth is Growth.MORE for item in self.findings)

    @property
    def kept(self) -> bool:
        """Whether nothing grew beyond noise, all that was wanted could be told, and that is anything at all."""
        told = [item.growth for item in self.findings if item.growth is not Growth.ABSENT]
        return bool(told) and {*told} <= {Growth.KEPT, Growth.NOISE}
