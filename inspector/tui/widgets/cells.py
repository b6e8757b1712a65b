"""What stands in the rows of an outline, and how one row of it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from inspector.say.doc import Cell, Column, Item, Tone
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.tones import tone_style

GAP = 2
"""Cells between two columns."""
_LONGEST = 1_000
"""Characters of a cell that are looked at."""


Fitted = list[tuple[Column, int]]
"""The columns that there is room for, each with its width."""


def fit(columns: Sequence[Column], width: int) -> Fitted:
    """Leaves out columns, the highest rank first, until the others fit; shares out the cells that are left."""
    kept = [column for column in columns if not column.hidden]

    def needed() -> int:
        return sum(column.width for column in kept) + GAP * (len(kept) - 1) + 1

    while len(kept) > 1 and needed() > width and max(column.rank for column in kept) > 0:
        kept.remove(max(reversed(kept), key=lambda column: column.rank))
    spare, shares = max(0, width - needed()), sum(column.grow for column in kept)
    fitted: Fitted = []
    for column in kept:
        extra = spare * column.grow // shares if shares else 0
        spare, shares = spare - extra, shares - column.grow
        fitted.append((column, column.width + extra))
    return fitted


def header_row(columns: Sequence[Column], width: int, palette: Palette, sorted_by: str) -> Strip:
    """The titles; the one that rows are sorted by stands out."""
    segments: list[Segment] = []
    for column, room in fit(columns, width):
        chosen = bool(sorted_by) and column.title == sorted_by
        style = palette.plain(palette.accent if chosen else palette.foreground, bold=chosen, dim=0 if chosen else 0.5)
        title = column.title + (" ▾" if chosen else "")
        words = set_cell_size(title, min(room, cell_len(title)))
        blank = " " * (room - cell_len(words))
        segments.append(Segment(blank + words if column.right else words + blank, style))
        segments.append(Segment(" " * GAP, palette.text()))
    return Strip([Segment(" ", palette.text()), *segments]).adjust_cell_length(width, palette.text())


def item_row(
    item: Item,
    columns: Sequence[Column],
    width: int,
    palette: Palette,
    *,
    tint: Color | None = None,
    folded: bool | None = None,
    needle: str = "",
) -> Strip:
    """One row.

    Args:
        item: what stands in it.
        columns: as for every row.
        width: cells.
        palette: of the theme.
        tint: its background; None for the widget's own.
        folded: whether what lies below it is folded away; None where there is nothing below.
        needle: words to light up.
    """
    ground = palette.text(None, tint)
    segments: list[Segment] = [Segment(" ", ground)]
    fitted = fit(columns, width)
    begin = _spanned(item, columns, fitted)
    for place, (column, cells) in enumerate(fitted):
        if 0 < place < begin:
            continue
        room = cells if place else sum(each for _, each in fitted[:begin]) + GAP * (begin - 1)
        number = next(index for index, each in enumerate(columns) if each is column)
        cell = item.cells[number] if number < len(item.cells) else Cell()
        if number == 0:
            mark = " " if folded is None else glyphs().closed if folded else glyphs().opened
            lead = set_cell_size("  " * item.depth + mark + " ", min(room, 2 * item.depth + 2))
            segments.append(Segment(lead, palette.plain(palette.foreground, dim=0.4, tint=tint)))
            room -= cell_len(lead)
        segments += _cell(cell, column, room, _Look(palette, tint, needle))
        segments.append(Segment(" " * GAP, ground))
    return Strip(segments).adjust_cell_length(width, ground)


def _spanned(item: Item, columns: Sequence[Column], fitted: Fitted) -> int:
    """How many columns the first cell takes: its own, and those after it in which the row has nothing."""
    for place, (column, _) in enumerate(fitted):
        number = next(index for index, each in enumerate(columns) if each is column)
        cell = item.cells[number] if number < len(item.cells) else Cell()
        if place and (cell.text or cell.share is not None):
            return place
    return len(fitted)


class _Look(NamedTuple):
    """How a row looks."""

    palette: Palette
    tint: Color | None
    needle: str


def _cell(cell: Cell, column: Column, room: int, look: _Look) -> list[Segment]:
    palette, tint, needle = look
    style, ground = tone_style(palette, cell.tone, tint), palette.text(None, tint)
    text = _short(cell.text, room)
    if cell.share is not None:
        return _bar(cell, text, room, palette, tint)
    words = _lit(text, needle, style, palette)
    left = room - cell_len(text)
    if cell.after and left > GAP:
        after = _short(cell.after, left - GAP)
        quiet = tone_style(palette, Tone.QUIET, tint)
        words += [Segment(" " * GAP, ground), *_lit(after, needle, quiet, palette)]
        left -= GAP + cell_len(after)
    blank = Segment(" " * left, ground)
    return [blank, *words] if column.right else [*words, blank]


def _short(text: str, room: int) -> str:
    """A text on one line, without what a terminal would act on, in at most `room` cells."""
    text = sanitised(text[:_LONGEST].replace("\n", " "))
    if cell_len(text) <= room:
        return text
    mark = glyphs().ellipsis
    return set_cell_size(set_cell_size(text, max(0, room - len(mark))) + mark, room)


def _lit(text: str, needle: str, style: Style, palette: Palette) -> list[Segment]:
    at = text.lower().find(needle.lower()) if needle else -1
    if at < 0:
        return [Segment(text, style)]
    end = at + len(needle)
    lit = style + palette.found(False)
    return [
        part
        for part in (Segment(text[:at], style), Segment(text[at:end], lit), Segment(text[end:], style))
        if part.text
    ]


def _bar(cell: Cell, text: str, room: int, palette: Palette, tint: Color | None) -> list[Segment]:
    """A bar of the cell's share, in eighths where the alphabet has them; the text stands where a whole one ends."""
    words = f" {text}" if text else ""
    length = max(0, room - cell_len(words))
    eighths = glyphs().bar
    cells = max(0.0, min(1.0, cell.share or 0.0)) * length
    full, rest = int(cells), round((cells - int(cells)) * 8)
    body = (eighths[8] * full + (eighths[rest].strip() if rest else ""))[:length]
    if not body and cell.share and length:
        body = eighths[1].strip() or "."
    color = {Tone.WARNING: palette.warning, Tone.ERROR: palette.error, Tone.GOOD: palette.success}.get(
        cell.tone, palette.primary
    )
    ground = palette.text(None, tint)
    return [
        Segment(body, palette.plain(color, tint=tint)),
        Segment(" " * (length - cell_len(body)), ground),
        Segment(words, palette.plain(palette.foreground, dim=0.3, tint=tint)),
    ]
