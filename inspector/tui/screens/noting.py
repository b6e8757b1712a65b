"""A note being written, and what becomes of notes that are not saved when the person leaves."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, Static

from inspector.notes.layout import rows
from inspector.tui.dialog import Dialog
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.looks import look_style
from inspector.tui.widgets.markdown_area import MarkdownArea
from inspector.tui.widgets.themed import palette_of

_HINT = Content(
    "What is to be said of this?\n\n**bold**  *italic*  `code`\n- a list\n> words of others\n```\nlines of code\n```"
)
"""Stands in an empty field."""
_WIDE = 130
"""Columns from which the text and how it will look stand side by side."""


class Written(NamedTuple):
    """What the person wrote."""

    text: str
    """Markdown; empty to remove the note."""
    author: str


class NoteScreen(Dialog[Written | None]):
    """A note's text, several lines of Markdown, and what it will look like; None where the person gave up.

    Args:
        title: what the note is about.
        text: as it is; empty for a new one.
        author: who writes; empty to name nobody.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f2", "keep", "Keep", priority=True),
        Binding("f3", "read", "As it will look", priority=True),
        Binding("escape", "dismiss(None)", "Give up", priority=True),
        Binding("tab,shift+tab", "switch", "Text or author", priority=True),
    ]
    DEFAULT_CSS = """
    NoteScreen { align: center middle; background: $background 60%; }
    NoteScreen > Vertical {
        width: 84; max-width: 94%; height: 18; max-height: 84%;
        background: $surface; border: round $primary; padding: 0 1;
    }
    NoteScreen.-wide > Vertical { width: 136; height: 24; }
    NoteScreen TextArea, NoteScreen TextArea:focus {
        border: none; width: 1fr; height: 1fr; padding: 0; background: $surface;
    }
    NoteScreen #written { height: 1fr; }
    NoteScreen #read {
        display: none; width: 1fr; height: 1fr; padding: 0 1; background: $background; scrollbar-size-vertical: 1;
    }
    NoteScreen #read Static { width: 1fr; height: auto; }
    NoteScreen.-wide #read, NoteScreen.-reading #read { display: block; }
    NoteScreen.-wide TextArea, NoteScreen.-wide TextArea:focus { padding: 0 1 0 0; }
    NoteScreen.-reading TextArea { display: none; }
    NoteScreen.-wide TextArea { display: block; }
    NoteScreen #by { height: 1; margin: 1 0 0 0; }
    NoteScreen Label { color: $text-muted; }
    NoteScreen Input, NoteScreen Input:focus { border: none; height: 1; padding: 0; background: $surface; }
    NoteScreen #keys { height: 1; color: $text-muted; text-align: right; }
    """

    def __init__(self, title: str, text: str = "", author: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._author = author

    def compose(self) -> ComposeResult:
        """The text beside what it will look like, the author, the keys."""
        self.area = MarkdownArea(self._text, soft_wrap=True, show_line_numbers=False, placeholder=_HINT)
        self.preview = Static()
        with Vertical() as frame:
            frame.border_title = Content(self._title)
            with Horizontal(id="written"):
                yield self.area
                with VerticalScroll(id="read") as read:
                    read.can_focus = True
                    yield self.preview
            with Horizontal(id="by"):
                yield Label("author, if you like: ")
                yield Input(self._author, id="author")
            yield Static(id="keys")

    @property
    def draft(self) -> str:
        """What has been written and is not kept yet; empty where nothing was."""
        written = self.area.text.strip() if self.is_mounted else ""
        return written if written != self._text.strip() else ""

    def on_mount(self) -> None:
        """The cursor stands behind what is written."""
        self.area.move_cursor(self.area.document.end)
        self.area.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Beside the text there is room for how it will look, or there is not."""
        self.set_class(event.size.width >= _WIDE, "-wide")
        self.call_after_refresh(self._draw)

    def on_text_area_changed(self) -> None:
        """Another text looks otherwise."""
        self._draw()

    def action_read(self) -> None:
        """Where both have no room side by side: how it will look, and back."""
        if self.has_class("-wide"):
            return
        reading = self.toggle_class("-reading").has_class("-reading")
        (self.query_one("#read") if reading else self.area).focus()
        self.call_after_refresh(self._draw)

    def action_switch(self) -> None:
        """Between the text and the author."""
        if self.has_class("-reading"):
            self.action_read()
        else:
            author = self.query_one(Input)
            (author if self.area.has_focus else self.area).focus()

    def action_keep(self) -> None:
        """Returns what was written."""
        self.dismiss(Written(self.area.text.strip(), self.query_one(Input).value.strip()))

    def on_input_submitted(self) -> None:
        """Enter in the author's field keeps the note."""
        self.action_keep()

    def _draw(self) -> None:
        read = self.query_one("#read", VerticalScroll)
        if read.display:
            self.preview.update(_drawn(self.area.text, read.scrollable_content_region.width, palette_of(self)))
        wide, reading = self.has_class("-wide"), self.has_class("-reading")
        shows = "" if wide else "F3 writes on · " if reading else "F3 shows it · "
        removes = " · empty removes it" if self._text and not reading else ""
        self.query_one("#keys", Static).update(f"Markdown · {shows}Ctrl+S keeps it{removes} · Esc gives up")


def _drawn(text: str, width: int, palette: Palette) -> Text:
    """A note's Markdown as it will look."""
    drawn = Text(no_wrap=True, end="")
    for number, pieces in enumerate(rows(text, width)):
        drawn.append("\n" if number else "")
        for piece in pieces:
            drawn.append(sanitised(piece.text), look_style(palette, piece.look))
    return drawn


class LeaveScreen(Dialog[str | None]):
    """Asks before notes are lost: `save`, `discard`, or None to stay.

    Args:
        words: how many notes, and where they would be saved.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,enter", "dismiss('save')", "Save and leave"),
        Binding("x", "dismiss('discard')", "Leave without saving"),
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
        keys = (("Enter", "save and leave"), ("x", "leave without saving"), ("Esc", "stay"))
        answers = Content("   ").join(Content.assemble((key, "bold $accent"), f" {words}") for key, words in keys)
        frame = Static(Content.assemble(self._words, "\n\n", answers))
        frame.border_title = "Notes are not saved"
        yield frame
