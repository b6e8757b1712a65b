"""How rows of a difference are coloured: marks, tints, and what lights up within a line."""

from __future__ import annotations

from rich.style import Style
from textual.color import Color

from inspector.model.difference import Change, Columns
from inspector.tui.panes.painter import Overlay
from inspector.tui.panes.palette import Palette

_MARKS = {Change.CHANGED: ("~", "~"), Change.REMOVED: ("-", "-"), Change.ADDED: ("+", "+")}


def mark_of(change: Change, side: int) -> str:
    """The sign in the gutter."""
    if change is Change.MOVED:
        return "↕"
    return _MARKS.get(change, (" ", " "))[side]


def color_of(change: Change, palette: Palette) -> Color:
    """What a change is coloured in."""
    colors = {
        Change.CHANGED: palette.warning,
        Change.REMOVED: palette.error,
        Change.ADDED: palette.success,
        Change.MOVED: palette.primary,
        Change.RENAMED: palette.primary,
    }
    return colors.get(change, palette.foreground)


def tint_of(change: Change, palette: Palette) -> Color | None:
    """The background of a row that is not alike."""
    if palette.ansi or change.alike:
        return None
    return palette.background.blend(color_of(change, palette), 0.14)


def overlays_of(parts: Columns, columns: int, change: Change, palette: Palette) -> list[Overlay]:
    """What differs within a line; of a renamed one that is the names, which matter less."""
    if palette.ansi:
        style = Style(underline=True, bold=not change.alike)
    else:
        share = 0.16 if change.alike else 0.38
        style = Style(bgcolor=palette.background.blend(color_of(change, palette), share).rich_color)
    return [Overlay(start, min(end, columns), style) for start, end in parts if start < columns]
