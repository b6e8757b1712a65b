"""Medians, spread and confidence of few and of many samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from inspector.model.latency import quantile

_OUTSIDE = 0.025
"""Chance that the median lies beyond either end of an interval."""
_EXACT = 200
"""Up to so many samples the ranks are counted; above, the normal distribution gives the same ones."""


@dataclass(frozen=True)
class Measure:
    """What repeated measurements of one quantity say, in its own unit."""

    median: float
    low: float
    """The smallest sample."""
    high: float
    """The largest."""
    spread: float
    """Interquartile range; 0 for a single sample."""
    interval: tuple[float, float] | None
    """95 % interval of the median; None below six samples, of which no two enclose it so surely."""
    count: int


def measure(samples: Sequence[float]) -> Measure:
    """Summarises samples.

    The interval assumes nothing about their distribution: it goes from the k-th smallest to the k-th largest sample,
    with the largest k for which the binomial distribution leaves the median outside in 5 % of all cases at most.

    Raises:
        ValueError: there are none.
    """
    if not samples:
        raise ValueError("no samples say nothing")
    ordered = sorted(samples)
    lower, median, upper = (quantile(ordered, share) for share in (0.25, 0.5, 0.75))
    rank = _rank(len(ordered))
    interval = (ordered[rank - 1], ordered[-rank]) if rank else None
    return Measure(median, ordered[0], ordered[-1], upper - lower, interval, len(ordered))


def _rank(count: int) -> int:
    """k of the interval for so many samples; 0 where there is none."""
    if count > _EXACT:
        return int((count - 1.96 * math.sqrt(count)) / 2)
    chance, rank = 0.0, 0
    while (chance := chance + math.comb(count, rank) / 2**count) <= _OUTSIDE:
        rank += 1
    return rank


def truncated(value: float, places: int = 2) -> str:
    """A number cut off after `places` decimals, as the paper prints its own: 4.786 is `4.78`."""
    return str(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN))
