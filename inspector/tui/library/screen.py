"""The first screen: kept captures over the targets of the gallery, and what is known of the one under the cursor.

Keys and messages become intents, `after` makes the next state of them, and that is drawn; this file holds the widgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from inspector.client.logs import sanitise
from inspector.library import Library
from inspector.model.library import KeptCapture
from inspector.say.units import size
from inspector.targets import catalog
from inspector.tui import effects
from inspector.tui.effects import Leave, Say
from inspector.tui.front import Front
from inspector.tui.intents import Resized
from inspector.tui.library import intents as want
from inspector.tui.library.after import after
from inspector.tui.library.commands import LIBRARY_COMMANDS
from inspector.tui.library.effects import (
    AskLibraryFilter,
    AskRemove,
    AskTags,
    ChangeTags,
    Choice,
    LibraryAct,
    LibraryEffect,
    RemoveKept,
)
from inspector.tui.library.intents import HasKept, LibraryDo, LibraryIntent, WentWrong
from inspector.tui.library.state import COLUMNS, LibraryDesk
from inspector.tui.log.prompt import FilterPrompt
from inspector.tui.palette import of_any_screen
from inspector.tui.screens.help import HelpScreen, sections
from inspector.tui.screens.prompts import Prompt
from inspector.tui.status import StatusLine
from inspector.tui.task import Task, TaskDone, TaskFailed, Tasks
from inspector.tui.widgets.outline import Outline
from inspector.tui.widgets.toosmall import TooSmall

_FIRST = "Kept captures and targets"


class AskPrompt(Prompt):
    """Asks for a word, or whether; gives what was typed to `answered`."""

    def __init__(self, label: str, note: str, answered: Callable[[str], object]) -> None:
        super().__init__(label, note)
        self._answered = answered

    def answer(self) -> None:
        """Takes what stands there."""
        text = self.text.strip()
        self.dismiss()
        self._answered(text)


class LibraryScreen(Front):
    """Lists what is kept and what can be compiled.

    Args:
        choose: told what was chosen.
        at: the row that the cursor is on at first.
        words: what went wrong before, to be said at once.
    """

    CSS = """
    LibraryScreen.-too-small > * { display: none; }
    LibraryScreen.-too-small > TooSmall { display: block; }
    LibraryScreen #header { dock: top; height: 1; background: $panel; color: $foreground; }
    LibraryScreen #list { height: 1fr; }
    LibraryScreen #about {
        height: auto; max-height: 40%; padding: 0 1; border-top: solid $foreground 15%; color: $text-muted;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = LIBRARY_COMMANDS.bindings("library.")

    def __init__(self, choose: Callable[[Choice], object], at: str = "", words: str = "") -> None:
        super().__init__()
        self._choose = choose
        self._first = at
        self._words = words
        self._read = False
        """Whether the rows are those of a library that has been read once: the cursor is then the person's."""
        self._library: Library | None = None
        self._rows: tuple[object, ...] = (self, "", "", "")
        """What the rows on screen were made of."""
        self.tasks = Tasks(self)
        self.desk: LibraryDesk = LibraryDesk(tuple(catalog()), at=at)

    def compose(self) -> ComposeResult:
        """Everything, from top to bottom."""
        self.header = Static(id="header")
        self.list = Outline(id="list", empty="Nothing has all of these words.")
        self.about = Static(id="about")
        self.status = StatusLine()
        yield self.header
        yield self.list
        yield self.about
        yield self.status
        yield TooSmall()

    def on_mount(self) -> None:
        """Draws what there is, and begins to read."""
        self.on_resize()
        self.list.focus()
        if self._words:
            self.notify(self._words, severity="error", timeout=10)
        self._carry_out(LibraryAct.READ)

    def on_unmount(self) -> None:
        """Nothing goes on behind a screen that has gone."""
        self.tasks.end()

    # --- a turn ---------------------------------------------------------------------------------------------

    def turn(self, intent: LibraryIntent) -> None:
        """Makes the next state, draws it once, and does what it asks for."""
        made = after(self.desk, intent)
        self.desk = replace(made, effects=())
        self._draw()
        for effect in made.effects:
            self._carry_out(effect)

    def action_command(self, name: str) -> None:
        """Carries out a command of the table."""
        self.turn(LIBRARY_COMMANDS[name].does)

    def on_task_spoke(self, message: Task.Spoke) -> None:
        """The library has been read, or changed."""
        taken: list[Any] = message.task.take()
        for said in taken:
            match said:
                case TaskDone(HasKept() as kept):
                    self.turn(kept)
                    if self._first and self.list.go(self._first):
                        self._first = ""
                    elif not self._first and (at := self.list.current) is not None and not (at.opens or self._read):
                        self.list.go(next((item.key for item in self.desk.items() if item.opens), at.key))
                    self._read = True
                case TaskFailed(error):
                    self.turn(WentWrong(f"{error.message} {error.hint}".strip()))

    def _carry_out(self, effect: LibraryEffect) -> None:
        match effect:
            case Say():
                effects.carry_out(self, effect)
            case Leave(code):
                self.app.exit(code)
            case AskLibraryFilter(needle):
                self.push(FilterPrompt(needle, lambda text: self.turn(want.FilterRows(text)), conditions=False))
            case AskTags(item):
                note = f"{', '.join(item.tags) or 'none'} · tags to add, -tag takes one away · Enter"
                self.push(AskPrompt("@", note, lambda text: self.turn(want.GaveTags(item.id, text))))
            case AskRemove(item):
                self.push(AskPrompt("remove? yes", _what(item), partial(self._sure, item.id)))
            case ChangeTags(name, add, remove):
                self._work("tags", lambda library: _tagged(library, name, add, remove))
            case RemoveKept(name):
                self._work("removal", lambda library: _removed(library, name))
            case LibraryAct.READ:
                self._work("reading", lambda _: "")
            case LibraryAct.HELP:
                self.push(HelpScreen(sections(LIBRARY_COMMANDS, {"In the list": Outline.BINDINGS})))
            case LibraryAct.PALETTE:
                self.app.action_command_palette()
            case LibraryAct.THEME:
                self.change_theme()
            case _:
                self._choose(effect)

    def _sure(self, name: str, text: str) -> None:
        if text.lower() in ("y", "yes"):
            self.turn(want.SureToRemove(name))

    def _work(self, name: str, work: Callable[[Library], str]) -> None:
        """Does something to the library on a thread, and reads it then."""

        def run(_say: object) -> HasKept:
            library = self._library = self._library or Library()
            library.notes.clear()
            words = work(library)
            kept = tuple(library.all())
            return HasKept(kept, " ".join(filter(None, (words, *library.notes))))

        self.tasks.run(name, run, doing="read the library", finishes=name != "reading")

    # --- drawing --------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        desk = self.desk
        self.set_class(desk.cramped, "-too-small")
        title = Content.assemble((" ◆  ", "$primary"), (_FIRST, "bold"), "  ", (desk.heading, "$foreground 60%"))
        self.header.update(title)
        rows = (desk.kept, desk.needle, desk.marked, desk.trouble)
        if not all(one is other for one, other in zip(rows, self._rows, strict=True)):  # thousands, at each move
            self._rows = rows
            self.list.update_items(COLUMNS, desk.items(), needle=desk.needle)
        below = desk.below()
        self.about.display = bool(below)
        self.about.update(Content("\n").join(Content(sanitise(line)) for line in below))
        where, words = desk.status()
        self.status.update_words(sanitise(where), words)

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """The cursor came to another row."""
        self.turn(want.OnRow(message.item.key))

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """A capture or a target."""
        self.turn(want.ChooseRow(message.item.key))

    def on_resize(self) -> None:
        """Another size, another layout."""
        self.turn(Resized((self.app.size.width, self.app.size.height)))

    # --- for the app ----------------------------------------------------------------------------------------

    def palette(self) -> Iterable[SystemCommand]:
        """Every command, with its key."""
        for entry in LIBRARY_COMMANDS.offered():
            yield SystemCommand(
                entry.title, f"{entry.help}  {entry.shown_keys}".strip(), partial(self.turn, entry.does)
            )
        yield from of_any_screen(self)

    def leave(self, *, interrupted: bool = False) -> None:
        """Ends the app."""
        self.turn(LibraryDo.INTERRUPT if interrupted else LibraryDo.LEAVE)


def _what(item: KeptCapture) -> str:
    return f"Enter removes {item.id} ({item.facts.title}, {size(item.size)}) for good · Esc keeps it"


def _tagged(library: Library, name: str, add: tuple[str, ...], remove: tuple[str, ...]) -> str:
    library.tag(library.find(name), add, remove)
    return ""


def _removed(library: Library, name: str) -> str:
    from inspector.say.library import pruned_words

    item = library.find(name)
    library.remove([item])
    return pruned_words([item], gone=True)
