"""What the desk's effects come to: toasts, cursors, keys' focus, requests to the worker, dialogs, leaving."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.widget import Widget

from inspector.errors import EXIT_INTERRUPTED
from inspector.form.form import Taste
from inspector.model.artifact import Position
from inspector.model.capture import Capture
from inspector.model.passes import GraphPasses
from inspector.model.stage import Stage
from inspector.say.kernels import kernel_words
from inspector.tui import effects
from inspector.tui.desk import edit_texts, edits
from inspector.tui.desk import intents as want
from inspector.tui.desk.behind import Behind
from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.dialogs import desk_help, dialog
from inspector.tui.desk.effects import (
    Act,
    Differ,
    Effect,
    FocusNext,
    FocusPane,
    FocusPanel,
    Goto,
    KeepText,
    OpenEditor,
    OpenText,
    Printed,
    Remember,
    Rewrite,
    Send,
    ShowFailure,
    StepThroughPasses,
    Unfold,
)
from inspector.tui.desk.intents import Does, Intent
from inspector.tui.desk.picture import Picture
from inspector.tui.desk.state import Desk
from inspector.tui.effects import Copy, Say
from inspector.tui.front import Noted
from inspector.tui.source import LiveSource
from inspector.tui.task import Tasks

if TYPE_CHECKING:
    from inspector.tui.screens.help import HelpScreen


class Acting(Noted):
    """A screen that carries effects out; what it is of is said by `DeskScreen`."""

    desk: Desk
    picture: Picture
    source: LiveSource | None
    behind: Behind | None
    tasks: Tasks
    waiting: dict[Stage, Position]
    """Where cursors belong in panes that have no size yet."""

    def turn(self, intent: Intent) -> None:
        """Makes the next state, draws it once, and does what it asks for."""
        raise NotImplementedError

    def command(self, does: Does) -> None:
        """Turns what a command says into an intent of where the person is."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts a worker; what an earlier one still says is ignored."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends the worker; returns at once."""
        raise NotImplementedError

    def help(self) -> HelpScreen:
        """Lists every key."""
        return desk_help()

    def leave(self, *, interrupted: bool = False) -> None:
        """Quits, unless notes would be lost; the worker is ended after the terminal has been given back."""
        self.turn(want.Do.INTERRUPT if interrupted else want.Do.LEAVE)

    def to_save(self) -> Capture:
        """What is saved with the notes: the capture on screen; of a log, that compile id and those that have notes.

        Raises:
            InspectorError: the log cannot be read.
        """
        from inspector.tui.saving import noted_ids

        desk, behind = self.desk, self.behind
        if behind is None:
            return edits.own(desk)
        return behind.read(noted_ids(desk.notes, [row.compile_id for row in behind.rows()], desk.compile_id))

    @property
    def heading(self) -> str:
        """What the capture is called."""
        return self.desk.title

    def remember(self, taste: Taste) -> None:
        """Keeps how texts are shown, where the app keeps anything."""
        keep = getattr(self.app, "remember", None)
        if keep is not None and (problem := keep(taste)):
            self.notify(problem, severity="warning", timeout=8)


def carry_out(screen: Acting, effect: Effect) -> None:  # noqa: PLR0912 (a case each)
    """Does one thing that a state asks for."""
    match effect:
        case Say() | Copy():
            effects.carry_out(screen, effect)
        case Remember(taste):
            screen.remember(taste)
        case Send(message):
            if screen.source is not None:
                screen.source.send(message)
        case Printed(stream, text):
            screen.picture.panels.log_view.append(stream, text)
        case Goto(stage, position):
            pane = screen.picture.workspace.pane(stage)
            if pane is not None and pane.sized:
                pane.go(*position)
            elif pane is not None:
                screen.waiting[stage] = position
        case FocusPane(stage):
            if (pane := screen.picture.workspace.pane(stage)) is not None:
                pane.focus()
        case FocusPanel(name):
            widget = screen.picture.panels.widget(name)
            pane = screen.picture.pane(screen.desk)
            if widget.focusable:
                widget.focus()
            elif pane is not None:
                pane.focus()
        case Unfold(section):
            screen.picture.panels.details.show_section(section)
        case FocusNext(by):
            _focus_next(screen, by)
        case Differ(capture, before, compile_id):
            from inspector.work.comparing import within

            screen.tasks.run("difference", lambda _: within(capture, before, compile_id), doing="compared")
        case StepThroughPasses(compile_id, phases):
            _step_through(screen, compile_id, phases)
        case OpenEditor(file, line):
            from inspector.tui.editor import edit

            edit(screen, file, line)
        case OpenText() | KeepText() | Rewrite():
            edit_texts.carry_out(screen, screen.tasks, screen.turn, effect)
        case Act():
            _ACTS[effect](screen)
        case _:
            if isinstance(effect, ShowFailure) and type(screen.app.screen).__name__ == "FailureScreen":
                return
            opened, means = dialog(effect, screen.clock)

            def answered(result: Any) -> None:
                if (intent := means(result)) is not None:
                    screen.turn(intent)

            screen.push(opened, answered)


def _step_through(screen: Acting, compile_id: str, phases: tuple[GraphPasses, ...]) -> None:
    from inspector.tui.compare.passes import pass_parts

    screen.tasks.run("passes", lambda _: pass_parts(compile_id, phases), doing="compared")


def _focus_next(screen: Acting, by: int) -> None:
    """Over the panes, then over the panels."""
    panels = screen.picture.panels
    stops: list[Widget] = [*screen.picture.workspace.shown]
    if panels.display and screen.desk.layout.panel_rows:
        stops += [item for item in panels.widgets.values() if item.focusable and item.display]
    screen.give_focus(stops, by)


# --- what takes no further word -----------------------------------------------------------------------------


def _leave(screen: Acting, code: int | None = None) -> None:
    from inspector.tui.saving import leave

    leave(screen, lambda: screen.app.exit(screen.desk.exit_code if code is None else code))


def _interrupt(screen: Acting) -> None:
    _leave(screen, EXIT_INTERRUPTED if screen.desk.compiling else None)


def _find(screen: Acting) -> None:
    from inspector.tui.screens.prompts import FindPrompt

    if (pane := screen.picture.pane(screen.desk)) is not None:
        screen.push(FindPrompt(pane))


def _go_to_line(screen: Acting) -> None:
    from inspector.tui.screens.prompts import LinePrompt

    pane = screen.picture.pane(screen.desk)
    if pane is not None and pane.text is not None:
        screen.push(LinePrompt(pane))


def _save(screen: Acting) -> None:
    from inspector.tui.saving import save

    save(screen)


def _keep(screen: Acting) -> None:
    from inspector.tui.saving import keep

    keep(screen)


def _export(screen: Acting) -> None:
    from inspector.tui.saving import annotated, kept
    from inspector.tui.screens.export import ExportPrompt

    desk = screen.desk
    capture = annotated(edits.own(desk), screen.notebook)
    name = what = desk.title
    if desk.of_log and desk.compile_id is not None:
        name, what = f"{name.removesuffix('.log')}-{desk.compile_id}", desk.compile_id
    screen.push(ExportPrompt(name, lambda: capture, what, kept(screen.notebook, capture)))


def _compare(screen: Acting) -> None:
    from inspector.tui.compare.choosing import compare_with, held_of_capture

    desk, behind = screen.desk, screen.behind
    if desk.compile_id is None:
        return
    if behind is None:
        rows = desk.capture.compilations
        held = held_of_capture(desk.title, desk.capture, desk.compile_id, rows, request=desk.request)
    else:
        title = f"{desk.title} {desk.compile_id}"
        held = held_of_capture(title, desk.capture, desk.compile_id, behind.rows(), read=behind.read)
    compare_with(screen, held)


def _of_log(act: Callable[[Behind, str | None], object]) -> Callable[[Acting], None]:
    def run(screen: Acting) -> None:
        if screen.behind is not None:
            act(screen.behind, screen.desk.compile_id)

    return run


_ACTS: dict[Act, Callable[[Acting], object]] = {
    Act.START: lambda screen: screen.start(),
    Act.STOP: lambda screen: screen.stop(),
    Act.LEAVE: _leave,
    Act.INTERRUPT: _interrupt,
    Act.PALETTE: lambda screen: screen.app.action_command_palette(),
    Act.THEME: lambda screen: screen.change_theme(),
    Act.HELP: lambda screen: screen.push(screen.help()),
    Act.FIND: _find,
    Act.GO_TO_LINE: _go_to_line,
    Act.EXPORT: _export,
    Act.SAVE: _save,
    Act.KEEP: _keep,
    Act.COMPARE: _compare,
    Act.TO_LOG: _of_log(lambda behind, _: behind.back()),
    Act.OTHER: _of_log(lambda behind, compile_id: behind.choose(compile_id)),
    Act.DIFFER_IN_LOG: _of_log(lambda behind, compile_id: behind.differ(compile_id or "")),
}


# --- for the app --------------------------------------------------------------------------------------------


def palette(screen: Acting) -> Iterable[SystemCommand]:
    """Every command, the chosen pane's keys, and all that can be put on screen."""
    from inspector.tui.desk.trial import verdict_to_try
    from inspector.tui.palette import of_any_screen, of_widget

    desk = screen.desk
    for entry in COMMANDS.offered(live=desk.live, of_log=bool(desk.of_log)):
        if entry.name == "try_finding" and verdict_to_try(desk) is None:
            continue
        yield SystemCommand(
            entry.title, f"{entry.help}  {entry.shown_keys}".strip(), partial(screen.command, entry.does)
        )
    if (pane := screen.picture.pane(desk)) is not None:
        yield from of_widget(pane, "In this pane.")
    offers: list[tuple[str, str, want.Intent]] = [
        *((f"Stage: {stage.heading}", "Show this stage.", want.ShowStage(stage)) for stage in desk.stages),
        *(
            (f"Compile id: {item.compile_id}", f"{item.function} · {item.status}", want.ShowCompileId(item.compile_id))
            for item in desk.capture.compilations
        ),
        *(
            (f"Kernel: {kernel_words(desk.capture, key)}", "Show this kernel.", want.ShowKernel(key))
            for key in desk.kernels()
        ),
        *((f"File: {item.id.partition(':')[2]}", item.path or "", want.ShowText(item.id)) for item in desk.sources()),
    ]
    for title, words, intent in offers:
        yield SystemCommand(title, words, partial(screen.turn, intent))
    yield from of_any_screen(screen)
