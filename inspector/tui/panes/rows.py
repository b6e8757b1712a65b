"""Which row of the screen shows which part of which line, with and without wrapping.

The scroll position is always a line and a row within it, never a row number of the whole text: so wrapping
100,000 lines costs no more than wrapping the screenful that is looked at. The price is that the scrollbar
counts lines, not wrapped rows, and its thumb is exact only where lines fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class PaneRow(NamedTuple):
    """One row of the screen."""

    line: int
    """1-based."""
    part: int
    """Which row of a wrapped line, 0 for its first."""


class RowWalk:
    """Walks over rows.

    Args:
        count: how many lines there are, 1 or more.
        parts: how many rows a 1-based line takes; None when lines are not wrapped.
    """

    def __init__(self, count: int, parts: Callable[[int], int] | None = None) -> None:
        self.count = count
        self._parts = parts

    def parts(self, line: int) -> int:
        """How many rows a line takes; 1 without wrapping."""
        return self._parts(line) if self._parts is not None else 1

    def from_top(self, top: PaneRow, height: int) -> list[PaneRow]:
        """The rows of a screen that begins with `top`; fewer than `height` where the text ends."""
        if self._parts is None:
            return [PaneRow(line, 0) for line in range(top.line, min(top.line + height, self.count + 1))]
        rows: list[PaneRow] = []
        line, part = top
        while line <= self.count and len(rows) < height:
            parts = self.parts(line)
            rows += [PaneRow(line, each) for each in range(part, min(parts, part + height - len(rows)))]
            line, part = line + 1, 0
        return rows

    def moved(self, row: PaneRow, by: int) -> PaneRow:
        """The row `by` rows further down (up when negative), stopping at the first and last row."""
        if self._parts is None:
            return PaneRow(max(1, min(row.line + by, self.count)), 0)
        line, part = row.line, row.part + by
        while part < 0 and line > 1:
            line -= 1
            part += self.parts(line)
        while part >= (parts := self.parts(line)) and line < self.count:
            part -= parts
            line += 1
        return PaneRow(line, max(0, min(part, parts - 1)))

    def last_top(self, height: int) -> PaneRow:
        """The top row of the screen whose last row is the text's last."""
        last = PaneRow(self.count, self.parts(self.count) - 1)
        return self.moved(last, 1 - height)
