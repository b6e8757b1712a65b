"""The screen of the desk: keys and messages become intents, `after` makes the next state of them, and that is drawn.

One turn, one drawing: the widgets are given finished values and compare them with what they have. Nothing below knows
the desk; what it has to say, it posts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.geometry import Size
from textual.timer import Timer

from inspector.form.form import Taste
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.model.version import Version
from inspector.tui import layout
from inspector.tui.desk import beside, pricing
from inspector.tui.desk import intents as want
from inspector.tui.desk.acting import Acting, carry_out, palette
from inspector.tui.desk.after import after, opened
from inspector.tui.desk.behind import Behind
from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.intents import Here, Intent
from inspector.tui.desk.parts import panels_of
from inspector.tui.desk.picture import Picture
from inspector.tui.desk.state import Desk, but, show
from inspector.tui.intents import Resized, ShowEvidence
from inspector.tui.notebook import Notebook
from inspector.tui.panels import PanelTabs
from inspector.tui.panes.code import CodePane
from inspector.tui.source import LiveSource, failed
from inspector.tui.task import Task, TaskDone, TaskFailed, Tasks
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.stages import StageStrip
from inspector.tui.widgets.toosmall import TooSmall
from inspector.tui.workspace import StagePane

if TYPE_CHECKING:
    from inspector.live.updates import Update
    from inspector.tui.profile.measuring import Measuring


HEAD_START = 1 / 30
"""Seconds that new texts get to be painted in, two frames, before links are looked at.

Textual's call_after_refresh is no help here: it comes before the panes have even asked to be painted.
"""
QUIET = 0.5
"""Seconds after the last new text until the runner begins by itself: it takes every core, and texts need them first."""
AT_ONCE = 1_000
"""As many links are indexed in less than a frame of the screen; more go to a thread."""
SETTLED = 0.08
"""Seconds without news from the compiler after which links are indexed: a text's first paint comes before them."""
LATEST = 5
"""So many times is that waited for at most, while news keeps coming."""


