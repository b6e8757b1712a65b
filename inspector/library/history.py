"""When a measured quantity changed for good: change points of a series, with the chance that noise looks so.

The statistic is the largest cumulative sum of centred ranks, over all places where the series could be cut. Ranks, so
that one wild value moves little; its chance comes from the same series in other orders (a permutation test), so that
nothing is assumed of how the noise is distributed, but that neighbours are not alike. A cut that stands is looked at
again on both sides. What is counted and not timed is exact: every change of it is one.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.model.latency import median

LEVEL = 0.01
"""The chance of an alarm at one look at noise alone."""
_LEAST = 3
"""Values on each side of a cut; about five are needed before so few orders look alike that a cut can stand."""
_ORDERS = 999


@dataclass(frozen=True)
class ChangePoint:
    """A place where a series goes over to another level."""

    at: int
    """Place of the first value of the new level."""
    before: float
    """The level up to there: the median, back to the change before it."""
    after: float
    chance: float
    """That noise alone, in any order, looks so; 0 of what is counted."""


def changes(values: Sequence[float], *, exact: bool = False) -> list[ChangePoint]:
    """Where a series changed, in its order; the same series always gives the same answer.

    Args:
        exact: whether there is no noise: what is counted.
    """
    if exact:
        cuts = [(at, 0.0) for at in range(1, len(values)) if values[at] != values[at - 1]]
    else:
        cuts = sorted(_cuts(values, 0, len(values), random.Random(len(values))))
    edges = [0, *(at for at, _ in cuts), len(values)]
    return [
        ChangePoint(at, median(values[edges[place] : at]), median(values[at : edges[place + 2]]), chance)
        for place, (at, chance) in enumerate(cuts)
    ]


def _cuts(values: Sequence[float], low: int, high: int, chance: random.Random) -> list[tuple[int, float]]:
    count = high - low
    if count < 2 * _LEAST:
        return []
    ranks = _centred_ranks(values[low:high])
    largest, place = _largest(ranks)
    if not largest:
        return []
    as_large = 0
    for _ in range(_ORDERS):
        chance.shuffle(ranks)
        as_large += _largest(ranks)[0] >= largest * (1 - 1e-12)
    found = (as_large + 1) / (_ORDERS + 1)
    if found > LEVEL:
        return []
    at = low + place
    return [*_cuts(values, low, at, chance), (at, found), *_cuts(values, at, high, chance)]


def _centred_ranks(values: Sequence[float]) -> list[float]:
    """Ranks less their mean; equal values share one."""
    ordered = sorted(range(len(values)), key=lambda place: values[place])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and values[ordered[end]] == values[ordered[start]]:
            end += 1
        for place in ordered[start:end]:
            ranks[place] = (start + end - 1) / 2 - (len(values) - 1) / 2
        start = end
    return ranks


def _largest(ranks: Sequence[float]) -> tuple[float, int]:
    """The largest sum up to a cut, in units of its own spread, and where the cut is."""
    count, total = len(ranks), 0.0
    best, place = 0.0, 0
    for at in range(1, count - _LEAST + 1):
        total += ranks[at - 1]
        if at >= _LEAST and (found := abs(total) / math.sqrt(at * (count - at))) > best:
            best, place = found, at
    return best, place
