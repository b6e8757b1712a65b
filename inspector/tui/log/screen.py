"""The screen of a log: every compile id at a glance, where the time went, and the way into each of them.

What stands in a view is worked out in `views`, what is read from the log in `source` and `opening`; this file holds
the widgets and routes between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import ClassVar, TypeVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widget import AwaitMount

from inspector.errors import EXIT_INTERRUPTED, EXIT_OK
from inspector.model.capture import Capture
from inspector.model.selection import wanted
from inspector.say.units import plural
from inspector.tui.log.arrangement import Arrangement
from inspector.tui.log.commands import LOG_COMMANDS
from inspector.tui.log.header import LogHeader, ViewTabs
from inspector.tui.log.opening import Opener
from inspector.tui.log.reading import Answer, Reading, Told
from inspector.tui.log.source import LogSource
from inspector.tui.log.state import Options
from inspector.tui.log.times import flame_words
from inspector.tui.log.views import NAMES, SORTS, Views
from inspector.tui.notebook import Notebook
from inspector.tui.palette import of_any_screen
from inspector.tui.status import StatusLine
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.flame import FlameGraph
from inspector.tui.widgets.outline import Outline
from inspector.tui.widgets.toosmall import TooSmall

_Result = TypeVar("_Result")
_MOST_IDS = 500
"""Compile ids that the palette names; the filter finds the others."""


class LogScreen(Screen[None]):
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

    class StateWaiting(Message):
        """The index's thread has left a newer state."""

    def __init__(
        self, source: LogSource, title: str, clock: Callable[[], float], notebook: Notebook | None = None
    ) -> None:
        super().__init__()
        self.notebook = notebook if notebook is not None else Notebook()
        self.source = source
        self.heading = title
        self.clock = clock
        self.views = Views()
        self.reading = Reading(self)
        self.opener = Opener(self)
        self.arrangement: Arrangement = Arrangement(self)
        self.opening: AwaitMount | None = None
        """The last dialog, while its widgets are being made: what is typed meanwhile is meant for it."""
        self._made_from: object = None

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Everything, from top to bottom."""
        self.header = LogHeader(self.heading)
        self.tabs = ViewTabs()
        self.outlines = {name: Outline(id=f"rows-{name}") for name in NAMES}
        self.details = Details(id="about")
        self.flame = FlameGraph(id="flame", empty="The log holds no timed phases.")
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
        self.arrangement.place()
        self.outline.focus()
        self.source.start(lambda: self.post_message(self.StateWaiting()))

    # --- what arrives ---------------------------------------------------------------------------------------

    def on_log_screen_state_waiting(self) -> None:
        """Takes the newest state of the index."""
        before = self.views.state
        self.views.state = self.source.take()
        self.arrangement.grown()
        self.draw()
        self.opener.state_changed(before)

    def on_answer(self, message: Answer) -> None:
        """Takes what was read on another thread."""
        self.reading.answered(message)

    def on_told(self, message: Told) -> None:
        """Takes how far the reading has come."""
        self.reading.told(message)

    # --- drawing --------------------------------------------------------------------------------------------

    @property
    def outline(self) -> Outline:
        """The rows of the view on screen."""
        return self.outlines[self.views.active]

    @property
    def options(self) -> Options:
        """How the rows on screen are sorted and narrowed down."""
        return self.views.options[self.views.active]

    def draw(self) -> None:
        """Draws what changed."""
        self.draw_header()
        state, active = self.views.state, self.views.active
        self.tabs.update_tabs(self.views.tabs(), active)
        made_from = (state.overview, active, self.options, self.views.report, self.views.empty_words())
        if active == "records" or not _same(made_from, self._made_from):
            self._made_from = made_from
            table = self.views.table()
            self.outline.update_items(
                table.columns,
                table.items,
                sorted_by=self.options.sort,
                needle=table.lit,
                empty=self.views.empty_words() or table.empty,
            )
        if self.flame.display:
            self.flame.update_flame(self.views.flame())
        self.draw_details()

    def draw_header(self) -> None:
        """The top row."""
        if self.is_mounted:
            self.header.update_state(self.views.state, self.reading.busy)

    def draw_details(self) -> None:
        """What is known of the row under the cursor, and its bar in the flame graph."""
        item = self.outline.current
        if self.details.display:
            below = self.outline.below(item) if item is not None else ()
            self.details.update_sections(tuple(self.views.about(item, below)))
        compile_id = self.views.compile_id(item)
        if compile_id is not None and not self.flame.has_focus:
            self.flame.show_compile_id(compile_id)
        self._draw_status()

    def _draw_status(self) -> None:
        if self.flame.has_focus or self.views.active == "time":
            nodes = self.flame.nodes
            self.status.update_words(nodes[-1].name or "all", f"{flame_words(nodes)} · Enter widens · o opens")
            return
        parts = []
        if self.options.needle:
            parts.append(f"filter {self.options.needle!r}: {plural(len(self.outline.items), 'row')} · Esc shows all")
        if self.options.sort:
            parts.append(f"sorted by {self.options.sort}")
        item = self.outline.current
        compile_id = self.views.compile_id(item)
        if not parts and compile_id is not None:
            keys = ["Enter opens", "u guards", "A texts", "/ filters"]
            if self.opener.other_side(compile_id) is not None:
                keys.insert(1, "d difference")
            if self.views.active == "compiles":
                keys += ["s sorts", "v tree or table"]
            parts.append(" · ".join(keys))
        self.status.update_words(compile_id or "", " · ".join(parts) or "1–6 views · / filters · D details")

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Another row."""
        if message.outline is self.outline:
            self.draw_details()

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """A row leads somewhere, if it is a row still: another view may have come before this did."""
        now = message.outline.current
        if now is not None and now.key == message.item.key:
            self.opener.choose(now)

    def on_outline_title_clicked(self, message: Outline.TitleClicked) -> None:
        """Sorts by a column, or in the log's own order when it was sorted by that."""
        if message.column in SORTS.get(self.views.active, ()):
            self._set_options(sort="" if message.column == self.options.sort else message.column)

    def on_flame_graph_moved(self, _: FlameGraph.Moved) -> None:
        """Another bar."""
        self._draw_status()

    def on_flame_graph_chosen(self, message: FlameGraph.Chosen) -> None:
        """A bar of a compile id leads there."""
        self.opener.open(message.compile_id)

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        """A click on the strip."""
        self.arrangement.show_view(message.view)

    def on_details_compile_id_chosen(self, message: Details.CompileIdChosen) -> None:
        """The details name a compile id."""
        self.opener.open(message.compile_id)

    def on_details_place_chosen(self, message: Details.PlaceChosen) -> None:
        """The details name a place in a source file."""
        compile_id = self.views.compile_id(self.outline.current)
        if compile_id is not None:
            self.opener.open(compile_id, (message.file, message.line))

    def on_descendant_focus(self) -> None:
        """The bottom line is about what has the focus."""
        self._draw_status()

    def on_resize(self) -> None:
        """Another size, another layout."""
        self.arrangement.place()

    # --- commands -------------------------------------------------------------------------------------------

    def action_command(self, name: str) -> None:
        """Carries out a command of the table."""
        LOG_COMMANDS[name].does(self)

    def _set_options(self, **changes: object) -> None:
        active = self.views.active
        self.views.options[active] = replace(self.views.options[active], **changes)  # type: ignore[arg-type]
        self.draw()

    def sort_next(self) -> None:
        """Sorts by the next column."""
        sorts = SORTS.get(self.views.active, ("",))
        if len(sorts) == 1:
            self.notify("These rows have one order.", timeout=2)
            return
        self._set_options(sort=sorts[(sorts.index(self.options.sort) + 1) % len(sorts)])

    def toggle_flat(self) -> None:
        """A tree or a table; the flame graph by compile id or by phase."""
        self._set_options(flat=not self.options.flat)

    def set_filter(self, needle: str) -> None:
        """Narrows the rows down; empty shows all.

        Raises:
            UsageError: a condition that there is not, in the view that knows conditions.
        """
        if self.views.active == "compiles":
            wanted(needle)
        if needle != self.options.needle:
            self._set_options(needle=needle)

    def ask_filter(self) -> None:
        """Asks what to narrow the rows down to."""
        from inspector.tui.log.prompt import FilterPrompt

        self.push(FilterPrompt(self))

    def show_difference(self) -> None:
        """How what is under the cursor differs from what it is to be held against."""
        self.opener.show_difference(self.outline.current)

    def show_guards(self) -> None:
        """The guards of the compile id under the cursor."""
        compile_id = self.views.compile_id(self.outline.current)
        if compile_id is not None:
            self.opener.show_guards(compile_id)

    def show_texts(self) -> None:
        """Every text of the compile id under the cursor; outside any where there is none."""
        self.opener.show_texts(self.views.compile_id(self.outline.current))

    def copy_row(self) -> None:
        """Copies the row under the cursor."""
        if (item := self.outline.current) is not None:
            self.app.copy_to_clipboard(
                "  ".join(filter(None, (f"{cell.text}  {cell.after}".strip() for cell in item.cells)))
            )
            self.notify("Copied.", timeout=2)

    def show_help(self) -> None:
        """Lists every key."""
        from inspector.tui.screens.help import HelpScreen, sections

        widgets = {"In the rows": Outline.BINDINGS, "In the flame graph": FlameGraph.BINDINGS}
        self.push(HelpScreen(sections(LOG_COMMANDS, widgets)))

    def palette(self) -> Iterable[SystemCommand]:
        """Every command, with its key, and every compile id."""
        for entry in LOG_COMMANDS.offered():
            yield SystemCommand(entry.title, f"{entry.help}  {entry.shown_keys}".strip(), partial(entry.does, self))
        for row in self.views.state.overview.rows[:_MOST_IDS]:
            words = f"{row.function} · {row.status}"
            yield SystemCommand(f"Compile id: {row.compile_id}", words, partial(self.opener.open, row.compile_id))
        yield from of_any_screen(self)

    def push(self, screen: Screen[_Result], callback: Callable[[_Result | None], None] | None = None) -> None:
        """Opens a dialog."""
        self.opening = self.app.push_screen(screen, callback)

    def to_save(self) -> Capture:
        """What is saved with the notes: the compile ids that have some.

        Raises:
            InspectorError: the log cannot be read.
        """
        from inspector.tui.saving import noted_ids

        return self.source.capture(noted_ids(self.notebook.notes, tuple(self.views.state.overview.by_id)))

    def leave(self, *, interrupted: bool = False) -> None:
        """Ends the app, unless notes would be lost."""
        from inspector.tui.saving import leave

        error = self.views.state.error
        code = EXIT_INTERRUPTED if interrupted else error.exit_code if error is not None else EXIT_OK
        leave(self, lambda: self.app.exit(code))


def _same(one: object, other: object) -> bool:
    """Whether two tuples hold the very same or equal parts, without looking into what is large."""
    if not isinstance(one, tuple) or not isinstance(other, tuple) or len(one) != len(other):
        return False
    return all(a is b or (not hasattr(a, "rows") and a == b) for a, b in zip(one, other, strict=True))
