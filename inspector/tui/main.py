"""The main screen: holds the widgets and the session, and routes messages between them.

What a key does is in `commands`, what stands where in `view`, links in `linking` and `jumping`, the runner in `race`,
the worker's updates in `updates`. Torch is never imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen
from textual.widget import AwaitMount, Widget

from inspector.errors import EXIT_INTERRUPTED
from inspector.highlight import warm
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui import layout
from inspector.tui.commands import COMMANDS
from inspector.tui.header import Header
from inspector.tui.jumping import Jumper
from inspector.tui.linking import Linker
from inspector.tui.notebook import Notebook
from inspector.tui.noting import Noter
from inspector.tui.panels import NAMES as PANELS
from inspector.tui.panels import Panels, PanelTabs
from inspector.tui.panes.code import CodePane
from inspector.tui.profile.profiler import Profiler
from inspector.tui.race import Race
from inspector.tui.session import Session, no_failure
from inspector.tui.source import LiveSource
from inspector.tui.status import StatusLine
from inspector.tui.view import View
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.stages import StageStrip
from inspector.tui.workspace import StagePane, Workspace

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen
    from inspector.tui.profile.measuring import Measuring

_Result = TypeVar("_Result")


class TooSmall(Widget):
    """Stands in for everything else where the terminal is too small."""

    DEFAULT_CSS = """
    TooSmall { display: none; width: 100%; height: 100%; content-align: center middle; text-align: center; }
    """

    def render(self) -> str:
        """What to do about it."""
        width, height = layout.SMALLEST
        return f"inspector needs {width}×{height} cells,\nthis is {self.size.width}×{self.size.height}.\n\nq quits"


class MainScreen(Screen[None]):
    """Shows one capture, live or opened.

    Args:
        source: makes the capture; None shows `capture` as it is.
        capture: a finished capture.
        title: what to call it.
        clock: seconds from some start; tests freeze it.
        log: the log that the capture is one compile id of; None for a capture of its own.
        notebook: what was noted; None for an empty one.
    """

    CSS = """
    MainScreen.-too-small > * { display: none; }
    MainScreen.-too-small > TooSmall { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = COMMANDS.bindings()

    class UpdatesWaiting(Message):
        """The worker's thread has left something to take."""

    def __init__(
        self,
        source: LiveSource | None,
        capture: Capture | None,
        title: str,
        clock: Callable[[], float],
        *,
        log: LogScreen | None = None,
        notebook: Notebook | None = None,
    ) -> None:
        super().__init__()
        self.notebook = notebook if notebook is not None else Notebook()
        self.source = source
        self.log_screen = log
        self.clock = clock
        self.opening: AwaitMount | None = None
        """The last dialog, while its widgets are being made: what is typed meanwhile is meant for it."""
        request = source.request if source is not None else (capture.request if capture is not None else None)
        self.session = Session(request=request, title=title, live=source is not None, started=clock())
        if log is not None:
            self.session.of_log = len(log.views.state.overview.rows)
        if capture is not None:
            self.session.update(capture, clock())

    @property
    def room(self) -> Size:
        """The cells that panes and panels have, the rows around them included."""
        return self.app.size

    def more_commands(self) -> Iterable[SystemCommand]:
        """What the palette offers beside the table of commands: nothing here."""
        return ()

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Everything, from top to bottom."""
        self.view = View(self)
        self.linker = Linker(self)
        self.jumper = Jumper(self)
        self.race = Race(self)
        self.profiler = Profiler(self)
        self.noter = Noter(self, self.notebook)
        self.header = Header()
        self.strip = StageStrip(id="strip")
        self.workspace = Workspace(self.view.first_stages())
        self.panels = Panels(self._panel_names(), self.clock)
        self.status = StatusLine()
        yield self.header
        yield self.strip
        yield self.workspace
        yield self.panels
        yield self.status
        yield TooSmall()

    def _panel_names(self) -> list[str]:
        missing = set() if self.session.live else {"log"}
        capture = self.session.capture
        held = {"latency": capture.latency, "profile": capture.profiles, "numerics": capture.numerics}
        if not self.session.live:
            missing |= {name for name, measured in held.items() if not measured}
        return [name for name in PANELS if name not in missing]

    def on_mount(self) -> None:
        """Draws the session, and starts the worker."""
        self._fit()
        self.view.arrange()
        self.begin()
        self.set_interval(1 / 10, self._tick)

    def begin(self) -> None:
        """Starts the worker, or starts again with a new one."""
        if self.source is None:
            return
        old = self.session
        self.session = Session(
            request=old.request, title=old.title, live=True, started=self.clock(), discreet=old.discreet
        )
        self.linker.restart()
        self.jumper.clear()
        self.race.restart()
        self.profiler.restart()
        self.panels.log_view.clear()
        self.run_worker(self._start_source, thread=True, group="source", exclusive=True)
        self.view.arrange()

    def _start_source(self) -> None:
        assert self.source is not None
        self.source.stop()
        self.source.start(lambda: self.post_message(self.UpdatesWaiting()))
        warm()

    # --- updates --------------------------------------------------------------------------------------------

    def on_main_screen_updates_waiting(self) -> None:
        """Takes what the worker's thread left."""
        from inspector.tui.updates import apply

        if self.source is not None:
            apply(self, self.source.take())

    @property
    def frame(self) -> int:
        """Counts tenths of a second since the start; turns the spinner."""
        return int(self.session.elapsed(self.clock()) * 10)

    def _tick(self) -> None:
        if self.session.compiling:
            self.view.tick()

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_stage_pane_appeared(self) -> None:
        """A pane that had no size can be given its text."""
        self.view.refresh_panes()

    def on_code_pane_cursor_moved(self, message: CodePane.CursorMoved) -> None:
        """A person's move lights up the relatives."""
        if message.by_user and isinstance(message.pane, StagePane):
            self.linker.follow(message.pane, message.position)

    def on_code_pane_copied(self, message: CodePane.Copied) -> None:
        """Says that a copy was made."""
        lines = message.text.count("\n") + 1
        self.notify(f"{lines:,} {'line' if lines == 1 else 'lines'} copied.", timeout=2)

    def on_stage_strip_selected(self, message: StageStrip.Selected) -> None:
        """A click on the strip chooses a stage."""
        self.view.choose(Stage(message.key))

    def on_panel_tabs_chosen(self, message: PanelTabs.Chosen) -> None:
        """A click on a tab shows its panel."""
        self.view.show_panel(message.panel)

    def on_details_compile_id_chosen(self, message: Details.CompileIdChosen) -> None:
        """The details panel names a compile id."""
        self.view.show_compile_id(message.compile_id)

    def on_details_place_chosen(self, message: Details.PlaceChosen) -> None:
        """The details panel names a place in a source file."""
        self.view.go_to_place(message.file, message.line)

    def on_measuring_asked(self, message: Measuring.Asked) -> None:
        """The worker is to profile or to compare."""
        self.profiler.ask(message.request)

    def on_measuring_cancelled(self) -> None:
        """The worker is to stop that."""
        self.profiler.cancel()

    def on_measuring_chosen(self, message: Measuring.Chosen) -> None:
        """A row of what was measured leads to a text."""
        self.profiler.open(message.row)

    def on_measuring_stepped(self, message: Measuring.Stepped) -> None:
        """Another shape that was measured."""
        self.profiler.step(self.panels.active, message.by)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The chosen pane is the one with the focus."""
        if isinstance(event.widget, StagePane) and event.widget in self.workspace.shown:
            self.view.focused(event.widget)

    def on_resize(self) -> None:
        """Another size, another layout."""
        self._fit()
        self.view.resized()

    def _fit(self) -> None:
        self.set_class(layout.too_small(*self.app.size), "-too-small")

    # --- commands -------------------------------------------------------------------------------------------

    def action_command(self, name: str) -> None:
        """Carries out a command of the table."""
        COMMANDS[name].run(self)

    def push(self, screen: Screen[_Result], callback: Callable[[_Result | None], None] | None = None) -> None:
        """Opens a dialog."""
        self.opening = self.app.push_screen(screen, callback)

    def show_failure(self) -> None:
        """Says why the worker ended."""
        from inspector.tui.screens.failure import FailureScreen

        if self.session.outcome is None or not self.session.failed:
            self.notify(no_failure(self.session), timeout=4)
        elif not isinstance(self.app.screen, FailureScreen):
            self.push(FailureScreen(self, self.session.outcome))

    def view_place(self, file: str, line: int) -> None:
        """Goes to a line of a source file as soon as there is a pane to show it in."""
        self.view.go_to_place(file, line)

    def back_to_log(self) -> None:
        """Goes back to the log that this compile id is one of."""
        if self.log_screen is not None:
            self.log_screen.opener.close()

    def leave(self, *, interrupted: bool = False) -> None:
        """Quits, unless notes would be lost; the worker is ended after the terminal has been given back."""
        from inspector.tui.saving import leave

        code = EXIT_INTERRUPTED if interrupted and self.session.compiling else self.session.exit_code
        leave(self, self.notebook, lambda: self.app.exit(code))
