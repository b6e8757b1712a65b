"""The top row of a difference: what is held against what, and what became of the part on screen."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from inspector.say.doc import Tone
from inspector.tui.compare.parts import DifferencePart
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.rule import shortened

_LEAST = 8
"""Cells of a name that still tell it from another."""


class DifferenceTitle(Widget):
    """One row.

    Args:
        names: what is held against what.
        about: more words about it.
    """

    DEFAULT_CSS = "DifferenceTitle { dock: top; height: 1; background: $panel; color: $foreground; }"

    def __init__(self, names: Sequence[str], about: str) -> None:
        super().__init__()
        self._names = [sanitised(name.replace("\n", " ")) for name in names]
        self._about = sanitised(about.replace("\n", " "))
        self._part: DifferencePart | None = None

    def show(self, part: DifferencePart) -> None:
        """Another part is on screen."""
        self._part = part
        self.refresh()

    def render(self) -> Content:
        """The row; names lose their middle where there is little room, for they differ at their ends."""
        width = self.size.width
        right = self._right(width // 2)
        between = " <> " if glyphs().ascii else " ↔ "
        room = width - right.cell_length - 5 - len(between) * (len(self._names) - 1)
        each = max(_LEAST, room // max(1, len(self._names)))
        names = [shortened(name, each if sum(map(len, self._names)) > room else len(name)) for name in self._names]
        left = Content.assemble(" ", ("◆", "$primary"), "  ", (between.join(names), "bold"))
        left = Content.assemble(left, "  ", (self._about, "$foreground 60%")).truncate(
            max(0, width - right.cell_length - 1), ellipsis=True
        )
        return Content.assemble(left, " " * max(0, width - left.cell_length - right.cell_length), right)

    def _right(self, most: int) -> Content:
        if self._part is None:
            return Content("")
        plain = self._part.mark.tone is Tone.TEXT
        tone = "$foreground 60%" if plain else "$success" if self._part.alike else "$warning"
        words = self._part.mark.words
        title = shortened(sanitised(self._part.title.replace("\n", " ")), max(_LEAST, most - len(words) - 3))
        return Content.assemble((title, "bold"), "  ", (words, f"bold {tone}"), " ")
