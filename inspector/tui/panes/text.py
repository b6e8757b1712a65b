"""A line of text made safe for a terminal, and where its columns lie on the screen."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

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


class Folds(NamedTuple):
    """How a long line goes on in further rows."""

    starts: tuple[int, ...]
    """The stored columns at which its rows begin."""
    hang: int
    """Cells by which every row but the first is set in."""


_HANGING = 4
"""Cells by which what does not fit into a row is set in below the line's own indent."""
_ENDS = (
    re.compile(r"[ ,;]+(?![ ,;])"),
    re.compile(r"(?<=[(\[{])|(?<=[\w)\]])(?=[*+/=<>-])"),
    re.compile(r"(?<=[A-Za-z_)\]])(?=\.)|::"),
    re.compile(r"(?<=\W)|(?=\W)"),
)
"""Where a row may end, best first: behind blanks and commas, behind a bracket or before an operator, before an
attribute, between any words."""


def folds(line: ShownLine, width: int) -> Folds:
    """Where a line is cut so that each row holds at most `width` cells: between words, never within one that fits."""
    if line.width <= width:
        return Folds((0,), 0)
    text = line.text if line._texts is None else "".join(line.piece(col, col + 1)[:1] for col in range(line.columns))
    hang = min(len(text) - len(text.lstrip()) + _HANGING, width // 3)
    starts = [0]
    while True:
        begin = starts[-1]
        room = width - (hang if len(starts) > 1 else 0)
        if line.width - line.cell(begin) <= room:
            return Folds(tuple(starts), hang)
        full = max(begin + 1, line.column(line.cell(begin) + room))
        starts.append(_cut(text, begin, full, line.columns))


def _cut(text: str, begin: int, full: int, end: int) -> int:
    """Where the next row begins: `full` is the first column that does not fit."""
    if text[full] == " ":  # the blanks stand at the end of this row, whether they fit or not
        return min(full + len(text[full:]) - len(text[full:].lstrip()), end)
    for part, pattern in zip((2, 2, 3, 6), _ENDS, strict=True):
        least = begin + (full - begin) // part
        ends = [match.end() for match in pattern.finditer(text, least, full)]
        if found := [at for at in ends if least < at <= full]:
            return found[-1]
    return full


def visible(character: str) -> str:
    """A printable stand-in for a character that must not reach the terminal: `␛` for escape, a blank for any blank."""
    found = mark(character)
    return found if found.isprintable() else " "


def sanitised(text: str) -> str:
    """`text` without anything a terminal would act on: escape sequences become visible, tabs blanks."""
    return text if text.isascii() and text.isprintable() else shown(text).text
