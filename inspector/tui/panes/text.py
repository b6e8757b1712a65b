"""A line of text made safe for a terminal, and where its columns lie on the screen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import get_character_cell_size

from inspector.model.visible import mark

TAB = 4
"""Cells between tab stops: generated code indents with tabs or not at all, and panes are narrow."""

MAX_COLUMNS = 16_384
"""Longer lines are cut on the screen (never in what is copied or searched), so that one line of constants
cannot hold up a key press."""


@dataclass(frozen=True)
class ShownLine:
    """What stands on the screen for one line."""

    text: str
    """Printable characters only, tabs expanded; one or more for each column of the stored line."""
    columns: int
    """Columns of the stored line that are shown."""
    _texts: Sequence[int] | None = None
    """Stored column → index in `text`, one longer than the line; None where they are the same."""
    _cells: Sequence[int] | None = None
    """Stored column → cell, one longer than the line; None where they are the same."""

    @property
    def width(self) -> int:
        """Cells that the line takes."""
        return self.columns if self._cells is None else self._cells[-1]

    def cell(self, col: int) -> int:
        """The cell at which a stored column begins; beyond the end, one cell a column."""
        if self._cells is None or col > self.columns:
            return col - self.columns + self.width
        return self._cells[col]

    def column(self, cell: int) -> int:
        """The stored column that covers a cell; the line's end when the cell lies beyond it."""
        if self._cells is None:
            return max(0, min(cell, self.columns))
        return max(0, min(bisect_right(self._cells, cell) - 1, self.columns))

    def first_column(self, cell: int) -> int:
        """The first stored column that begins at a cell or after it: where a wrapped row begins."""
        return min(cell, self.columns) if self._cells is None else bisect_left(self._cells, cell)

    def piece(self, first: int, last: int) -> str:
        """What is drawn for the stored columns `first` to `last` (exclusive)."""
        if self._texts is None:
            return self.text[first:last]
        return self.text[self._texts[min(first, self.columns)] : self._texts[min(last, self.columns)]]


def shown(line: str) -> ShownLine:
    """What to draw for a stored line."""
    cut = line[:MAX_COLUMNS]
    if cut.isascii() and cut.isprintable():
        return ShownLine(cut, len(cut))
    pieces: list[str] = []
    texts, cells = [0], [0]
    for character in cut:
        if character == "\t":
            piece = " " * (TAB - cells[-1] % TAB)
        else:
            piece = character if character.isprintable() else visible(character)
        pieces.append(piece)
        texts.append(texts[-1] + len(piece))
        cells.append(cells[-1] + (len(piece) if piece.isascii() else sum(map(get_character_cell_size, piece))))
    return ShownLine("".join(pieces), len(cut), texts, cells)


def visible(character: str) -> str:
    """A printable stand-in for a character that must not reach the terminal: `␛` for escape, a blank for any blank."""
    found = mark(character)
    return found if found.isprintable() else " "


def sanitised(text: str) -> str:
    """`text` without anything a terminal would act on: escape sequences become visible, tabs blanks."""
    return text if text.isascii() and text.isprintable() else shown(text).text
