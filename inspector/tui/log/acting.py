"""What the effects of a log's screen come to: reading beside it, what is shown of that, dialogs, leaving."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from inspector.compare.pieces import split_piece
from inspector.model.annotation import Annotation
from inspector.model.capture import Capture
from inspector.tui import effects
from inspector.tui.desk.intents import Grown
from inspector.tui.effects import Copy, Leave, Say
from inspector.tui.front import Noted
from inspector.tui.log import intents as want
from inspector.tui.log.effects import (
    AskFilter,
    CompareWith,
    Export,
    LogAct,
    LogEffect,
    PickFrom,
    ReadFor,
    ReadLog,
    ShowRead,
    ShowSides,
)
from inspector.tui.log.intents import LogDo, LogIntent
from inspector.tui.log.source import LogSource
from inspector.tui.log.state import LogDesk
from inspector.tui.task import Tasks

if TYPE_CHECKING:
    from inspector.model.difference import CompilationDifference
    from inspector.trace.log import TraceLog
    from inspector.tui.desk.screen import DeskScreen
    from inspector.tui.screens.help import HelpScreen

READING = "reading"
"""The task of what is read for the screen: one at a time, the newest."""


class LogActing(Noted):
    """A screen that carries effects out; what it is of is said by `LogScreen`."""

    desk: LogDesk
    source: LogSource
    tasks: Tasks
    over: DeskScreen | None = None
    """The compile id that is on screen, over the log's own screen."""

    def turn(self, intent: LogIntent) -> None:
        """Makes the next state, draws it once, and does what it asks for."""
        raise NotImplementedError

    def help(self) -> HelpScreen:
        """Lists every key."""
        raise NotImplementedError


def carry_out(screen: LogActing, effect: LogEffect) -> None:
    """Does one thing that a state asks for; where keys go is the screen's own."""
    match effect:
        case Say() | Copy():
            effects.carry_out(screen, effect)
        case ReadLog():
            _read(screen, effect)
        case ShowRead(read, result):
            _show(screen, read, result)
        case ShowSides(title, texts, at):
            from inspector.tui.compare.parts import text_parts
            from inspector.tui.compare.screen import DifferenceScreen

            screen.push(DifferenceScreen(("ranks",), title, text_parts(texts), at))
        case PickFrom(title, choices, current, then):
            from inspector.tui.screens.picker import Picker

            screen.push(Picker(title, choices, current), _other_than(current, lambda key: screen.turn(then(key))))
        case AskFilter(needle, conditions):
            from inspector.tui.log.prompt import FilterPrompt

            screen.push(FilterPrompt(needle, lambda text: screen.turn(want.Narrow(text)), conditions=conditions))
        case Export(compile_id):
            _export(screen, compile_id)
        case CompareWith(compile_id):
            _compare(screen, compile_id)
        case Leave(code):
            from inspector.tui.saving import leave

            leave(screen, lambda: screen.app.exit(code))
        case LogAct():
            _ACTS[effect](screen)


def _other_than(current: str | None, act: Callable[[str], None]) -> Callable[[str | None], None]:
    def answered(key: str | None) -> None:
        if key is not None and key != current:
            act(key)

    return answered


# --- what is read -------------------------------------------------------------------------------------------


def _read(screen: LogActing, read: ReadLog) -> None:
    if not screen.is_current:  # its header is out of sight
        screen.notify(f"{read.words[:1].upper()}{read.words[1:]}…", timeout=2)
    doing = "compared" if read.want in (ReadFor.DIFFERENCE, ReadFor.RANKS) else "read the log"
    screen.tasks.run(READING, partial(_work, screen.source, read, screen.desk.log.overview), doing=doing)


def _work(source: LogSource, read: ReadLog, overview: Any, say: Callable[[str], None]) -> object:
    """What is wanted, on a thread of its own."""
    if read.want is ReadFor.RANKS:
        from inspector.work.comparing import rank_report

        return rank_report(cast("TraceLog", source.log), overview, say)
    if read.want is ReadFor.WHY:
        from inspector.why.rules import answers
        from inspector.work.opening import Opened, evidence_of

        return answers(evidence_of(Opened("", log=cast("TraceLog", source.log))))
    if read.want is ReadFor.PIECES:
        return source.pieces()
    if read.want is ReadFor.DIFFERENCE:
        from inspector.work.comparing import within

        return within(source.capture(read.compile_ids), *read.compile_ids)
    return source.capture(read.compile_ids) if read.compile_ids else source.outside()


