"""The screen of a study: pages of charts and tables, and beside them the plan of the runs that fill them.

Keys and messages become intents, `after` makes the next state of them, and that is drawn; this file holds the widgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from inspector.client.logs import sanitise
from inspector.study.sources import OpenedResults
from inspector.study.updates import Update
from inspector.tui import effects
from inspector.tui.effects import FocusPart, Leave, Say
from inspector.tui.front import Front
from inspector.tui.intents import Resized
from inspector.tui.palette import of_any_screen
from inspector.tui.screens.help import HelpScreen, sections
from inspector.tui.status import StatusLine
from inspector.tui.study import intents as want
from inspector.tui.study import plan, said
from inspector.tui.study.after import after
from inspector.tui.study.chart import Chart
from inspector.tui.study.commands import STUDY_COMMANDS
from inspector.tui.study.effects import ExportReport, ShowFailures, StudyAct, StudyEffect
from inspector.tui.study.failures import FailuresScreen
from inspector.tui.study.header import EnvironmentLine, StudyHeader
from inspector.tui.study.intents import StudyDo, StudyIntent
from inspector.tui.study.layout import BELOW, BESIDE, CHART, HIDDEN, TABLE, StudyLayout
from inspector.tui.study.pages import PAGES
from inspector.tui.study.parts import PlanEnded, begun
from inspector.tui.study.results import finished
from inspector.tui.study.source import StudySource
from inspector.tui.study.state import StudyDesk
from inspector.tui.study.table import StudyTable
from inspector.tui.task import Task, TaskDone, TaskFailed, Tasks
from inspector.tui.widgets.outline import Outline
from inspector.tui.widgets.tabs import ViewTabs
from inspector.tui.widgets.toosmall import TooSmall


class StudyScreen(Front):
    """Shows a plan under way and what comes of it, or finished results.

    Args:
        source: runs the plan; None shows `opened` as it is.
        opened: finished results.
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

    def __init__(
        self, source: StudySource | None, opened: OpenedResults | None, title: str, clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self.source = source
        self.clock = clock
        self.tasks = Tasks(self)
        self.desk: StudyDesk = StudyDesk(title, results=finished(opened))
        if source is not None:
            runs = source.runs
            self.desk = replace(self.desk, plan=begun(runs.requests), path=runs.path, following=True)

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Everything, from top to bottom."""
        self.header = StudyHeader(self.desk.title)
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
        self.on_resize()
        if self.source is not None:
            self._begin(self.source)
            self.set_interval(1 / 4, self._tick)

    def on_unmount(self) -> None:
        """Nothing goes on behind a screen that has gone."""
        self.tasks.end()

    # --- a turn ---------------------------------------------------------------------------------------------

    def turn(self, intent: StudyIntent) -> None:
        """Makes the next state, draws it once, and does what it asks for."""
        made = after(self.desk, intent)
        self.desk = replace(made, effects=())
        self._draw()
        for effect in made.effects:
            self._carry_out(effect)

    def action_command(self, name: str) -> None:
        """Carries out a command of the table."""
        self.turn(STUDY_COMMANDS[name].does)

    def on_task_spoke(self, message: Task.Spoke) -> None:
        """The plan has said something, or has come to its end."""
        taken: list[Any] = message.task.take()
        if taken:
            self.turn(want.PlanSaid(tuple(map(_update, taken))))

    def _carry_out(self, effect: StudyEffect) -> None:
        match effect:
            case Say():
                effects.carry_out(self, effect)
            case FocusPart(by):
                self.give_focus(self._stops(), by)
            case Leave(code):
                self.app.exit(code)
            case ShowFailures(failed):
                if not isinstance(self.app.screen, FailuresScreen):
                    self.push(FailuresScreen(failed))
            case ExportReport(report):
                from inspector.tui.study.export import ReportPrompt

                self.push(ReportPrompt(report, self.desk.title))
            case StudyAct.HELP:
                self.push(self._help())
            case StudyAct.PALETTE:
                self.app.action_command_palette()
            case StudyAct.THEME:
                self.change_theme()
            case _ if self.source is not None:
                acts: dict[StudyAct, Callable[[StudySource], None]] = {
                    StudyAct.BEGIN: self._begin,
                    StudyAct.PAUSE: StudySource.pause,
                    StudyAct.GO_ON: StudySource.go_on,
                    StudyAct.STOP: StudySource.stop,
                }
                acts[effect](self.source)

    def _begin(self, source: StudySource) -> None:
        self.tasks.run("plan", source.work(), doing="ran the study")

    # --- drawing --------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        if self.desk.plan is not None and self.desk.plan.under_way:
            self._draw_header()

    def _draw_header(self) -> None:
        self.header.update_state(self.desk.plan, int(self.clock() * 4))  # quarters of a second turn the spinner

    def _draw(self) -> None:
        """Draws what changed."""
        desk, fits = self.desk, self.desk.layout
        section, (figure, number, count) = desk.section, desk.figure()
        self._place(fits)
        self._draw_header()
        self.environment.update_words(desk.environment())
        self.tabs.update_tabs(desk.tabs(), section.topic if section is not None else "")
        beside = f"{number} of {count}" if count > 1 else ""
        self.chart.update_figure(figure, beside=beside, words=said.empty(desk.plan))
        self.table.update_tables(section.tables if section is not None else ())
        self.sentences.update(Content("\n").join(map(Content, desk.words())))
        if desk.plan is not None:
            self.plan.update_items(plan.COLUMNS, plan.items(desk.plan.rows))
            self._keep_run_in_sight(fits)
        where, words = desk.status(fits)
        self.status.update_words(sanitise(where), words)
        if (self.focused is None or not self.focused.display) and self.is_current:
            self._stops()[0].focus()

    def _place(self, fits: StudyLayout) -> None:
        """Puts everything where it belongs for this size and page."""
        shown = self.desk.shown(fits)
        self.set_class(self.desk.cramped, "-too-small")
        self.chart.display = CHART in shown
        self.table.display = TABLE in shown
        self.table.styles.height = fits.table_rows or "1fr"
        self.words.display = fits.words > 0
        self.words.styles.max_height = max(1, fits.words)
        self.body.set_class(fits.plan == BELOW, "-below")
        self.plan.display = fits.plan != HIDDEN
        self.plan.styles.width = fits.plan_cells if fits.plan == BESIDE else "1fr"
        self.plan.styles.height = fits.plan_cells + 1 if fits.plan == BELOW else "1fr"

    def _keep_run_in_sight(self, fits: StudyLayout) -> None:
        """The run under way is what the plan's cursor is on, unless a person is in the plan."""
        if fits.plan == HIDDEN or self.plan.has_focus or self.desk.running is None:
            return
        key = str(self.desk.running)
        if self.plan.current is None or self.plan.current.key != key:
            self.plan.go(key)

    def _stops(self) -> list[Widget]:
        stops: list[Widget] = [self.chart, self.table, self.words, self.plan]
        return [widget for widget in stops if widget.display]

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        """A click on the row of pages."""
        self.turn(want.ShowTopic(message.view))

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """A run of the plan."""
        self.turn(want.ShowRun(int(message.item.key)))

    def on_resize(self) -> None:
        """Another size, another layout."""
        self.turn(Resized((self.app.size.width, self.app.size.height)))

    # --- for the app ----------------------------------------------------------------------------------------

    def _help(self) -> HelpScreen:
        widgets = {"In the tables": StudyTable.BINDINGS, "In the plan": Outline.BINDINGS}
        lines = sections(STUDY_COMMANDS, widgets)
        numbered = ("1 … 9", "Show the page with this number.")
        lines["Pages"] = [numbered, *lines["Pages"][PAGES:]]
        return HelpScreen(lines)

    def palette(self) -> Iterable[SystemCommand]:
        """Every command, with its key, and every page."""
        for entry in STUDY_COMMANDS.offered(live=self.source is not None):
            words = f"{entry.help}  {entry.shown_keys}".strip()
            yield SystemCommand(entry.title, words, partial(self.turn, entry.does))
        for tab in self.desk.tabs():
            shows = partial(self.turn, want.ShowTopic(tab.name))
            yield SystemCommand(f"Page: {tab.title}", f"Show this page.  {tab.key}", shows)
        yield from of_any_screen(self)

    def leave(self, *, interrupted: bool = False) -> None:
        """Ends the app; a run under way ends after the terminal has been given back."""
        self.turn(StudyDo.INTERRUPT if interrupted else StudyDo.LEAVE)


def _update(said: Update | TaskDone[None] | TaskFailed) -> Update | PlanEnded:
    match said:
        case TaskDone():
            return PlanEnded()
        case TaskFailed(error):
            return PlanEnded(error)
    return said
