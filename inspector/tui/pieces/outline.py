"""Rows with one chosen column: the left and the right key choose another."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from inspector.tui.widgets.cells import GAP, fit
from inspector.tui.widgets.outline import Outline
from inspector.tui.widgets.themed import palette_of


class PiecesOutline(Outline):
    """An outline in which a cell is chosen, not a row alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "aside(-1)", "To the left", show=False, id="pieces.before"),
        Binding("right,l", "aside(1)", "To the right", show=False, id="pieces.next"),
    ]

    class Aside(Message):
        """Another column is wanted."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    across = ""
    """Title of the chosen column; nothing is chosen where no column has it."""

    def choose_column(self, title: str) -> None:
        """Marks a column."""
        if title != self.across:
            self.across = title
            self.refresh()

    def action_aside(self, by: int) -> None:
        """Asks for another column."""
        self.post_message(self.Aside(by))

    def render_line(self, y: int) -> Strip:
        """As any outline's; in the row under the cursor the chosen cell stands out."""
        strip = super().render_line(y)
        row = y - 1 + self.scroll_offset.y
        if y == 0 or row != self._cursor or (item := self.current) is None or len(item.cells) < 2:
            return strip
        at = 1
        for column, width in fit(self._columns, self._width):
            if column.title == self.across and column is not self._columns[0]:
                laid = _chosen(self)
                parts = list(strip.divide([at, at + width, strip.cell_length]))
                cell = Strip([Segment(text, (style or Style()) + laid) for text, style, _ in parts[1]])
                return Strip.join([parts[0], cell, *parts[2:]])
            at += width + GAP
        return strip


def _chosen(outline: PiecesOutline) -> Style:
    """How the chosen cell looks; without colours its row is laid in reverse, which the cell takes back."""
    palette = palette_of(outline)
    if palette.ansi:
        return Style(bold=True, underline=True, reverse=False)
    ground = palette.background.blend(palette.primary, 0.55 if outline.has_focus else 0.2)
    return Style(bold=True, bgcolor=ground.hex)
