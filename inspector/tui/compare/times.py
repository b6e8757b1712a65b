"""The latency of two sides, with how sure it is: figures, both ratios, and their intervals drawn on one scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from inspector.model.difference import LatencyChange
from inspector.say.doc import Row, Section, Tone
from inspector.say.units import seconds
from inspector.tui.widgets.glyphs import glyphs

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


def verdict(item: LatencyChange) -> Row:
    """Which side is faster, as far as its samples can tell."""
    if item.ratio is None:
        missing = "left" if item.a is None else "right" if item.b is None else ""
        return Row(f"The {missing} side was not timed." if missing else "Nothing to compare.", Tone.QUIET)
    if not item.certain:
        return Row("No difference that these samples could tell from chance.", Tone.QUIET)
    faster = "left" if item.ratio > 1 else "right"
    factor = item.ratio if item.ratio > 1 else 1 / item.ratio
    return Row(f"The {faster} side is faster, {factor:.2f}×.", Tone.WARNING if item.ratio > 1 else Tone.GOOD)


def _rows(item: LatencyChange, scale: float) -> Iterator[Row]:
    said = verdict(item)
    yield Row(said.text, Tone.STRONG if said.tone is Tone.QUIET else said.tone)
    for name in ("compiled", "eager"):
        a, b = (seconds(getattr(side, name).median) if side is not None else "–" for side in (item.a, item.b))
        yield Row(f"{a} → {b}", label=f"{name}, median")
    if item.ratio is not None:
        yield from _ratio("right / left", item.ratio, item.interval, scale)
    if item.against_eager is not None:
        yield from _ratio("each by its eager", item.against_eager, item.against_eager_interval, scale)
    pairs = " → ".join(str(side.pairs) if side is not None else "–" for side in (item.a, item.b))
    yield Row(pairs, Tone.QUIET, label="pairs of samples")


def _ratio(label: str, ratio: float, interval: Interval | None, scale: float) -> Iterator[Row]:
    if interval is None:
        yield Row(f"{ratio:.3f}   too few samples for an interval", label=label)
        return
    low, high = interval
    yield Row(f"{ratio:.3f}   95 % between {low:.3f} and {high:.3f}", label=label)
    yield Row(drawn(ratio, interval, scale), Tone.CODE, label=" ")


def drawn(ratio: float, interval: Interval, scale: float, width: int = _PLOT) -> str:
    """An interval on a logarithmic scale around 1, between the ratios that the ends of the scale stand for.

    Args:
        ratio: where the point goes.
        interval: from where to where.
        scale: the logarithm of the ratio at the right end, above 0.
        width: cells of the scale, odd.
    """
    plain = glyphs().ascii
    middle = width // 2

    def cell(value: float) -> int:
        share = math.log(value) / scale if value > 0 else -1.0
        return middle + round(max(-1.0, min(1.0, share)) * middle)

    low, high = cell(interval[0]), cell(interval[1])
    row = ["." if plain else "·"] * width
    row[middle] = "|" if plain else "│"
    row[low : high + 1] = ("-" if plain else "─") * (high - low + 1)
    row[low], row[high] = "[" if plain else "├", "]" if plain else "┤"
    row[cell(ratio)] = "o" if plain else "●"
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
