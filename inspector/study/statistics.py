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
class Statistic:
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


def measure(samples: Sequence[float]) -> Statistic:
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
    return Statistic(median, ordered[0], ordered[-1], upper - lower, interval, len(ordered))


def _rank(count: int) -> int:
    """k of the interval for so many samples; 0 where there is none."""
    if count > _EXACT:
        return int((count - 1.96 * math.sqrt(count)) / 2)
    chance, rank = 0.0, 0
    while (chance := chance + math.comb(count, rank) / 2**count) <= _OUTSIDE:
        rank += 1
    return rank


def student(above: float, freedom: int) -> float:
    """Student's t that is exceeded with a chance of `above`, for whole degrees of freedom.

    From the finite sums for the two-sided probability (Abramowitz and Stegun, 26.7.3 and 26.7.4).

    Raises:
        ValueError: there are no degrees of freedom, or no such chance.
    """
    if freedom < 1 or not 0 < above < 0.5:
        raise ValueError("no such t")
    low, high = 0.0, 1.0
    while _within(high, freedom) < 1 - 2 * above:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 1 - 2 * above else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """The chance that Student's t lies between -t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term, total = (cosine if odd else 1.0), 0.0
    for step in range(2 + odd, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (step - 1) / step
    total *= math.sin(angle)
    return (angle + total) * 2 / math.pi if odd else total


def truncated(value: float, places: int = 2) -> str:
    """A number cut off after `places` decimals, as the paper prints its own: 4.786 is `4.78`."""
    return str(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN))
