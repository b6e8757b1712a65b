"""Two series of latency samples: which side is faster, and how sure that is."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence

from inspector.model.difference import LatencyChange
from inspector.model.latency import FEWEST_PAIRS, LatencyRun, quantile, summarise

_RESAMPLES = 600
_DRAWN = 400
"""Samples that one draw takes at most, as in `inspector.model.latency`."""


def compare_latency(a: Iterable[LatencyRun], b: Iterable[LatencyRun]) -> tuple[LatencyChange, ...]:
    """The shapes that either side timed, in the first side's order."""
    ours, theirs = ({run.shape: run for run in runs if run.compiled} for runs in (a, b))
    return tuple(_change(shape, ours.get(shape), theirs.get(shape)) for shape in dict.fromkeys((*ours, *theirs)))


def _change(shape: str, a: LatencyRun | None, b: LatencyRun | None) -> LatencyChange:
    summaries = (summarise(a) if a else None, summarise(b) if b else None)
    if a is None or b is None or not all(_measurable(run) for run in (a, b)):
        return LatencyChange(shape, *summaries)
    ratio = _median(b.compiled) / _median(a.compiled)
    against = ratio * _median(a.eager) / _median(b.eager)
    if min(len(a.compiled), len(b.compiled)) < FEWEST_PAIRS:
        return LatencyChange(shape, *summaries, ratio=ratio, against_eager=against)
    plain, normalised = _intervals(a, b, math.log(ratio), math.log(against))
    return LatencyChange(shape, *summaries, ratio, plain, against, normalised)


def _measurable(run: LatencyRun) -> bool:
    return min(_median(run.eager), _median(run.compiled)) > 0


def _median(samples: Sequence[float]) -> float:
    return quantile(sorted(samples), 0.5)


def _intervals(
    a: LatencyRun, b: LatencyRun, ratio: float, against: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Bootstrap 95 % intervals of both ratios, given their logarithms.

    The two runs are resampled apart from each other, eager and compiled of one run in pairs. As in `summarise` a draw
    of few out of many samples scatters too widely, and is shrunk by the root of their ratio.
    """
    chance = random.Random(0)
    drawn = [_draws(run, chance) for run in (a, b)]
    plain = [after[1] - before[1] - ratio for before, after in zip(*drawn, strict=True)]
    normalised = [
        (after[1] - after[0]) - (before[1] - before[0]) - against for before, after in zip(*drawn, strict=True)
    ]
    shrink = max(math.sqrt(min(len(run.compiled), _DRAWN) / len(run.compiled)) for run in (a, b))
    return _interval(plain, ratio, shrink), _interval(normalised, against, shrink)


def _draws(run: LatencyRun, chance: random.Random) -> list[tuple[float, float]]:
    """For each resample the logarithms of the eager and of the compiled median."""
    pairs = range(min(len(run.eager), len(run.compiled)))
    found = []
    for _ in range(_RESAMPLES):
        chosen = chance.choices(pairs, k=min(len(pairs), _DRAWN))
        found.append(
            (math.log(_median([run.eager[i] for i in chosen])), math.log(_median([run.compiled[i] for i in chosen])))
        )
    return found


def _interval(scatter: list[float], centre: float, shrink: float) -> tuple[float, float]:
    ordered = sorted(item * shrink for item in scatter)
    return math.exp(centre + quantile(ordered, 0.025)), math.exp(centre + quantile(ordered, 0.975))
