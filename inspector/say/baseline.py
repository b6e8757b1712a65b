"""What a baseline was held against, and what grew, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.baseline import BaselineFinding, BaselineReport, Growth, TimeRatio, Untold
from inspector.model.difference import FactChange
from inspector.model.latency import median
from inspector.say.doc import Tone
from inspector.say.findings import NOT_RECORDED, SideName, Sides
from inspector.say.limits import lacking_words
from inspector.say.units import factor, plural, seconds, share

_NOUNS = {
    "breaks": "graph breaks",
    "recompiles": "recompiles",
    "failures": "compiles that failed, were given up or refused",
    "kernels": "kernels",
    "guards": "guards",
    "wrong": "shapes with results that differ from eager's",
    "compile": "compile time",
    "latency": "latency",
}
BASELINE_AND_NOW: Sides = (
    SideName("baseline", "in the baseline", "the baseline"),
    SideName("now", "now", "what is checked"),
)
_TIMED = ("compile", "latency")
_SIDES = {"baseline": "the baseline", "now": "what is checked", "both": "either side"}
MARKS = {
    Growth.MORE: ("more", Tone.ERROR),
    Growth.KEPT: ("ok", Tone.GOOD),
    Growth.NOISE: ("noise", Tone.WARNING),
    Growth.UNKNOWN: ("unknown", Tone.WARNING),
    Growth.ABSENT: ("", Tone.QUIET),
}
"""What became of something → its word, and how it is meant."""


def quantity_words(item: BaselineFinding) -> str:
    """`graph breaks`, `latency, batch 1 · seq 8`."""
    return f"{_NOUNS[item.quantity]}, {item.shape}" if item.shape else _NOUNS[item.quantity]


def value_words(item: BaselineFinding, values: Sequence[float]) -> str:
    """One side's: `14.5 s`, the median of its starts; `2 to 3` of a count that differs from start to start."""
    if not values:
        return NOT_RECORDED if not item.left_out else "left out"
    if item.quantity in _TIMED:
        return seconds(median(values))
    low, high = min(values), max(values)
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def judged_words(item: BaselineFinding, tolerance: float) -> str:
    """What is said of both sides' values, and how sure that is."""
    if item.untold is not None:
        return _untold_words(item)
    if item.quantity not in _TIMED:
        return "more" if item.growth is Growth.MORE else "fewer" if max(item.now) < max(item.baseline) else "as before"
    assert item.ratio is not None
    words = f"{ratio_words(item.ratio)}, {_starts(item)}"
    if item.growth is Growth.MORE or item.ratio.high <= 1 + tolerance:
        return words
    noise = "noise may be all of it, and " if item.growth is Growth.NOISE else ""
    return f"{words}; {noise}a growth to {factor(item.ratio.high)} would not have been seen"


def ratio_words(ratio: TimeRatio) -> str:
    """`1.31 × as long (95 %: 1.20 to 1.42)`."""
    return f"{factor(ratio.ratio)} as long (95 %: {ratio.low:.2f} to {ratio.high:.2f})"


def _starts(item: BaselineFinding) -> str:
    left_out = f", {item.left_out:,} left out" if item.left_out else ""
    return f"{len(item.baseline):,} and {plural(len(item.now), 'start')}{left_out}"


def _untold_words(item: BaselineFinding) -> str:
    if item.growth is Growth.ABSENT:
        return "nobody timed it, on either side"
    where = _SIDES.get(item.lacks, "")
    if item.untold is Untold.NOT_RECORDED:
        return f"{where}: {lacking_words(item.lacking, 'any compile')}"
    if item.untold is Untold.SINGLE_START:
        return f"{_starts(item)}: fewer than two of {where} have no interval, so noise cannot be told from a growth"
    if item.untold is Untold.DISTURBED:
        return f"{_starts(item)}: others used the machine, and fewer than two starts of {where} are left"
    if item.untold is Untold.EAGER_TOO and item.ratio is not None:
        also = "and so is eager: the machine may be slower, or both do more"
        return f"{ratio_words(item.ratio)}, {_starts(item)}, {also}"
    other = "another target" if item.untold is Untold.OTHER_TARGET else "the sides are unlike in what a time depends on"
    left_out = f"; {plural(item.left_out, 'start')} left out" if item.left_out else ""
    return f"not comparable: {other}{left_out}"


def finding_words(item: BaselineFinding, tolerance: float) -> str:
    """`kernels: 3 → 4, more`; `guards: 57, as before`."""
    if item.growth is Growth.ABSENT or not (item.baseline or item.now):
        return f"{quantity_words(item)}: {judged_words(item, tolerance)}"
    values = dict.fromkeys((value_words(item, item.baseline), value_words(item, item.now)))
    return f"{quantity_words(item)}: {' → '.join(values)}, {judged_words(item, tolerance)}"


def unlike_words(fact: FactChange) -> str:
    """`torch: 2.12.0 → 2.13.0`; what no side records."""
    if not fact.a and not fact.b:
        return f"{fact.name}: {NOT_RECORDED} on either side"
    return f"{fact.name}: {fact.a or NOT_RECORDED} → {fact.b or NOT_RECORDED}"


def advice_words(report: BaselineReport) -> Iterator[str]:
    """What makes told what could not be."""
    untold = {item.untold for item in report.findings if item.growth is Growth.UNKNOWN}
    if untold & {Untold.SINGLE_START, Untold.DISTURBED} or any(item.growth is Growth.NOISE for item in report.findings):
        yield "Give several starts of each side, four or more: captures side by side, or --starts 4 with a target."
    if Untold.NOT_COMPARABLE in untold:
        yield "Times are compared only where these are the same; --of breaks,recompiles,kernels holds counts alone."
    if Untold.EAGER_TOO in untold:
        yield "Take a new baseline on the machine as it is now, before the change, and hold it against that."


def verdict_words(report: BaselineReport) -> str:
    """All of it in a line."""
    more = [quantity_words(item) for item in report.findings if item.growth is Growth.MORE]
    unknown = [quantity_words(item) for item in report.findings if item.growth is Growth.UNKNOWN]
    words = [f"More than the baseline: {'; '.join(more)}."] if more else []
    if unknown:
        words.append(f"Cannot be told: {'; '.join(unknown)}.")
    told = {item.growth for item in report.findings} & {Growth.KEPT, Growth.NOISE}
    if not words:
        words.append("Nothing grew beyond noise." if told else "Nothing was compared.")
    timed = any(item.ratio is not None for item in report.findings)
    tolerance = f"Times may be {share(report.tolerance)} longer beyond their noise." if timed else ""
    return " ".join(filter(None, (*words, tolerance)))
