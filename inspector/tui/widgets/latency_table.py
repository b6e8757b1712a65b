"""The numbers beside the latency chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from rich.segment import Segment
from textual.color import Color
from textual.strip import Strip

from inspector.model.latency import Difference, LatencySummary, SideSummary
from inspector.say import units
from inspector.say.units import figures, plural, seconds
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import sanitised

_WIDTH = 46
"""Cells that a row has room for."""


@dataclass(frozen=True)
class Table:
    """The summary, once in full and once in a row."""

    lines: list[Strip]
    """Most important first, so that cutting the end loses least."""
    one_line: Strip


def table(
    summary: LatencySummary,
    colors: tuple[Color, Color],
    palette: Palette,
    *,
    state: str,
    note: str = "",
    warnings: Sequence[str] = (),
) -> Table:
    """The summary in rows of at most 46 cells."""
    quiet, plain = palette.plain(palette.foreground, dim=0.45), palette.text()
    eager, compiled = palette.plain(colors[0], bold=True), palette.plain(colors[1], bold=True)

    def row(name: str, left: str, right: str) -> Strip:
        return Strip([Segment(f" {name:<13}", quiet), Segment(f"{left:>12}", plain), Segment(f"{right:>12}", plain)])

    def times(name: str, field: str) -> Strip:
        sides = summary.eager, summary.compiled
        left, right = (seconds(getattr(side, field)) for side in sides)
        return row(name, left, right)

    head = [Segment(" " * 14, quiet), Segment(f"{'eager':>12}", eager), Segment(f"{'compiled':>12}", compiled)]
    verdict = _verdict(summary, palette)
    on_gpu = []
    if summary.gpu is not None:
        on_gpu = [row("GPU at work", seconds(summary.gpu.eager), seconds(summary.gpu.compiled))]
    if summary.finding and summary.gpu is not None and not summary.against_itself:
        on_gpu += [Strip([Segment(" launch-bound: the GPU waits for the host", palette.plain(palette.warning))])]
    doubts = [f"busy: {summary.doubt.partition(': ')[2]}"] if summary.doubt else []
    warned = [line for words in (*doubts, *warnings) for line in wrap(sanitised(words), _WIDTH - 2)]
    lines = [
        Strip([Segment(" ", plain), *verdict, Segment(f"  {state}", quiet)]),
        *(Strip([Segment(f" {line}", palette.plain(palette.warning))]) for line in warned),
        Strip(head),
        times("median", "median"),
        *on_gpu,
        times("p90", "p90"),
        times("p99", "p99"),
        times("spread IQR", "spread"),
        row("outliers", _outliers(summary.eager, summary.pairs), _outliers(summary.compiled, summary.pairs)),
    ]
    if summary.eager.tokens_per_second is not None and summary.compiled.tokens_per_second is not None:
        left, right = summary.eager.tokens_per_second, summary.compiled.tokens_per_second
        lines.append(row("tokens/s", figures(left), figures(right)))
    lines += [*_difference(summary.difference, palette, row)] if summary.difference is not None else []
    lines.append(Strip([Segment(f" {sanitised(summary.shape)}  {plural(summary.pairs, 'pair', 'pairs')}", quiet)]))
    if note:
        lines.append(Strip([Segment(f" {sanitised(note)}", quiet)]))
    medians = [
        Segment(" eager ", quiet),
        Segment(seconds(summary.eager.median), eager),
        Segment("  compiled ", quiet),
        Segment(seconds(summary.compiled.median), compiled),
        Segment("  ", quiet),
    ]
    return Table(lines, Strip([*medians, *verdict, Segment(f"  {state}", quiet)]))


def _difference(found: Difference, palette: Palette, row: Callable[[str, str, str], Strip]) -> Iterator[Strip]:
    """The largest difference and of how many elements, or why it says nothing; and what the target writes."""
    if found.doubt:
        yield Strip([Segment(f" {sanitised(found.doubt)}", palette.plain(palette.warning))])
    else:
        yield row("largest diff", f"{found.max_abs:.1e}", f"rel {found.max_rel:.1e}")
        if found.elements is not None:
            beyond = f"{found.beyond:,} too far" if found.beyond else "none too far"
            yield row("elements", f"{found.differing:,} differ", beyond)
    if found.writing:
        yield Strip([Segment(f" {sanitised(found.writing)}", palette.plain(palette.warning))])


def _verdict(summary: LatencySummary, palette: Palette) -> list[Segment]:
    """`2.31× faster (2.28–2.35, 95 %)`; `no measurable difference (0.95–1.47×)` where the interval holds 1; of a busy
    machine neither."""
    if summary.speedup is None:
        if summary.against_itself:
            return [Segment("no compiled graph runs: eager twice", palette.plain(palette.warning, bold=True))]
        return [Segment("too fast to compare", palette.text())]
    if not summary.trusted:
        words = f"{summary.speedup:.2f}× on a busy machine: not to be trusted"
        return [Segment(words, palette.plain(palette.warning, bold=True))]
    low, high = summary.speedup_interval or (summary.speedup, summary.speedup)
    quiet = palette.plain(palette.foreground, dim=0.4)
    interval = [Segment(f" ({low:.2f}–{high:.2f}, 95 %)", quiet)] if summary.speedup_interval else []
    if low <= 1.0 <= high:
        words = "no measurable difference"
        return [
            Segment(words, palette.plain(palette.foreground, bold=True)),
            *([Segment(f" ({low:.2f}–{high:.2f}×)", quiet)] if interval else []),
        ]
    faster = summary.speedup > 1
    if not faster:  # half the speed is 2× slower, not 0.5×
        low, high = 1 / high, 1 / low
        interval = [Segment(f" ({low:.2f}–{high:.2f}, 95 %)", quiet)] if summary.speedup_interval else []
    words = f"{max(summary.speedup, 1 / summary.speedup):.2f}× {'faster' if faster else 'slower'}"
    return [Segment(words, palette.plain(palette.success if faster else palette.error, bold=True)), *interval]


def _outliers(side: SideSummary, pairs: int) -> str:
    return f"{side.outliers} ({units.share(side.outliers / pairs)})" if side.outliers else "0"