def _show(screen: LogActing, read: ReadLog, result: object) -> None:
    if read.want is ReadFor.DIFFERENCE:
        from inspector.tui.compare.screen import of_compilations

        screen.push(of_compilations(cast("CompilationDifference", result)))
        return
    assert isinstance(result, Capture)
    compile_id = split_piece(read.compile_ids[0])[0] if read.compile_ids else None
    match read.want:
        case ReadFor.OPEN:
            _open(screen, read, result)
        case ReadFor.MORE:
            if screen.over is not None and screen.over.is_mounted and screen.over.desk.compile_id == compile_id:
                screen.over.turn(Grown(result, screen.clock()))
        case ReadFor.TEXTS:
            from inspector.tui.screens.texts import TextsScreen

            screen.push(TextsScreen(result, compile_id))
        case ReadFor.GUARDS if (compilation := result.compilation(compile_id or "")) is not None:
            from inspector.tui.screens.guards import GuardsScreen

            screen.push(GuardsScreen(compilation))


def _open(screen: LogActing, read: ReadLog, capture: Capture) -> None:
    """Puts a compile id on screen, in place of another that was chosen from."""
    from inspector.tui.desk.behind import Behind
    from inspector.tui.desk.screen import DeskScreen

    _return(screen)
    behind = Behind(
        lambda: screen.desk.log.overview.rows,
        screen.source.capture,
        lambda: screen.turn(LogDo.BACK),
        lambda compile_id: screen.turn(want.PickCompileId(compile_id)),
        lambda compile_id: screen.turn(want.ShowDifference(compile_id)),
    )
    (name,) = read.compile_ids
    compile_id, piece = split_piece(name)
    screen.over = over = DeskScreen(
        None,
        capture,
        screen.heading if piece is None else f"{screen.heading} {screen.desk.pieces.name_of(name)}",
        screen.clock,
        behind=behind,
        compile_id=compile_id,
        notebook=screen.notebook,
    )
    screen.app.main = over  # type: ignore[attr-defined]
    screen.opening = screen.app.push_screen(over)
    if read.then is not None:
        over.call_after_refresh(over.turn, read.then)


def _return(screen: LogActing) -> None:
    """Back from the compile id that is on screen, and from what stands over it."""
    if screen.over is not None:
        screen.over = screen.app.main = None  # type: ignore[attr-defined]
        while screen.app.screen is not screen:
            screen.app.pop_screen()


# --- what is shared ------------------------------------------------------------------------------------------


def _export(screen: LogActing, compile_id: str | None) -> None:
    """Asks where to write a compile id; the whole log where there is none."""
    from inspector.tui.saving import annotated
    from inspector.tui.screens.export import ExportPrompt

    notebook = screen.notebook
    if compile_id is None:
        screen.push(ExportPrompt(screen.heading, lambda: annotated(screen.source.whole(), notebook), "the whole log"))
    else:
        name = f"{screen.heading.removesuffix('.log')}-{compile_id.replace(':', '-')}"
        screen.push(ExportPrompt(name, lambda: annotated(screen.source.capture((compile_id,)), notebook), compile_id))


def _compare(screen: LogActing, compile_id: str | None) -> None:
    """Asks what to hold a compile id against, or the whole log where there is none."""
    from inspector.tui.compare.choosing import Held, choices_of, compare_with

    source = screen.source
    if compile_id is None:
        compare_with(screen, Held(screen.heading, source.whole))
        return
    title, others = f"{screen.heading} {compile_id}", choices_of(screen.desk.log.overview.rows)
    read = partial(source.capture, (compile_id,))
    compare_with(screen, Held(title, read, compile_id, others, source.capture, part=True))


# --- what takes no further word -----------------------------------------------------------------------------


def _list_notes(screen: LogActing) -> None:
    """What was noted at any compile id; the chosen note is gone to."""
    from inspector.tui.desk.notes import choice
    from inspector.tui.screens.picker import Picker

    notes = {note.id: note for note in screen.notebook.notes}
    if not notes:
        screen.notify("There are no notes yet: a puts one on a line of a compile id.", timeout=3)
        return
    choices = [choice(note, _where(note), note.author) for note in notes.values()]
    screen.push(Picker("Notes", choices), _other_than(None, lambda key: screen.turn(want.OpenNote(notes[key]))))


def _where(note: Annotation) -> str:
    """A note's place in words, without the capture that it lies in."""
    if note.span is None:
        return note.compile_id or ""
    name = note.span.artifact.removeprefix("source:")
    return f"{name}:{note.span.start.line}" + (f" of {note.compile_id}" if note.compile_id else "")


def _save_notes(screen: LogActing) -> None:
    from inspector.tui.saving import save

    if screen.notebook.notes:
        save(screen)
    else:
        screen.notify("There are no notes to save: a writes one at a compile id, E exports one.", timeout=4)


_ACTS: dict[LogAct, Callable[[LogActing], object]] = {
    LogAct.RETURN: _return,
    LogAct.NOTES: _list_notes,
    LogAct.SAVE: _save_notes,
    LogAct.HELP: lambda screen: screen.push(screen.help()),
    LogAct.PALETTE: lambda screen: screen.app.action_command_palette(),
    LogAct.THEME: lambda screen: screen.change_theme(),
}
