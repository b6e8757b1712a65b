"""Which row of the screen shows which part of which line, with and without wrapping.

The scroll position is always a line and a row within it, never a row number of the whole text: so wrapping
100,000 lines costs no more than wrapping the screenful that is looked at. The price is that the scrollbar
counts lines, not wrapped rows, and its thumb is exact only where lines fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Row(NamedTuple):
    """One row of the screen."""

    line: int
    """1-based."""
    part: int
    """Which row of a wrapped line, 0 for its first."""


class Rows:
    """Walks over rows.

    Args:
        count: how many lines there are, 1 or more.
        line_width: the width in cells of a 1-based line.
        wrap_at: the cells that a row holds; 0 when lines are not wrapped.
    """

    def __init__(self, count: int, line_width: Callable[[int], int], wrap_at: int) -> None:
        self.count = count
        self._line_width = line_width
        self.wrap_at = wrap_at

    def parts(self, line: int) -> int:
        """How many rows a line takes; 1 without wrapping."""
        return max(1, -(-self._line_width(line) // self.wrap_at)) if self.wrap_at else 1

    def from_top(self, top: Row, height: int) -> list[Row]:
        """The rows of a screen that begins with `top`; fewer than `height` where the text ends."""
        if not self.wrap_at:
            return [Row(line, 0) for line in range(top.line, min(top.line + height, self.count + 1))]
        rows: list[Row] = []
        line, part = top
        while line <= self.count and len(rows) < height:
            parts = self.parts(line)
            rows += [Row(line, each) for each in range(part, min(parts, part + height - len(rows)))]
            line, part = line + 1, 0
        return rows

    def moved(self, row: Row, by: int) -> Row:
        """The row `by` rows further down (up when negative), stopping at the first and last row."""
        if not self.wrap_at:
            return Row(max(1, min(row.line + by, self.count)), 0)
        line, part = row.line, row.part + by
        while part < 0 and line > 1:
            line -= 1
            part += self.parts(line)
        while part >= (parts := self.parts(line)) and line < self.count:
            part -= parts
            line += 1
        return Row(line, max(0, min(part, parts - 1)))

    def last_top(self, height: int) -> Row:
        """The top row of the screen whose last row is the text's last."""
        last = Row(self.count, self.parts(self.count) - 1)
        return self.moved(last, 1 - height)
