"""What a race of eager against compiled says, in words."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.latency import Difference, LatencySummary, SideSummary
from inspector.say import units
from inspector.say.doc import Cell, Column, Item, Row, Tone, sentence
from inspector.say.profile import busy_words
from inspector.say.units import figures, plural, seconds
from inspector.say.writes import writing_words

COLUMNS = (Column("", 13), Column("eager", 12, right=True), Column("compiled", 12, right=True))


def items_of(summary: LatencySummary) -> Iterator[Item]:
    """Both sides' numbers, the most important first."""
    yield _times("median", summary, "median")
    if summary.gpu is not None:
        yield _item("GPU at work", seconds(summary.gpu.eager), seconds(summary.gpu.compiled))
    for label, name in (("p90", "p90"), ("p99", "p99"), ("fastest", "minimum"), ("spread (IQR)", "spread")):
        yield _times(label, summary, name)
    yield _item("outliers", *(_outliers(side, summary.pairs) for side in summary.sides))
    tokens = [side.tokens_per_second for side in summary.sides]
    if any(rate is not None for rate in tokens):
        yield _item("tokens/s", *("" if rate is None else figures(rate) for rate in tokens))


def _times(label: str, summary: LatencySummary, name: str) -> Item:
    return _item(label, *(seconds(getattr(side, name)) for side in summary.sides))


def _item(label: str, *values: str) -> Item:
    return Item(label, (Cell(label, Tone.QUIET), *map(Cell, values)))


def _outliers(side: SideSummary, pairs: int) -> str:
    return f"{side.outliers} ({units.share(side.outliers / pairs)})" if side.outliers else "0"


def verdict(summary: LatencySummary) -> tuple[Row, str]:
    """`2.31× faster`, and its interval; `no measurable difference` where that holds 1; of a busy machine neither."""
    if summary.against_itself:
        return Row("no compiled graph runs: eager twice", Tone.WARNING), ""
    if summary.speedup is None:
        return Row("too fast to compare"), ""
    if not summary.trusted:
        return Row(f"{summary.speedup:.2f}× on a busy machine: not to be trusted", Tone.WARNING), ""
    low, high = summary.speedup_interval or (summary.speedup, summary.speedup)
    if low <= 1.0 <= high:
        interval = f"({low:.2f}–{high:.2f}×)" if summary.speedup_interval else ""
        return Row("no measurable difference", Tone.STRONG), interval
    faster = summary.speedup > 1
    if not faster:  # half the speed is 2× slower, not 0.5×
        low, high = 1 / high, 1 / low
    words = f"{max(summary.speedup, 1 / summary.speedup):.2f}× {'faster' if faster else 'slower'}"
    interval = f"({low:.2f}–{high:.2f}, 95 %)" if summary.speedup_interval else ""
    return Row(words, Tone.GOOD if faster else Tone.ERROR), interval


def speedup_words(summary: LatencySummary) -> str:
    """The same to three figures, with what the interval covers; empty where there is none.

    `2.314× (95 % interval 2.283 to 2.350, within this start): 2.31× faster`.
    """
    if summary.speedup is None:
        return ""
    if not summary.trusted:
        return f"{summary.speedup:.3f}× is not to be trusted: the machine was busy"
    between = ""
    if summary.speedup_interval is not None:
        low, high = summary.speedup_interval
        between = f" (95 % interval {low:.3f} to {high:.3f}, {covers(summary)})"
    return f"{summary.speedup:.3f}×{between}: {verdict(summary)[0].text}"


def covers(summary: LatencySummary) -> str:
    return f"over {summary.processes} starts" if summary.processes > 1 else "within this start"


def said(summary: LatencySummary, *, train: bool = False) -> Iterator[Row]:
    """What is to be known beside the numbers, a sentence each: doubts first, then what comparing came to.

    Args:
        train: whether gradients were compared too.
    """
    found = summary.difference
    if not summary.trusted:
        yield Row(busy_words(summary.busy), Tone.WARNING)
    if words := finding(summary):
        yield Row(sentence(words), Tone.WARNING)
    if found is None:
        return
    words = difference_words(found) + (", gradients included" if train and not doubt(found) else "")
    tone = Tone.ERROR if found.wrong else Tone.WARNING if doubt(found) else Tone.TEXT
    yield Row(f"Difference: {words}.", tone)
    if words := writing_words(found.writes, found.writes_compiled):
        yield Row(sentence(f"{words}; put back before each call, outside the time"), Tone.TEXT)


def finding(summary: LatencySummary) -> str:
    """Where something else was timed than it seems: eager twice, or the host and not the GPU; else empty."""
    if summary.against_itself:
        return "no compiled graph runs in a call: eager was timed against itself"
    bound = ", ".join(
        f"{name} keeps the GPU at work {units.share(share)} of a call" for name, share in summary.launch_bound.items()
    )
    return f"launch-bound: {bound}, the host launches for the rest" if bound else ""


def doubt(found: Difference) -> str:
    """Why a difference's numbers say nothing, or are not what it comes to; empty where they are."""
    if found.graphs == 0:
        return "no compiled graph runs: eager was compared with eager"
    if found.chance:
        return "not comparable: the results depend on chance, and compiled code draws other random numbers"
    if found.unlike:
        return f"not alike: {'; '.join(found.unlike)}"
    if found.elements == 0:
        equal = "plain value is equal", "plain values are equal"
        return f"{plural(found.values, *equal)}, no tensor was compared" if found.values else "nothing compared"
    return ""


def difference_words(found: Difference) -> str:
    """What comparing eager's results with compiled ones came to."""
    if words := doubt(found):
        return words
    if found.elements is None:
        return f"at most {found.max_abs:.3g} absolute, {found.max_rel:.3g} relative, against eager"
    if not found.differing:
        return f"none in {plural(found.elements, 'element')}"
    beyond = f"{found.beyond:,} beyond" if found.beyond else "all within"
    return (
        f"at most {found.max_abs:.3g} absolute, {found.max_rel:.3g} relative, {found.differing:,} of "
        f"{plural(found.elements, 'element')}, {beyond} torch.testing.assert_close's tolerance"
    )
