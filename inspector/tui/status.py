"""The bottom row: what the cursor's line is linked to, and the keys that lead on."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

HINTS = (("?", "help"), ("^p", "commands"), ("q", "quit"))
"""Keys that are always worth knowing; the rest is in help."""


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

    def render(self) -> Content:
        """The row; the keys give way to the words."""
        left = Content.assemble(" ", (self._where, "bold $primary"), "  " if self._where else "", self._words)
        keys = [Content.assemble((key, "bold $accent"), " ", (word, "$foreground 60%")) for key, word in HINTS]
        right = Content.assemble(Content("  ").join(keys), " ")
        room = self.size.width - right.cell_length
        if left.cell_length > room - 2:
            return left.truncate(self.size.width, ellipsis=True)
        return Content.assemble(left, " " * (room - left.cell_length), right)
