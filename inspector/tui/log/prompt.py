"""One row at the bottom to type what the rows are to be narrowed down to; they follow as one types."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label

from inspector.errors import UsageError
from inspector.model.selection import HELP
from inspector.tui.dialog import Dialog
from inspector.tui.widgets.entry import Entry


class FilterPrompt(Dialog[None]):
    """Narrows the rows of the view on screen down.

    Args:
        needle: what they are narrowed down to.
        narrow: does it; raises a UsageError where that is no filter.
        conditions: whether conditions are known, as of compile ids.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "give_up", "Close")]
    DEFAULT_CSS = """
    FilterPrompt { background: transparent; align: left bottom; }
    FilterPrompt Horizontal { height: 1; background: $panel; }
    FilterPrompt Input, FilterPrompt Input:focus {
        border: none; height: 1; width: 1fr; padding: 0 1; background: $panel;
    }
    FilterPrompt Label { padding: 0 1; color: $accent; text-style: bold; }
    FilterPrompt #note { color: $text-muted; text-style: none; }
    """

    def __init__(self, needle: str, narrow: Callable[[str], object], *, conditions: bool) -> None:
        super().__init__()
        self._before = needle
        self._show = narrow
        self._conditions = conditions

    def compose(self) -> ComposeResult:
        """Label, field, what can be typed."""
        with Horizontal():
            yield Label("/")
            yield Entry(self._before, closing={"enter": self.answer, "escape": self.action_give_up})
            yield Label(self._help, id="note")

    @property
    def _help(self) -> str:
        """What can be typed: conditions are about compiles, other rows are searched for a text."""
        if not self._conditions:
            return "a text in the rows"
        return HELP if self.app.size.width >= 110 else "status:failed time>1 …"

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if self.is_current:
            self._narrow(event.value)

    def _narrow(self, text: str) -> bool:
        """Narrows the rows down; where that is no filter, they stay as they are and the row says why."""
        try:
            self._show(text.strip())
        except UsageError as error:
            self.query_one("#note", Label).update(Content(str(error)))
            return False
        self.query_one("#note", Label).update(Content(self._help))
        return True

    def answer(self) -> None:
        """Keeps what was typed, if it can be."""
        if self._narrow(self.query_one(Entry).value):
            self.dismiss()

    def action_give_up(self) -> None:
        """Goes back to what was there before."""
        self._show(self._before)
        self.dismiss()
