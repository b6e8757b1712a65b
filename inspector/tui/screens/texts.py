"""Every text of one compile id, or of what was logged outside any: a list, and the one under its cursor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import AwaitMount

from inspector.model.artifact import Artifact, Position
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.logged import Logged
from inspector.tui.dialog import ClosesOnce
from inspector.tui.panes.code import CodePane
from inspector.tui.status import StatusLine
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.outline import Outline
from inspector.tui.widgets.state import StageState

_COLUMNS = (Column("text", 16, grow=1), Column("lines", 7, right=True))
_ABOUT = "about"


class TextsScreen(ClosesOnce[None]):
    """A browser of texts.

    Args:
        capture: as read from the log.
        compile_id: whose texts; None for what was logged outside any compile.
        at: id of the text to begin with, and a place in it; None for the first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,A", "dismiss", "Close", show=False),
        Binding("tab,shift+tab", "switch", "List or text", show=False, priority=True),
        Binding("slash", "find", "Find in the text", show=False),
        Binding("question_mark,f1", "keys", "Help", show=False),
        Binding("t", "app.other_theme", "Light or dark", show=False),
    ]
    CSS = """
    TextsScreen Horizontal { height: 1fr; }
    TextsScreen #texts { width: 40%; max-width: 52; border-right: solid $foreground 15%; }
    TextsScreen CodePane, TextsScreen Details { width: 1fr; }
    """

    def __init__(self, capture: Capture, compile_id: str | None, at: tuple[str, Position] | None = None) -> None:
        super().__init__()
        self._at = at
        self._capture = capture
        self._compile_id = compile_id
        self._sections = tuple(Logged(capture).of(compile_id))
        self.opening: AwaitMount | None = None

    def compose(self) -> ComposeResult:
        """The list and the text."""
        self.list = Outline(id="texts", empty="No text.")
        self.pane = CodePane()
        self.details = Details(folded=())
        self.status = StatusLine()
        yield Horizontal(self.list, self.pane, self.details)
        yield self.status

    def on_mount(self) -> None:
        """The first text, or the one that was asked for."""
        self.list.update_items(_COLUMNS, tuple(self._items()))
        self.list.focus()
        if self._at is not None:
            self.list.go(self._at[0])
        where = self._compile_id or "outside any compile"
        self.status.update_words(where, "↑↓ choose · Tab to the text · / find · Esc back")
        if (item := self.list.current) is not None:
            self._show(item)
            if self._at is not None:
                self.pane.focus()
                self.pane.call_after_refresh(self.pane.goto, *self._at[1])
        else:
            self.details.display = False
            self.pane.show_state("Texts", StageState.DONE, "No text is recorded here.")

    def _items(self) -> Iterator[Item]:
        if self._sections:
            yield Item(_ABOUT, (Cell("What the log says of it", Tone.NAME),), opens=True)
        capture = self._capture
        for artifact in (*capture.artifacts, *capture.others):
            if artifact.compile_id == self._compile_id or artifact.stage is Stage.SOURCE:
                yield Item(artifact.id, (*_words(artifact),), opens=True)

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Another text."""
        self._show(message.item)

    def on_outline_chosen(self) -> None:
        """Enter goes to the text."""
        self.action_switch()

    def _show(self, item: Item) -> None:
        about = item.key == _ABOUT
        self.details.display = about
        self.pane.display = not about
        if about:
            self.details.update_sections(self._sections)
        else:
            self.pane.show(self._capture.by_id[item.key], heading=item.cells[0].text)

    def action_switch(self) -> None:
        """Between the list and the text."""
        text = self.details if self.details.display else self.pane
        (text if self.list.has_focus else self.list).focus()

    def action_find(self) -> None:
        """Asks what to find in the text."""
        from inspector.tui.screens.prompts import FindPrompt

        if self.pane.display:
            self.opening = self.app.push_screen(FindPrompt(self.pane))

    def action_keys(self) -> None:
        """Lists every key."""
        from inspector.tui.screens.help import HelpScreen, sections_of

        groups = {"Texts": self.BINDINGS, "In the list": Outline.BINDINGS, "In the text": CodePane.BINDINGS}
        self.app.push_screen(HelpScreen(sections_of(groups)))


def _words(artifact: Artifact) -> Iterator[Cell]:
    name = artifact.stage.heading
    after = artifact.kernel or artifact.variant
    if artifact.stage is Stage.OTHER:
        name, after = artifact.variant or artifact.id, ""
    elif artifact.stage is Stage.SOURCE:
        after = artifact.id.partition(":")[2]
    yield Cell(name, Tone.TEXT, after=after)
    yield Cell(f"{len(artifact.lines):,}", Tone.QUIET)
