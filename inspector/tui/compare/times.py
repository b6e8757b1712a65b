"""The latency of two sides, with how sure it is: figures, both ratios, and their intervals drawn on one scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from inspector.model.difference import LatencyChange
from inspector.say.difference_times import latency_rows
from inspector.say.doc import Row, Section, Tone
from inspector.say.findings import LEFT_AND_RIGHT

_PLOT = 33
"""Cells of a drawn interval; odd, so that 1 has a cell of its own in the middle."""
_LEAST = math.log(1.1)
"""Half the scale at least: a difference of a percent must not look like one of half."""

Interval = tuple[float, float]


def latency_sections(latency: Sequence[LatencyChange]) -> tuple[Section, ...]:
    """A section for each shape that either side timed."""
    scale = _scale(latency)
    return tuple(
        Section(f"latency {at}", item.shape or "latency", None, tuple(_rows(item, scale)), "")
        for at, item in enumerate(latency)
    )


def _rows(item: LatencyChange, scale: float) -> Iterator[Row]:
    for row in latency_rows(item, LEFT_AND_RIGHT):
        if not row.depth:  # the verdict, under the shape's own heading
            yield Row(row.text, Tone.STRONG if row.tone is Tone.QUIET else row.tone)
            continue
        yield Row(row.text, row.tone, label=row.label)
        if row.point is not None:
            ratio, *interval = row.point
            yield Row(drawn(ratio, (interval[0], interval[1]), scale), Tone.CODE, label=" ")


def drawn(ratio: float, interval: Interval, scale: float, width: int = _PLOT) -> str:
    """An interval on a logarithmic scale around 1, between the ratios that the ends of the scale stand for.

    Args:
        ratio: where the point goes.
        interval: from where to where.
        scale: the logarithm of the ratio at the right end, above 0.
        width: cells of the scale, odd.
    """
    middle = width // 2

    def cell(value: float) -> int:
        share = math.log(value) / scale if value > 0 else -1.0
        return middle + round(max(-1.0, min(1.0, share)) * middle)

    low, high = cell(interval[0]), cell(interval[1])
    row = ["·"] * width
    row[middle] = "│"
    row[low : high + 1] = "─" * (high - low + 1)
    row[low], row[high] = "├", "┤"
    row[cell(ratio)] = "●"
    return f"{math.exp(-scale):.2f} {''.join(row)} {math.exp(scale):.2f}"


def _scale(latency: Iterable[LatencyChange]) -> float:
    """The logarithm of a ratio that all intervals lie within, both ways."""
    ends = [
        abs(math.log(end))
        for item in latency
        for interval in (item.interval, item.against_eager_interval)
        for end in interval or ()
        if end > 0
    ]
    return max(_LEAST, max(ends, default=0.0) * 1.1)