class DeskScreen(Acting):
    """Shows one capture, live or opened.

    Args:
        source: makes the capture; None shows `capture` as it is.
        capture: a finished capture.
        title: what to call it.
        clock: seconds from some start; tests freeze it.
        behind: the log that the capture is one compile id of; None for a capture of its own.
        compile_id: the one of it to begin with.
        notebook: what was noted; None for an empty one.
        by_itself: whether the race begins when its panel comes into sight.
    """

    CSS = """
    DeskScreen.-too-small > * { display: none; }
    DeskScreen.-too-small > TooSmall { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = COMMANDS.bindings()

    def __init__(
        self,
        source: LiveSource | None,
        capture: Capture | None,
        title: str,
        clock: Callable[[], float],
        *,
        behind: Behind | None = None,
        compile_id: str | None = None,
        notebook: Notebook | None = None,
        by_itself: bool = True,
    ) -> None:
        super().__init__()
        self.notebook = notebook if notebook is not None else Notebook()
        self.source = source
        self.behind = behind
        self.clock = clock
        self.tasks = Tasks(self)
        live = source is not None
        request = source.request if source is not None else capture.request if capture is not None else None
        self.desk: Desk = opened(
            (self.room.width, self.room.height),
            capture=capture,
            now=clock(),
            by_itself=by_itself,
            request=request,
            title=title,
            live=live,
            watches=source is not None and source.watches,
            of_log=len(behind.rows()) if behind is not None else 0,
            panel_names=tuple(panels_of(capture or Capture(), live=live)),
            panel="phases" if live else "why",
            taste=_taste(self.app),
            notes=self.notebook.notes,
            author=self.notebook.author,
        )
        if compile_id is not None:
            self.desk = show(self.desk, compile_id)
        self._open = False
        """Whether there are widgets to draw in."""
        self._lights: Timer | None = None
        """Runs until new texts are painted."""
        self._quiet: Timer | None = None
        self._rules: Timer | None = None
        """Runs until the rules are asked about a newer capture."""
        self._index_soon: Timer | None = None
        self._index_put_off = 0
        self.waiting = {}

    @property
    def room(self) -> Size:
        """The cells that panes and panels have, the rows around them included."""
        return self.app.size

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Everything, from top to bottom."""
        picture = self.picture = Picture(self.desk, self.clock)
        self.workspace, self.panels = picture.workspace, picture.panels
        yield from (picture.header, picture.strip, picture.workspace, picture.panels, picture.status, TooSmall())

    def on_mount(self) -> None:
        """Draws what there is, and starts the worker."""
        self._open = True
        self.resized()
        self.turn(want.Begin(self.clock()))
        self.set_interval(1 / 10, self._tick)

    def on_unmount(self) -> None:
        """Nothing goes on behind a screen that has gone."""
        self.tasks.end()

    # --- a turn ---------------------------------------------------------------------------------------------

    def turn(self, intent: Intent) -> None:
        """Makes the next state, draws it once, and does what it asks for."""
        before = self.desk
        if before.notes is not self.notebook.notes:  # they were saved meanwhile, or written elsewhere
            before = but(before, notes=self.notebook.notes)
        made = after(before, intent)
        self.notebook.notes, self.notebook.author = made.notes, made.author
        if not self._open:
            self.desk = made
            return
        self.desk = desk = but(made, effects=())
        new = self.picture.draw(desk)
        if (self.focused is None or not self.focused.display) and (pane := self.workspace.pane(desk.stage)) is not None:
            pane.focus()
        for effect in made.effects:
            carry_out(self, effect)
        lit = "asks", "kept", "notes", "taste", "prices", "versions", "editing"
        asked = any(getattr(desk, name) != getattr(before, name) for name in lit)
        if asked or isinstance(intent, want.Painted):
            self.picture.light(desk, self.app.size.width)
        self._time(new_text=new)
        self._join_price()

    def here(self) -> Here:
        """Where the person is."""
        pane = self.picture.pane(self.desk)
        if pane is None or pane.text is None:
            return Here(now=self.clock())
        return Here(pane.text, pane.place, pane.picked, pane.selected_text, self.clock())

    def action_command(self, name: str) -> None:
        """Carries out a command of the table."""
        self.command(COMMANDS[name].does)

    def command(self, does: want.Does) -> None:
        """Turns what a command says into an intent of where the person is."""
        self.turn(does(self.here()) if callable(does) else does)

    # --- what comes a little later --------------------------------------------------------------------------

    def _time(self, *, new_text: bool) -> None:
        """Links come once texts are painted; a race that waits begins once no text has arrived for a while."""
        if not self.desk.painted and self._lights is None:
            self._lights = self.set_timer(HEAD_START, self._painted)
        if not self.desk.race.waits:
            if self._quiet is not None:
                self._quiet.stop()
                self._quiet = None
        elif self._quiet is None:
            self._quiet = self.set_timer(QUIET, partial(self.turn, want.Quiet()))
        elif new_text:
            self._quiet.reset()

    def _ask_rules(self) -> None:
        """Asks the rules about a capture that has come to rest, beside the screen."""
        desk = self.desk
        at_rest = not desk.compiling and bool(desk.capture.artifacts)
        if at_rest and desk.found_in is not desk.capture and not self.tasks.running("why"):
            self.tasks.run("why", partial(beside.found, desk.capture), doing="asked the rules")

    def _join_price(self) -> None:
        """Joins a price that is to be shown with the links, beside the screen."""
        price = pricing.to_join(self.desk)
        if price is not None and not self.tasks.running("price"):
            texts = [text for text in self.desk.texts.values() if text is not None]
            self.tasks.run("price", partial(beside.joined, self.desk.capture, price, texts), doing="joined the price")

    def _painted(self) -> None:
        self._lights = None
        if self._rules is not None:
            self._rules.stop()
        if self.desk.live:  # more may be on its way
            self._rules = self.set_timer(QUIET, self._ask_rules)
        else:
            self._ask_rules()
        self.turn(want.Painted(self.picture.sized(), self._newer_index()))

    def _newer_index(self) -> beside.Index | None:
        """An index of other links than the last, where it can be made at once; else it is made soon, or beside."""
        desk = self.desk
        if desk.indexed is desk.capture.links:
            return None
        if not desk.live or (desk.compiled is not None and desk.capture.finished):
            return self._make_index()
        if self._index_soon is None:
            self._index_soon, self._index_put_off = self.set_timer(SETTLED, self._index_settled), 0
        elif self._index_put_off < LATEST:
            self._index_put_off += 1
            self._index_soon.reset()
        return None

    def _index_settled(self) -> None:
        self._index_soon = None
        if (made := self._make_index()) is not None:
            self.turn(want.Painted(self.picture.sized(), made))

    def _make_index(self) -> beside.Index | None:
        capture = self.desk.capture
        if "index" in vars(capture) or len(capture.links) <= AT_ONCE:
            return capture.links, capture.index
        if not self.tasks.running("links"):
            self.tasks.run("links", partial(beside.index, capture, self.picture.seen()), doing="looked at the links")
        return None

    # --- what arrives ---------------------------------------------------------------------------------------

    def on_task_spoke(self, message: Task.Spoke) -> None:
        """Something that runs beside the screen has come to something."""
        name = message.task.name
        taken: list[Any] = message.task.take()
        if name == "source":
            if saved := tuple(item for item in taken if isinstance(item, Version)):
                self.turn(want.Saved(saved, self.clock()))
            updates: list[Update] = [item for item in taken if not isinstance(item, TaskDone | TaskFailed | Version)]
            updates += [failed(item.error) for item in taken if isinstance(item, TaskFailed)]
            if updates:
                self.turn(want.Burst(tuple(updates), self.clock()))
                self.heard()
            return
        for item in taken:
            match item:
                case TaskDone(result) if name == "early":
                    if result is not None:
                        self.turn(want.Early(result))
                case TaskDone(result) if name == "why":
                    self.turn(want.Found(*result))
                    self._ask_rules()  # where a newer capture has come meanwhile
                case TaskDone(result) if name == "rewritten":
                    self.turn(want.Edited(*result))
                case TaskDone(result) if name == "price":
                    self.turn(want.PriceRead(result))
                case TaskFailed(error):
                    self.notify(f"{error.message} {error.hint}".strip(), severity="error", timeout=8)
                case TaskDone(result) if name == "links":
                    newer = self._newer_index() if result[0] is not self.desk.capture.links else None
                    self.turn(want.Painted(self.picture.sized(), newer or result))
                case TaskDone(result):
                    from inspector.tui.compare.screen import of_result

                    self.push(of_result(result))

    def heard(self) -> None:
        """Hook: the worker has said something, and it is on screen."""

    def start(self) -> None:
        """Starts a worker; what an earlier one still says is ignored."""
        assert self.source is not None
        if self.desk.request is not None:
            self.source.request = self.desk.request
        self.source.watches = self.desk.watches
        self.panels.log_view.clear()
        self.tasks.end("links", "difference", "passes")  # they are of the capture that is thrown away
        self.tasks.run("source", partial(beside.start, self.source), doing="started the worker")
        self.tasks.run("early", partial(beside.early, self.source.request), doing="read the target's file")

    def stop(self) -> None:
        """Ends the worker, beside the screen."""
        if self.source is not None:
            source = self.source
            self.tasks.run("source", lambda _: source.stop(), doing="ended the worker", finishes=True)

    def _tick(self) -> None:
        """A tenth of a second has passed while compiling: the clock and the words of waiting panes move on."""
        if self.desk.compiling:
            self.picture.draw_header(self.desk)
            self.picture.draw_panes(self.desk)

    def on_resize(self) -> None:
        """Another size, another layout."""
        self.resized()

    def resized(self) -> None:
        """Takes the room that there is now."""
        cramped = layout.too_small(*self.app.size)
        self.set_class(cramped, "-too-small")
        self.turn(Resized((self.room.width, self.room.height), cramped))

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_stage_pane_appeared(self, message: StagePane.Appeared) -> None:
        """A pane that had no size can be given its text, and its cursor its place."""
        self.picture.draw_panes(self.desk)
        stage = self.workspace.stage(message.pane)
        if (position := self.waiting.pop(stage, None)) is not None:
            message.pane.go(*position)
        if self._lights is None:
            self._lights = self.set_timer(HEAD_START, self._painted)

    def on_code_pane_cursor_moved(self, message: CodePane.CursorMoved) -> None:
        """A person's move lights up the relatives."""
        if message.by_user and isinstance(message.pane, StagePane) and message.pane.text is not None:
            self.turn(want.Follow((message.pane.text.id, message.pane.place)))

    def on_code_pane_copied(self, message: CodePane.Copied) -> None:
        """Says that a copy was made."""
        lines = message.text.count("\n") + 1
        self.notify(f"{lines:,} {'line' if lines == 1 else 'lines'} copied.", timeout=2)

    def on_stage_strip_selected(self, message: StageStrip.Selected) -> None:
        """A click on the strip chooses a stage."""
        self.turn(want.ShowStage(Stage(message.key)))

    def on_panel_tabs_chosen(self, message: PanelTabs.Chosen) -> None:
        """A click on a tab shows its panel."""
        self.turn(want.ShowPanel(message.panel))

    def on_details_compile_id_chosen(self, message: Details.CompileIdChosen) -> None:
        """The details panel names a compile id."""
        self.turn(want.ShowCompileId(message.compile_id))

    def on_details_show_chosen(self, message: Details.ShowChosen) -> None:
        """A finding names what shows it."""
        self.turn(ShowEvidence(message.show))

    def on_details_place_chosen(self, message: Details.PlaceChosen) -> None:
        """The details panel names a place in a source file."""
        self.turn(want.GoToPlace(message.file, message.line))

    def on_measuring_asked(self, message: Measuring.Asked) -> None:
        """The worker is to profile or to compare."""
        self.turn(want.MeasureNow(message.request))

    def on_measuring_cancelled(self) -> None:
        """The worker is to stop that."""
        self.turn(want.Do.CANCEL_MEASURING)

    def on_measuring_chosen(self, message: Measuring.Chosen) -> None:
        """A row of what was measured leads to a text."""
        self.turn(want.OpenRow(message.row))

    def on_measuring_stepped(self, message: Measuring.Stepped) -> None:
        """Another shape that was measured."""
        self.turn(want.StepShape(message.by))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The chosen pane is the one with the focus."""
        if isinstance(event.widget, StagePane) and event.widget in self.workspace.shown:
            stage = self.workspace.stage(event.widget)
            if stage is not self.desk.stage:
                self.turn(want.Chosen(stage))

    # --- for the app ----------------------------------------------------------------------------------------

    def palette(self) -> Iterable[SystemCommand]:
        """What the command palette offers."""
        yield from self.more_commands()
        yield from palette(self)

    def more_commands(self) -> Iterator[SystemCommand]:
        """What the palette offers beside the desk's own: nothing here."""
        yield from ()


def _taste(app: object) -> Taste:
    """How a person chose to see texts."""
    settings = getattr(app, "settings", None)
    return settings.taste if settings is not None else Taste()
