"""What the word at the cursor means, and what its place is linked to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from inspector.explain import Meaning, nearest
from inspector.tui.dialog import Dialog


class ExplainScreen(Dialog[None]):
    """Shows what a word means; escape, enter, q and e close it.

    Args:
        word: as it stands in the text.
        entries: what the tables say of it; none where they do not know it.
        here: sentences about the place itself.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q,e", "dismiss", "Close"),
    ]
    DEFAULT_CSS = """
    ExplainScreen { align: center middle; background: $background 60%; }
    ExplainScreen > VerticalScroll {
        width: 84; max-width: 94%; height: auto; max-height: 80%; background: $surface;
        border: round $primary; padding: 1 2; scrollbar-size-vertical: 1;
    }
    ExplainScreen Static { width: 1fr; height: auto; }
    """

    def __init__(self, word: str, entries: Sequence[Meaning], here: Sequence[str]) -> None:
        super().__init__()
        self._word = word
        self._entries = tuple(entries)
        self._here = tuple(here)

    def compose(self) -> ComposeResult:
        """The meanings, then the place."""
        with VerticalScroll() as frame:
            frame.border_title = Content(self._word)
            frame.border_subtitle = "Esc closes"
            yield Static(Content("\n\n").join([*self._meanings(), *self._place()]))

    def _meanings(self) -> list[Content]:
        if self._entries:
            return [_meaning(entry) for entry in self._entries]
        near = nearest(self._word)
        words = f"Known words near to it: {', '.join(near)}." if near else ""
        return [Content(f"There is no explanation of {self._word} here. {words}".strip())]

    def _place(self) -> list[Content]:
        if not self._here:
            return []
        return [Content.assemble(("Here", "bold $primary"), *(f"\n{line}" for line in self._here))]

    def on_click(self, event: events.Click) -> None:
        """A click outside closes."""
        if event.widget is self:
            self.dismiss()


def _meaning(entry: Meaning) -> Content:
    return Content.assemble(
        (entry.word, "bold $accent"),
        "  ",
        (entry.title, "$foreground 60%"),
        "\n",
        entry.about,
        "\n",
        (f"{entry.source.name}\n{entry.source.url}", "$foreground 60%"),
    )
