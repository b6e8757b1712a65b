"""The screen of a log: keys and messages become intents, `after` makes the next state of them, and that is drawn.

What stands in a view is worked out in `state`; this file holds the widgets and gives them finished values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from inspector.model.capture import Capture
from inspector.say.flame import flame_words
from inspector.say.pieces import range_title
from inspector.tui.desk.intents import GoToPlace
from inspector.tui.effects import FocusPart
from inspector.tui.intents import Resized, ShowEvidence
from inspector.tui.log import intents as want
from inspector.tui.log import layout
from inspector.tui.log.acting import READING, LogActing, carry_out
from inspector.tui.log.after import after
from inspector.tui.log.commands import LOG_COMMANDS
from inspector.tui.log.effects import FocusRows
from inspector.tui.log.header import LogHeader
from inspector.tui.log.intents import LogDo, LogDoes, LogIntent, OfRow
from inspector.tui.log.parts import NAMES, LogState
from inspector.tui.log.source import LogSource
from inspector.tui.log.state import LogDesk
from inspector.tui.notebook import Notebook
from inspector.tui.palette import of_any_screen
from inspector.tui.pieces.outline import PiecesOutline
from inspector.tui.screens.help import HelpScreen, sections
from inspector.tui.status import StatusLine
from inspector.tui.task import Task, TaskDone, TaskFailed, Tasks
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.flame import FlameGraph
from inspector.tui.widgets.outline import Outline
from inspector.tui.widgets.tabs import ViewTabs
from inspector.tui.widgets.toosmall import TooSmall

_MOST_IDS = 500
"""Compile ids that the palette names; the filter finds the others."""
_INDEX = "log-index"
"""The task that reads the log itself."""

_OUTLINES: dict[str, type[Outline]] = {"pieces": PiecesOutline}
PARTS = {
    "In the rows": Outline.BINDINGS,
    "In the rows of pieces": PiecesOutline.BINDINGS,
    "In the flame graph": FlameGraph.BINDINGS,
}
"""What has keys of its own."""


class LogScreen(LogActing):
    """Shows a log that is being indexed, verified or followed.

    Args:
        source: reads the log.
        title: what to call it.
        clock: seconds from some start; tests freeze it.
        notebook: what was noted; None for an empty one.
    """

    CSS = """
    LogScreen.-too-small > * { display: none; }
    LogScreen.-too-small > TooSmall { display: block; }
    LogScreen #body { height: 1fr; layout: horizontal; }
    LogScreen #body.-below { layout: vertical; }
    LogScreen Outline { width: 1fr; height: 1fr; }
    LogScreen #about { width: 1fr; border-left: solid $foreground 15%; padding: 0 0 0 1; }
    LogScreen .-below #about { border-left: none; border-top: solid $foreground 20%; padding: 0; }
    LogScreen #flame { border-top: solid $foreground 20%; }
    LogScreen #flame.-first { border-top: none; border-bottom: solid $foreground 20%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = LOG_COMMANDS.bindings("log.")

    def __init__(
        self, source: LogSource, title: str, clock: Callable[[], float], notebook: Notebook | None = None
    ) -> None:
        super().__init__()
        self.notebook = notebook if notebook is not None else Notebook()
        self.source = source
        self.clock = clock
        self.tasks = Tasks(self)
        self.desk: LogDesk = LogDesk(title)
        if source.stored is not None:
            self.desk = LogDesk(title, log=LogState(stored=True), active="pieces")
        self._drawn: tuple[object, ...] = ()
        """What the rows on screen were made of."""
        self._placed: tuple[object, ...] = ()
        """What stands where."""

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Everything, from top to bottom."""
        self.header = LogHeader(self.desk.title)
        self.tabs = ViewTabs()
        self.outlines = {name: _OUTLINES.get(name, Outline)(id=f"rows-{name}") for name in NAMES}
        self.details = Details(id="about")
        self.flame = FlameGraph(id="flame", empty="No phase with a time of its own is recorded.")
        self.status = StatusLine()
        self.body = Container(*self.outlines.values(), self.details, id="body")
        yield self.header
        yield self.tabs
        yield self.body
        yield self.flame
        yield self.status
        yield TooSmall()

    def on_mount(self) -> None:
        """Begins to read."""
        self.on_resize()
        self.outline.focus()
        self.tasks.run(_INDEX, self.source.run, doing="read the log")

    def on_unmount(self) -> None:
        """Nothing goes on behind a screen that has gone."""
        self.tasks.end()

    # --- a turn ---------------------------------------------------------------------------------------------

    def turn(self, intent: LogIntent) -> None:
        """Makes the next state, draws it once, and does what it asks for.

        Raises:
            UsageError: rows are to be narrowed down to what is no filter.
        """
        made = after(self.desk, intent)
        self.desk = replace(made, effects=())
        self._draw()
        for effect in made.effects:
            match effect:
                case FocusRows():
                    shown = self.desk.active == "time" and self.flame.display
                    (self.flame if shown else self.outline).focus()
                case FocusPart(by):
                    stops: list[Widget] = [self.outline, self.details, self.flame]
                    if self.desk.active == "time":
                        stops = [self.flame, self.outline, self.details]
                    self.give_focus([widget for widget in stops if widget.display], by)
                case _:
                    carry_out(self, effect)

    def action_command(self, name: str) -> None:
        """Carries out a command of the table."""
        self.command(LOG_COMMANDS[name].does)

    def command(self, does: LogDoes) -> None:
        """Turns what a command says into an intent of the row under the cursor."""
        self.turn(does(self.outline.current) if callable(does) else does)

    def on_task_spoke(self, message: Task.Spoke) -> None:
        """Something that runs beside the screen has come to something."""
        taken: list[Any] = message.task.take()
        if message.task.name == _INDEX:
            for item in taken[-2:]:  # the newest state holds all that was said before
                match item:
                    case TaskFailed(error):
                        self.turn(want.IndexFailed(error))
                    case LogState():
                        self.turn(want.Indexed(item))
            return
        assert message.task.name == READING
        for item in taken:
            read = self.desk.reading
            assert read is not None
            match item:
                case TaskDone(result):
                    self.turn(want.HasRead(read, result))
                case TaskFailed(error):
                    self.turn(want.ReadFailed(read, error))
                case words:
                    self.turn(want.ReadSays(words))

    # --- drawing --------------------------------------------------------------------------------------------

    @property
    def outline(self) -> Outline:
        """The rows of the view on screen."""
        return self.outlines[self.desk.active]

    def _draw(self) -> None:
        """Draws what changed."""
        desk = self.desk
        self._place()
        self.header.update_state(desk.log, desk.busy)
        self.tabs.update_tabs(desk.tabs(), desk.active)
        pieces = (desk.pieces, desk.size, desk.layout) if desk.active == "pieces" else ()
        made_of = (desk.log.overview, desk.active, desk.asked, desk.report, desk.not_compared, desk.empty_words())
        if desk.active == "records" or not _same((*made_of, *pieces), self._drawn):
            self._drawn = (*made_of, *pieces)
            table = desk.table()
            self.outline.update_items(
                table.columns,
                table.items,
                sorted_by=desk.asked.sort,
                needle=table.lit,
                empty=desk.empty_words() or table.empty,
            )
        if isinstance(self.outline, PiecesOutline):
            tokens = desk.pieces.tokens
            self.outline.choose_column(range_title(tokens) if tokens is not None else "")
        if self.flame.display:
            self.flame.update_flame(desk.flame())
        self._draw_row()

    def _place(self) -> None:
        """Puts everything where it belongs for this size and view."""
        desk, fits = self.desk, self.desk.layout
        if self._placed == (desk.active, fits, desk.cramped):
            return
        self._placed = desk.active, fits, desk.cramped
        self.set_class(desk.cramped, "-too-small")
        for name, outline in self.outlines.items():
            outline.display = name == desk.active
        self.body.set_class(fits.details == layout.BELOW, "-below")
        self.details.display = fits.details_shown
        self.details.styles.width = fits.details_cells if fits.details == layout.RIGHT else "1fr"
        self.details.styles.height = fits.details_cells if fits.details == layout.BELOW else "1fr"
        first = desk.active == "time"
        self.flame.display = fits.flame > 0
        self.flame.styles.height = fits.flame or 1
        self.flame.set_class(first, "-first")
        if first:
            self.move_child(self.flame, before=self.body)
        else:
            self.move_child(self.flame, after=self.body)

    def _draw_row(self) -> None:
        """What is known of the row under the cursor, and its bar in the flame graph."""
        item = self.outline.current
        if self.details.display:
            below = self.outline.below(item) if item is not None else ()
            self.details.update_sections(tuple(self.desk.about(item, below)))
        compile_id = self.desk.compile_id(item)
        if compile_id is not None and not self.flame.has_focus:
            self.flame.show_compile_id(compile_id)
        self._draw_status()

    def _draw_status(self) -> None:
        if self.flame.has_focus or self.desk.active == "time":
            nodes = self.flame.nodes
            self.status.update_words(nodes[-1].name or "all", f"{flame_words(nodes)} · Enter widens · o opens")
        else:
            self.status.update_words(*self.desk.status(self.outline.current, len(self.outline.items)))

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Another row."""
        if message.outline is self.outline:
            self._draw_row()

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """A row leads somewhere, if it is a row still: another view may have come before this did."""
        now = message.outline.current
        if now is not None and now.key == message.item.key:
            self.turn(want.AtRow(OfRow.OPEN, now))

    def on_outline_title_clicked(self, message: Outline.TitleClicked) -> None:
        """Sorts by a column."""
        self.turn(want.SortBy(message.column))

    def on_flame_graph_moved(self, _: FlameGraph.Moved) -> None:
        """Another bar."""
        self._draw_status()

    def on_flame_graph_chosen(self, message: FlameGraph.Chosen) -> None:
        """A bar of a compile id leads there."""
        self.turn(want.OpenCompileId(message.compile_id))

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        """A click on the strip."""
        self.turn(want.ShowView(message.view))

    def on_details_compile_id_chosen(self, message: Details.CompileIdChosen) -> None:
        """The details name a compile id."""
        self.turn(want.OpenCompileId(message.compile_id))

    def on_details_place_chosen(self, message: Details.PlaceChosen) -> None:
        """The details name a place in a source file."""
        compile_id = self.desk.compile_id_of(message.file, message.line, self.outline.current)
        if compile_id is not None:
            self.turn(want.OpenCompileId(compile_id, GoToPlace(message.file, message.line)))

    def on_details_show_chosen(self, message: Details.ShowChosen) -> None:
        """A finding names what shows it."""
        self.turn(ShowEvidence(message.show))

    def on_descendant_focus(self) -> None:
        """The bottom line is about what has the focus."""
        self._draw_status()

    def on_resize(self) -> None:
        """Another size, another layout."""
        self.turn(Resized((self.app.size.width, self.app.size.height)))

    def on_pieces_outline_aside(self, message: PiecesOutline.Aside) -> None:
        """Another range of token counts."""
        self.turn(want.Aside(message.by))

    # --- for the app ----------------------------------------------------------------------------------------

    @property
    def heading(self) -> str:
        """What the log is called."""
        return self.desk.title

    def help(self) -> HelpScreen:
        """Lists every key."""
        return HelpScreen(sections(LOG_COMMANDS, PARTS))

    def palette(self) -> Iterable[SystemCommand]:
        """Every command, with its key, and every compile id."""
        for entry in LOG_COMMANDS.offered():
            words = f"{entry.help}  {entry.shown_keys}".strip()
            yield SystemCommand(entry.title, words, partial(self.command, entry.does))
        for row in self.desk.log.overview.rows[:_MOST_IDS]:
            opens = partial(self.turn, want.OpenCompileId(row.compile_id))
            yield SystemCommand(f"Compile id: {row.compile_id}", f"{row.function} · {row.status}", opens)
        yield from of_any_screen(self)

    def to_save(self) -> Capture:
        """What is saved with the notes: the compile ids that have some.

        Raises:
            InspectorError: the log cannot be read.
        """
        from inspector.tui.saving import noted_ids

        return self.source.capture(noted_ids(self.notebook.notes, tuple(self.desk.log.overview.by_id)))

    def leave(self, *, interrupted: bool = False) -> None:
        """Ends the app, unless notes would be lost."""
        self.turn(LogDo.INTERRUPT if interrupted else LogDo.LEAVE)


def _same(one: object, other: object) -> bool:
    """Whether two tuples hold the very same or equal parts, without looking into what is large."""
    if not isinstance(one, tuple) or not isinstance(other, tuple) or len(one) != len(other):
        return False
    return all(a is b or (not hasattr(a, "rows") and a == b) for a, b in zip(one, other, strict=True))
