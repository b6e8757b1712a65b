"""A note being written, and what becomes of notes that are not saved when the person leaves."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static, TextArea


class Written(NamedTuple):
    """What the person wrote."""

    text: str
    """Markdown; empty to remove the note."""
    author: str


class NoteScreen(ModalScreen[Written | None]):
    """A note's text, several lines of Markdown; None where the person gave up.

    Args:
        title: what the note is about.
        text: as it is; empty for a new one.
        author: who writes; empty to name nobody.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "keep", "Keep", priority=True),
        Binding("escape", "dismiss(None)", "Give up", priority=True),
        Binding("tab,shift+tab", "switch", "Text or author", priority=True),
    ]
    DEFAULT_CSS = """
    NoteScreen { align: center middle; background: $background 60%; }
    NoteScreen > Vertical {
        width: 84; max-width: 94%; height: 16; max-height: 80%;
        background: $surface; border: round $primary; padding: 0 1;
    }
    NoteScreen TextArea, NoteScreen TextArea:focus { border: none; height: 1fr; padding: 0; background: $surface; }
    NoteScreen Horizontal { height: 1; margin: 1 0 0 0; }
    NoteScreen Label { color: $text-muted; }
    NoteScreen Input, NoteScreen Input:focus { border: none; height: 1; padding: 0; background: $surface; }
    NoteScreen Static { height: 1; color: $text-muted; text-align: right; }
    """

    def __init__(self, title: str, text: str = "", author: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._author = author

    def compose(self) -> ComposeResult:
        """The text, the author, the keys."""
        with Vertical() as frame:
            frame.border_title = Content(self._title)
            yield TextArea(self._text, soft_wrap=True, show_line_numbers=False)
            with Horizontal():
                yield Label("author, if you like: ")
                yield Input(self._author, id="author")
            removes = " · empty removes it" if self._text else ""
            yield Static(f"Markdown · Ctrl+S keeps it{removes} · Esc gives up")

    def on_mount(self) -> None:
        """The cursor stands behind what is written."""
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        area.focus()

    def action_switch(self) -> None:
        """Between the text and the author."""
        area, author = self.query_one(TextArea), self.query_one(Input)
        (author if area.has_focus else area).focus()

    def action_keep(self) -> None:
        """Returns what was written."""
        self.dismiss(Written(self.query_one(TextArea).text.strip(), self.query_one(Input).value.strip()))

    def on_input_submitted(self) -> None:
        """Enter in the author's field keeps the note."""
        self.action_keep()


class LeaveScreen(ModalScreen[str | None]):
    """Asks before notes are lost: `save`, `discard`, or None to stay.

    Args:
        words: how many notes, and where they would be saved.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s,enter", "dismiss('save')", "Save and leave"),
        Binding("d", "dismiss('discard')", "Leave without saving"),
        Binding("escape", "dismiss(None)", "Stay"),
    ]
    DEFAULT_CSS = """
    LeaveScreen { align: center middle; background: $background 60%; }
    LeaveScreen > Static {
        width: auto; max-width: 94%; height: auto; background: $surface; border: round $warning; padding: 1 2;
    }
    """

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        keys = (("s", "save and leave"), ("d", "leave without saving"), ("Esc", "stay"))
        answers = Content("   ").join(Content.assemble((key, "bold $accent"), f" {words}") for key, words in keys)
        frame = Static(Content.assemble(self._words, "\n\n", answers))
        frame.border_title = "Notes are not saved"
        yield frame
