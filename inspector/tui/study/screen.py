"""The screen of a study: pages of charts and tables, and beside them the plan of the runs that fill them.

What stands on a page is worked out in `pages`, where a plan stands in `state`, what fits in `layout`; this file holds
the widgets and routes between them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widget import AwaitMount, Widget
from textual.widgets import Static

from inspector.client.logs import sanitise
from inspector.errors import EXIT_INTERRUPTED
from inspector.study.document import Section
from inspector.study.words import environment_words
from inspector.tui import layout as main_layout
from inspector.tui.log.header import ViewTabs
from inspector.tui.status import StatusLine
from inspector.tui.study import pages, plan, said
from inspector.tui.study.chart import Chart
from inspector.tui.study.commands import PAGES, STUDY_COMMANDS
from inspector.tui.study.driving import Driver
from inspector.tui.study.header import EnvironmentLine, StudyHeader
from inspector.tui.study.layout import BELOW, BESIDE, BOTH, CHART, HIDDEN, TABLE, StudyLayout, layout_for
from inspector.tui.study.pages import Place
from inspector.tui.study.results import Results
from inspector.tui.study.source import StudySource
from inspector.tui.study.state import PlanState, RunState, StudyState, after, begun
from inspector.tui.study.table import StudyTable
from inspector.tui.widgets.outline import Outline
from inspector.tui.widgets.toosmall import TooSmall
from inspector.tui.words import wrapped

_Result = TypeVar("_Result")


class StudyScreen(Screen[None]):
    """Shows a plan under way and what comes of it, or finished results.

    Args:
        source: runs the plan; None shows `results` as they are.
        results: finished ones.
        title: what to call it.
        clock: seconds from some start; tests freeze it.
    """

    CSS = """
    StudyScreen.-too-small > * { display: none; }
    StudyScreen.-too-small > TooSmall { display: block; }
    StudyScreen #body { height: 1fr; layout: horizontal; }
    StudyScreen #body.-below { layout: vertical; }
    StudyScreen #page { width: 1fr; height: 1fr; }
    StudyScreen #words { height: auto; width: 1fr; padding: 0 1; color: $text-muted; scrollbar-size-vertical: 1; }
    StudyScreen #words Static { height: auto; width: 1fr; }
    StudyScreen #plan { width: 1fr; height: 1fr; border-left: solid $foreground 15%; }
    StudyScreen .-below #plan { border-left: none; border-top: solid $foreground 20%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = STUDY_COMMANDS.bindings("study.")

    class UpdatesWaiting(Message):
        """The plan's thread has left something to take."""

    def __init__(self, source: StudySource | None, results: Results, title: str, clock: Callable[[], float]) -> None:
        super().__init__()
        self.source = source
        self.results = results
        self.heading = title
        self.clock = clock
        self.state: StudyState | None = begun(source.runs.requests) if source is not None else None
        """Of the plan; None where results are only shown."""
        self.place = Place()
        self.driver: Driver = Driver(self)
        self.opening: AwaitMount | None = None
        """The last dialog, while its widgets are being made: what is typed meanwhile is meant for it."""
        self._following = source is not None
        """Whether the figure of the last finished run is shown, as nobody chose another."""
        self._face = BOTH
        self._plan_wanted: bool | None = None

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Everything, from top to bottom."""
        self.header = StudyHeader(self.heading)
        self.environment = EnvironmentLine()
        self.tabs = ViewTabs()
        self.chart = Chart(id="chart")
        self.table = StudyTable(id="table")
        self.sentences = Static()
        self.words = VerticalScroll(self.sentences, id="words")
        self.plan = Outline(id="plan")
        self.status = StatusLine()
        self.body = Container(Vertical(self.chart, self.table, self.words, id="page"), self.plan, id="body")
        yield self.header
        yield self.environment
        yield self.tabs
        yield self.body
        yield self.status
        yield TooSmall()

    def on_mount(self) -> None:
        """Draws what there is, and begins to run."""
        self.draw()
        self._stops()[0].focus()
        if self.source is not None:
            self.source.start(self.wake)
            self.set_interval(1 / 4, self._tick)

    def wake(self) -> None:
        """Called on the plan's thread: updates wait."""
        self.post_message(self.UpdatesWaiting())

    # --- what arrives ---------------------------------------------------------------------------------------

    def on_study_screen_updates_waiting(self) -> None:
        """Takes what the plan's thread left."""
        if self.source is None or self.state is None:
            return
        before = self.state
        for update in self.source.take():
            self.state = after(self.state, update)
        self._follow_results()
        if self.state.plan is PlanState.BROKEN and before.plan is not PlanState.BROKEN:
            self.driver.show_failures()
        if before.under_way and not self.state.under_way:
            for note in self.state.notes:
                self.notify(note, severity="warning", timeout=8)
        self.draw()

    def _follow_results(self) -> None:
        assert self.source is not None and self.state is not None
        if not self.results.update(self.source.runs.path, self.state) or not self._following:
            return
        last = self.state.runs[-1]
        self.place = replace(self.place, set=self.results.own, subject=self.results.subject(last))

    def _tick(self) -> None:
        if self.state is not None and self.state.under_way:
            self.header.update_state(self.state, self.frame)

    @property
    def frame(self) -> int:
        """Counts quarters of a second since some start; turns the spinner."""
        return int(self.clock() * 4)

    # --- drawing --------------------------------------------------------------------------------------------

    @property
    def section(self) -> Section | None:
        """What the page is about; None while there is no result."""
        return pages.section_at(self.results.report, self.place) if self.results.report is not None else None

    def draw(self) -> None:
        """Draws what changed."""
        section = self.section
        fits = self._arrange(section)
        self.header.update_state(self.state, self.frame)
        self.environment.update_words(self._environment_words(section))
        self.tabs.update_tabs(said.tabs(self.results.report), section.topic if section is not None else "")
        figure, number, count = pages.figure_at(section, self.place)
        beside = f"{number} of {count}" if count > 1 else ""
        self.chart.update_figure(figure, beside=beside, words=said.empty(self.state))
        self.table.update_tables(section.tables if section is not None else ())
        self.sentences.update(
            Content("\n").join(
                Content(line) for line in said.below(self.results.report, section, self.place, self._face)
            )
        )
        if self.state is not None:
            self.plan.update_items(plan.COLUMNS, plan.items(self.state.rows))
            self._keep_run_in_sight(fits)
        self._draw_status(count)

    def _arrange(self, section: Section | None) -> StudyLayout:
        """Puts everything where it belongs for this size and page."""
        width, height = self.app.size
        self.set_class(main_layout.too_small(width, height), "-too-small")
        rows = sum(len(table.rows) + 3 for table in section.tables) - 1 if section is not None and section.tables else 0
        drawn = section is None or bool(section.figures)
        told = said.below(self.results.report, section, self.place, self._face)
        wanted = rows if self._face == BOTH and drawn else 0
        runs = len(self.state.rows) if self.state is not None else 0
        asked = self._plan_wanted
        if asked is None and self.state is not None and not self.state.under_way and not self._wide:
            asked = False
        fits = layout_for(width, height, runs=runs, plan=asked, table=wanted, words=self._rows_of(told, width))
        alone = TABLE if not drawn or (self._face == TABLE and rows) else CHART
        both = bool(fits.table_rows)
        self.chart.display = both or alone == CHART
        self.table.display = both or alone == TABLE
        self.table.styles.height = fits.table_rows if both else "1fr"
        self.words.display = fits.words > 0
        self.words.styles.max_height = max(1, fits.words)
        self.body.set_class(fits.plan == BELOW, "-below")
        self.plan.display = fits.plan != HIDDEN
        self.plan.styles.width = fits.plan_cells if fits.plan == BESIDE else "1fr"
        self.plan.styles.height = fits.plan_cells + 1 if fits.plan == BELOW else "1fr"
        return fits

    @property
    def _wide(self) -> bool:
        return layout_for(*self.app.size, runs=1, plan=None, table=0, words=0).plan == BESIDE

    def _rows_of(self, told: list[str], width: int) -> int:
        room = max(20, width - 3 - (width * 27 // 100 if self._wide and self.state is not None else 0))
        return sum(max(1, len(wrapped(line, room))) for line in told)

    def _environment_words(self, section: Section | None) -> str:
        if self.state is not None and (section is None or section.set in (self.results.own, "")):
            return environment_words(self.state.environment)
        return self.results.environment(section.set if section is not None else "")

    def _keep_run_in_sight(self, fits: StudyLayout) -> None:
        """The run under way is what the plan's cursor is on, unless a person is in the plan."""
        assert self.state is not None
        if fits.plan == HIDDEN or self.plan.has_focus:
            return
        running = [number for number, row in enumerate(self.state.rows) if row.state is RunState.RUNNING]
        if running and (self.plan.current is None or self.plan.current.key != str(running[0])):
            self.plan.go(str(running[0]))

    def _draw_status(self, subjects: int) -> None:
        figure = self.chart.figure
        where = figure.subject if figure is not None and subjects > 1 else ""
        words = said.keys(
            self.state, table=self.table.display if self._has_faces else None, subjects=subjects, sets=len(self._sets)
        )
        self.status.update_words(sanitise(where), words)

    @property
    def _sets(self) -> tuple[str, ...]:
        return pages.sets(self.results.report) if self.results.report is not None else ()

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        """A click on the row of pages."""
        self.show_topic(message.view)

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """A run of the plan leads to its figure, a failed one to the reason."""
        assert self.state is not None
        row = self.state.rows[int(message.item.key)]
        if row.state is RunState.FAILED:
            self.driver.show_failures()
            return
        run = next((item for item in reversed(self.state.runs) if item.request == row.request), None)
        if run is not None:
            self._following = False
            self._show(replace(self.place, set=self.results.own, subject=self.results.subject(run)))

    def on_resize(self) -> None:
        """Another size, another layout."""
        self.draw()

    # --- commands -------------------------------------------------------------------------------------------

    def action_command(self, name: str) -> None:
        """Carries out a command of the table."""
        STUDY_COMMANDS[name].does(self)

    def _show(self, place: Place) -> None:
        self.place = place
        self.draw()
        if self.focused is None or not self.focused.display:
            self._stops()[0].focus()

    def show_page(self, number: int) -> None:
        """Turns to a page by its place, from 0; nothing where there is none."""
        tabs = said.tabs(self.results.report)
        if number < len(tabs):
            self.show_topic(tabs[number].name)

    def show_topic(self, topic: str) -> None:
        """Turns to the page about a topic."""
        self._show(replace(self.place, topic=topic))

    def step_page(self, by: int) -> None:
        """Turns pages."""
        names = [tab.name for tab in said.tabs(self.results.report)]
        if names and (section := self.section) is not None:
            self.show_topic(names[(names.index(section.topic) + by) % len(names)])

    def step_subject(self, by: int) -> None:
        """Shows another figure of the page."""
        section = self.section
        _, number, count = pages.figure_at(section, self.place)
        if section is None or count < 2:
            self.notify("This page has one figure.", timeout=2)
            return
        self._following = False
        self._show(replace(self.place, subject=section.figures[(number - 1 + by) % count].subject))

    def step_set(self, by: int) -> None:
        """Shows another set of results."""
        names = self._sets
        if len(names) < 2:
            self.notify("There is one set of results.", timeout=2)
            return
        now = self.place.set if self.place.set in names else names[-1]
        self._following = False
        self._show(replace(self.place, set=names[(names.index(now) + by) % len(names)]))

    @property
    def _has_faces(self) -> bool:
        """Whether the page has a chart and a table."""
        return self.section is not None and bool(self.section.tables and self.section.figures)

    def step_face(self) -> None:
        """Chart, table, both where there is room."""
        if not self._has_faces:
            self.notify("This page has one face.", timeout=2)
            return
        both = self.chart.display and self.table.display
        faces = {BOTH: CHART if both else TABLE, CHART: TABLE, TABLE: BOTH}
        self._face = faces[self._face]
        self._show(self.place)

    def follow(self) -> None:
        """Shows what the last finished run belongs to, from now on."""
        if self.state is None or not self.state.runs:
            return
        self._following = True
        last = self.state.runs[-1]
        self._show(replace(self.place, set=self.results.own, subject=self.results.subject(last)))

    def _stops(self) -> list[Widget]:
        stops: list[Widget] = [self.chart, self.table, self.words, self.plan]
        return [widget for widget in stops if widget.display]

    def step_focus(self, by: int) -> None:
        """Moves the focus over the parts of the screen."""
        stops = self._stops()
        at = stops.index(self.focused) if self.focused in stops else -1
        stops[(at + by) % len(stops)].focus()

    def toggle_plan(self) -> None:
        """Shows the plan, or puts it away."""
        self._plan_wanted = not self.plan.display
        self._show(self.place)

    def export(self) -> None:
        """Asks where to write the report."""
        from inspector.tui.study.export import ReportPrompt

        if self.results.report is None:
            self.notify("There is nothing to report yet.", timeout=2)
            return
        self.push(ReportPrompt(self.results.report, self.heading))

    def show_help(self) -> None:
        """Lists every key."""
        from inspector.tui.screens.help import HelpScreen, sections

        widgets = {"In the tables": StudyTable.BINDINGS, "In the plan": Outline.BINDINGS}
        lines = sections(STUDY_COMMANDS, widgets)
        numbered = ("1 … 9", "Show the page with this number.")
        lines["Pages"] = [numbered, *lines["Pages"][PAGES:]]
        self.push(HelpScreen(lines))

    def push(self, screen: Screen[_Result], callback: Callable[[_Result | None], None] | None = None) -> None:
        """Opens a dialog."""
        self.opening = self.app.push_screen(screen, callback)

    def leave(self, *, interrupted: bool = False) -> None:
        """Ends the app; a run under way ends after the terminal has been given back."""
        code = self.state.exit_code if self.state is not None else 0
        if interrupted and self.state is not None and self.state.under_way:
            code = EXIT_INTERRUPTED
        self.app.exit(code)
