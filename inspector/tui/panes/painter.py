"""From a line's tokens, marks and selection to the segments of one row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from inspector.highlight import Token
from inspector.model.artifact import Position
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import ShownLine


class Overlay(NamedTuple):
    """A style laid over columns of a line; a later overlay lies over an earlier one."""

    start: int
    end: int
    """Exclusive; one beyond the line's end means the blank cell after it too."""
    style: Style


class StyleRun(NamedTuple):
    """Columns of a line in one style."""

    start: int
    end: int
    style: Style


def paint(
    view: ShownLine,
    tokens: Sequence[Token],
    first: int,
    last: int,
    *,
    palette: Palette,
    tint: Color | None,
    overlays: Iterable[Overlay] = (),
) -> list[Segment]:
    """The segments of the stored columns `first` to `last` (exclusive) on a background of `tint`."""
    overlays = [overlay for overlay in overlays if overlay.start < last and overlay.end > first]
    reach = max((overlay.end for overlay in overlays), default=0)
    last = min(last, view.columns + (1 if reach > view.columns else 0))
    runs = _token_runs(tokens, first, last, palette, tint)
    for overlay in overlays:
        runs = _laid_over(runs, overlay)
    return [
        Segment(view.piece(start, end) + (" " if end > view.columns else ""), style)
        for start, end, style in runs
        if end > start
    ]


def _token_runs(tokens: Sequence[Token], first: int, last: int, palette: Palette, tint: Color | None) -> list[StyleRun]:
    runs: list[StyleRun] = []
    plain, place = palette.text(None, tint), first
    for start, end, kind in tokens:
        if end <= place:
            continue
        if start >= last:
            break
        if start > place:
            runs.append(StyleRun(place, start, plain))
        runs.append(StyleRun(max(start, place), min(end, last), palette.text(kind, tint)))
        place = min(end, last)
    if place < last:
        runs.append(StyleRun(place, last, plain))
    return runs


def _laid_over(runs: list[StyleRun], overlay: Overlay) -> list[StyleRun]:
    result: list[StyleRun] = []
    for run in runs:
        start, end = max(run.start, overlay.start), min(run.end, overlay.end)
        if start >= end:
            result.append(run)
            continue
        if run.start < start:
            result.append(StyleRun(run.start, start, run.style))
        result.append(StyleRun(start, end, run.style + overlay.style))
        if end < run.end:
            result.append(StyleRun(end, run.end, run.style))
    return result


def selected_columns(start: Position, end: Position, line: int, columns: int) -> tuple[int, int] | None:
    """The columns of `line` between two places; a selected newline is the one column beyond the line's end."""
    if not start.line <= line <= end.line or start == end:
        return None
    return (
        start.col if line == start.line else 0,
        end.col if line == end.line else columns + 1,
    )
