"""The bottom row: what the cursor's line is linked to, and the keys that lead on."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

HINTS = (("?", "help"), ("^p", "commands"), ("q", "quit"))
"""Keys that are always worth knowing; the rest is in help."""


_WIDE = 120
"""Columns from which on the keys are always shown."""


def _hints() -> Content:
    keys = [Content.assemble((key, "bold $accent"), " ", (word, "$foreground 60%")) for key, word in HINTS]
    return Content.assemble(Content("  ").join(keys), " ")


class StatusLine(Widget):
    """One row: words about the link on the left, keys on the right."""

    DEFAULT_CSS = """
    StatusLine { dock: bottom; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self) -> None:
        super().__init__(id="status")
        self._where = ""
        self._words = ""

    def update_words(self, where: str, words: str) -> None:
        """Shows what is linked.

        Args:
            where: the place asked about, `modeling_llama.py:164`; empty when there is none.
            words: what belongs to it and how that is known.
        """
        if (where, words) != (self._where, self._words):
            self._where, self._words = where, words
            self.refresh()

    @property
    def words(self) -> str:
        """What is shown, as plain text."""
        return f"{self._where} {self._words}".strip()

    @staticmethod
    def room(width: int) -> int:
        """The cells that a row of `width` has for words; where they are few, the keys give way to them."""
        return width - 1 if width < _WIDE else width - _hints().cell_length - 3

    def render(self) -> Content:
        """The row; in a wide one the words are cut, in a narrow one the keys go."""
        left = Content.assemble(" ", (self._where, "bold $primary"), "  " if self._where else "", self._words)
        width, right = self.size.width, _hints()
        room = width - right.cell_length
        if left.cell_length > room - 2:
            if width < _WIDE:
                return left.truncate(width, ellipsis=True)
            left = left.truncate(room - 2, ellipsis=True)
        return Content.assemble(left, " " * (room - left.cell_length), right)
