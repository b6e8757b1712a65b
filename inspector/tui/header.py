"""The top row: what is on screen, and how far it is."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

Parts = list[tuple[str, str]]
"""Words, each with its style."""
_LEAST_LEFT = 24
"""Cells that the left side gets as long as there is something at the right that can go."""
_LEAST_RIGHT = 3
"""What is being done, for how long, and the edge: these stay."""


class Header(Widget):
    """One row: target and compile id on the left, cache mode and progress on the right."""

    DEFAULT_CSS = """
    Header { dock: top; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__(id="header")
        self._left: Parts = []
        self._right: Parts = []

    def show(self, left: Parts, right: Parts) -> None:
        """Draws anew what changed."""
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Content:
        """The row, the left side shortened where there is not room for both."""
        width = self.size.width
        kept = [*self._right, ("", "")]
        while len(kept) > _LEAST_RIGHT and _join(kept, "  ").cell_length > width - _LEAST_LEFT:
            kept.pop(0)
        right = _join(kept, "  ").truncate(width)
        room = width - right.cell_length
        left = Content.assemble(" ", _join(self._left, "  ")).truncate(max(0, room - 1), ellipsis=True)
        return Content.assemble(left, " " * (room - left.cell_length), right)


def _join(parts: Parts, between: str) -> Content:
    return Content(between).join(Content.styled(text, style) for text, style in parts)
