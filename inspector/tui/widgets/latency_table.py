"""The numbers beside the latency chart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from inspector.model.latency import LatencySummary
from inspector.say import latency as say
from inspector.say.doc import Row, Tone
from inspector.say.units import plural, seconds
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.tones import tone_style

_WIDTH = 46
"""Cells that a row has room for."""


@dataclass(frozen=True)
class LatencyTable:
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
) -> LatencyTable:
    """The summary in rows of at most 46 cells."""
    quiet, plain = palette.plain(palette.foreground, dim=0.45), palette.text()
    eager, compiled = (palette.plain(color, bold=True) for color in colors)
    row, interval = say.verdict(summary)
    verdict = [Segment(row.text, tone_style(palette, row.tone) + Style(bold=True))]
    verdict += [Segment(f" {interval}", palette.plain(palette.foreground, dim=0.4))] if interval else []
    said = [*(Row(words, Tone.WARNING) for words in warnings), *say.said(summary)]
    rows = [
        Strip([Segment(f" {label.text:<13}", quiet), *(Segment(f"{cell.text:>12}", plain) for cell in cells)])
        for label, *cells in (item.cells for item in say.items_of(summary))
    ]
    lines = [
        Strip([Segment(" ", plain), *verdict, Segment(f"  {state}", quiet)]),
        *_wrapped((row for row in said if row.tone is Tone.WARNING), palette),
        Strip([Segment(" " * 14, quiet), Segment(f"{'eager':>12}", eager), Segment(f"{'compiled':>12}", compiled)]),
        *rows,
        *_wrapped((row for row in said if row.tone is not Tone.WARNING), palette),
        Strip([Segment(f" {sanitised(summary.shape)}  {plural(summary.pairs, 'pair')}", quiet)]),
    ]
    if note:
        lines.append(Strip([Segment(f" {sanitised(note)}", quiet)]))
    medians = [
        Segment(" eager ", quiet),
        Segment(seconds(summary.eager.median), eager),
        Segment("  compiled ", quiet),
        Segment(seconds(summary.compiled.median), compiled),
        Segment("  ", quiet),
    ]
    return LatencyTable(lines, Strip([*medians, *verdict, Segment(f"  {state}", quiet)]))


def _wrapped(rows: Iterable[Row], palette: Palette) -> Iterator[Strip]:
    for row in rows:
        style = tone_style(palette, row.tone)
        yield from (Strip([Segment(f" {line}", style)]) for line in wrap(sanitised(row.text), _WIDTH - 2))
