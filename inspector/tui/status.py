"""The bottom row: the chain that the cursor's place is in, and the keys that lead on."""

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
        self._parts = ("", "", "")

    def update_words(self, where: str, words: str, before: str = "") -> None:
        """Shows what is linked.

        Args:
            where: the place asked about, `164 self.act_fn(…)`; empty when there is none.
            words: what it became, or why nothing is said of that.
            before: what it came from.
        """
        apart = "  " if where and not words.startswith(" ") else ""
        if (before, where, apart + words) != self._parts:
            self._parts = before, where, apart + words
            self.refresh()

    @property
    def words(self) -> str:
        """What is shown, as plain text."""
        return "".join(self._parts).strip()

    @staticmethod
    def room(width: int) -> int:
        """The cells that a row of `width` has for words; where they are few, the keys give way to them."""
        return width - 1 if width < _WIDE else width - _hints().cell_length - 3

    def render(self) -> Content:
        """The row; in a wide one the words are cut, in a narrow one the keys go."""
        before, where, after = self._parts
        left = Content.assemble(" ", before, (where, "bold $primary"), after)
        width, right = self.size.width, _hints()
        room = width - right.cell_length
        if left.cell_length > room - 2:
            if width < _WIDE:
                return left.truncate(width, ellipsis=True)
            left = left.truncate(room - 2, ellipsis=True)
        return Content.assemble(left, " " * (room - left.cell_length), right)
