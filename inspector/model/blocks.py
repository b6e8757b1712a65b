"""How sure a ratio of two series of times is, from how it changes along the run: from blocks, not from samples.

Neighbouring samples are alike: a processor's clock, a neighbour's work and memory's pages change slowly. So a run is
cut into a few blocks, and the spread of the blocks' medians is what the run itself says about its repeatability (batch
means; Law, Simulation Modeling and Analysis, 9.5.3). Where neighbouring blocks are still alike the spread is widened by
what their correlation says, with its bias for so few of them.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

BLOCKS = 8
"""Of a run: few enough to be long, many enough that Student's t is not wide."""
_FEWEST = 5
_ALIKE = 0.8
"""The largest correlation of neighbouring blocks that is allowed for: of eight, more cannot be told from a trend."""
_T = (12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
"""Student's t that leaves 2.5 % above it, for 1, 2, 3… degrees of freedom."""


@dataclass(frozen=True)
class Estimate:
    """A mean, how far it may be off, and from how many values less one."""

    mean: float
    error: float
    """Its standard error."""
    freedom: float

    @property
    def half(self) -> float:
        """Half the width of the 95 % interval."""
        return student(self.freedom) * self.error


def estimate(values: Sequence[float]) -> Estimate:
    """Of values in the order in which they were taken; neighbours may be alike.

    Raises:
        ValueError: there are less than two.
    """
    count = len(values)
    if count < 2:
        raise ValueError("one value does not say how far it may be off")
    mean = statistics.fmean(values)
    apart = [value - mean for value in values]
    whole = sum(item * item for item in apart)
    alike = 0.0
    if whole and count >= _FEWEST:
        found = sum(one * other for one, other in itertools.pairwise(apart)) / whole
        alike = min(_ALIKE, max(0.0, found + 2 / count))
    error = math.sqrt(whole / (count - 1) / count * (1 + alike) / (1 - alike))
    return Estimate(mean, error, count - 1)


def difference(one: Estimate, other: Estimate) -> Estimate:
    """`other` less `one`, which were measured apart from each other (Welch)."""
    parts = [item.error**2 for item in (one, other)]
    whole = sum(parts)
    spent = sum(part**2 / item.freedom for part, item in zip(parts, (one, other), strict=True))
    return Estimate(other.mean - one.mean, math.sqrt(whole), whole**2 / spent if spent else one.freedom)


def blocks(count: int) -> list[slice]:
    """So many samples as blocks of about equal length, in order."""
    many = min(BLOCKS, count)
    return [slice(at * count // many, (at + 1) * count // many) for at in range(many)]


def student(freedom: float) -> float:
    """Student's t that leaves 2.5 % above it; of a fraction of a degree the wider one."""
    whole = max(1, int(freedom))
    return _T[whole - 1] if whole <= len(_T) else 1.96 + 2.5 / whole
