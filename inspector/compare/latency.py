"""Two series of latency samples: which side is faster, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from inspector.model.blocks import blocks, difference, estimate
from inspector.model.difference import LatencyChange
from inspector.model.latency import FEWEST_PAIRS, LatencyRun, median, ratios, summarise


def compare_latency(a: Iterable[LatencyRun], b: Iterable[LatencyRun]) -> tuple[LatencyChange, ...]:
    """The shapes that either side timed, in the first side's order."""
    ours, theirs = ({run.shape: run for run in runs if run.compiled} for runs in (a, b))
    return tuple(_change(shape, ours.get(shape), theirs.get(shape)) for shape in dict.fromkeys((*ours, *theirs)))


def _change(shape: str, a: LatencyRun | None, b: LatencyRun | None) -> LatencyChange:
    summaries = (summarise(a) if a else None, summarise(b) if b else None)
    if a is None or b is None or not all(_measurable(run) for run in (a, b)):
        return LatencyChange(shape, *summaries)
    ratio = median(b.compiled) / median(a.compiled)
    against = ratio * median(a.eager) / median(b.eager)
    if min(len(a.compiled), len(b.compiled)) < FEWEST_PAIRS or any(side and not side.trusted for side in summaries):
        return LatencyChange(shape, *summaries, ratio=ratio, against_eager=against)
    plain = _interval(_logs(a, "compiled"), _logs(b, "compiled"), math.log(ratio))
    mine, other = (ratios(run, len(run.compiled)) for run in (b, a))  # eager / compiled: faster is more
    normalised = _interval(mine, other, math.log(against))
    return LatencyChange(shape, *summaries, ratio, plain, against, normalised)


def _measurable(run: LatencyRun) -> bool:
    return min(median(run.eager), median(run.compiled)) > 0


def _logs(run: LatencyRun, side: str) -> list[float]:
    """The logarithm of each block's median, of one side."""
    samples: Sequence[float] = getattr(run, side)
    return [math.log(found) for at in blocks(len(samples)) if (found := median(samples[at])) > 0]


def _interval(a: Sequence[float], b: Sequence[float], whole: float) -> tuple[float, float]:
    """The 95 % interval of b less a, which holds what all samples together say."""
    found = difference(estimate(a), estimate(b))
    low, high = found.mean - found.half, found.mean + found.half
    return math.exp(min(low, whole)), math.exp(max(high, whole))
