"""One row at the bottom to type in: a text to find, a line to go to, a place to write to. The panes stay in sight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label

from inspector.tui.dialog import Dialog
from inspector.tui.panes.code import CodePane
from inspector.tui.panes.read import ReadPane
from inspector.tui.widgets.entry import Entry


class Prompt(Dialog[None]):
    """A row at the bottom.

    Args:
        label: stands before the field.
        note: stands after it.
        value: what stands in the field at first.
        keys: further keys of the field, and what they do.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "give_up", "Close")]
    DEFAULT_CSS = """
    Prompt { background: transparent; align: left bottom; }
    Prompt Horizontal { height: 1; background: $panel; }
    Prompt Input { border: none; height: 1; width: 1fr; padding: 0 1; background: $panel; }
    Prompt Input:focus { border: none; }
    Prompt Label { padding: 0 1; color: $accent; text-style: bold; }
    Prompt #note { color: $text-muted; text-style: none; }
    """

    def __init__(
        self, label: str, note: str = "", value: str = "", keys: Mapping[str, Callable[[], object]] | None = None
    ) -> None:
        super().__init__()
        self._label = label
        self._note = note
        self._value = value
        self._keys = keys or {}

    def compose(self) -> ComposeResult:
        """Label, field, note."""
        with Horizontal():
            yield Label(Content(self._label))
            yield Entry(self._value, closing={"enter": self.answer, "escape": self.action_give_up, **self._keys})
            yield Label(Content(self._note), id="note")

    def note(self, text: str) -> None:
        """Changes the words after the field."""
        self.query_one("#note", Label).update(Content(text))

    @property
    def text(self) -> str:
        """What was typed."""
        return self.query_one(Entry).value

    def answer(self) -> None:
        """Closes; one that asks for something takes it first."""
        self.dismiss()

    def action_give_up(self) -> None:
        """Closes without an answer."""
        self.dismiss()


class FindPrompt(Prompt):
    """Finds while one types. `re:` before the text makes it a regular expression."""

    def __init__(self, pane: CodePane) -> None:
        self.pane = pane
        super().__init__("/", "Enter keeps · Esc clears · re:… is a regular expression")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if self.is_current:
            self.find(event.value)

    def find(self, text: str) -> None:
        """Marks what is found, and goes to the first from where the cursor was."""
        pattern, regex = text, text.startswith("re:")
        if regex:
            pattern = pattern[3:]
        if not pattern:
            self.pane.clear_find()
            self.note("")
            return
        status = self.pane.find(pattern, regex=regex)
        self.note(status.error or (f"{status}" if status.count else "not found"))

    def answer(self) -> None:
        """Finds what stands there now, which may have been typed faster than it was looked for, and keeps it."""
        self.find(self.text)
        self.dismiss()

    def action_give_up(self) -> None:
        """Closes and forgets what was found."""
        self.pane.clear_find()
        self.dismiss()


class LinePrompt(Prompt):
    """Goes to a line by its number; `+10` and `-10` count from the cursor."""

    def __init__(self, pane: ReadPane) -> None:
        assert pane.text is not None
        self.pane = pane
        self._last = len(pane.text.lines)
        super().__init__(":", f"line 1–{self._last:,}, or +n / -n from here")

    def answer(self) -> None:
        """Goes there."""
        line = self._line(self.text.strip())
        if line is None:
            self.note(f"{self.text!r} is not a line; 1–{self._last:,}, or +n / -n from here")
            return
        self.dismiss()
        self.pane.go(line, by_user=True)

    def _line(self, text: str) -> int | None:
        try:
            number = int(text)
        except ValueError:
            return None
        line = self.pane.place.line + number if text[0] in "+-" else number
        return min(max(line, 1), self._last)
