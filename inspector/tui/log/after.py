"""The screen of a log after what a person wants, or after what has arrived: one pure function."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from inspector.compare.pieces import split_piece
from inspector.errors import EXIT_INTERRUPTED, EXIT_OK, InspectorError
from inspector.model.annotation import Annotation
from inspector.model.compile_row import CompileRow
from inspector.model.pieces import Pieces
from inspector.model.rank_report import RankReport
from inspector.model.selection import wanted
from inspector.model.stored import Stored
from inspector.say.compiles import reason_words, status_words, trouble_words
from inspector.say.doc import Item, Show
from inspector.say.names import place
from inspector.say.units import seconds
from inspector.tui.choice import Choice
from inspector.tui.desk.intents import GoToNote, GoToPlace, Intent
from inspector.tui.effects import Copy, FocusPart, Leave, Say, with_effect
from inspector.tui.intents import FocusOn, Resized, ShowEvidence, StepBy
from inspector.tui.log import breaks, ranks, recompiles
from inspector.tui.log import intents as want
from inspector.tui.log.compiles import OUTSIDE
from inspector.tui.log.effects import (
    AskFilter,
    CompareWith,
    Export,
    FocusRows,
    LogAct,
    PickFrom,
    ReadFor,
    ReadLog,
    ShowRead,
    ShowSides,
)
from inspector.tui.log.intents import LogDo, LogIntent, OfRow
from inspector.tui.log.parts import LogState
from inspector.tui.log.state import SORTS, LogDesk
from inspector.tui.pieces import table as pieces
from inspector.why.verdict import Answer

_ACTS = {
    LogDo.NOTES: LogAct.NOTES,
    LogDo.SAVE: LogAct.SAVE,
    LogDo.HELP: LogAct.HELP,
    LogDo.PALETTE: LogAct.PALETTE,
    LogDo.THEME: LogAct.THEME,
}

_NOT_THERE = {
    "ranks": "This log was written by one process.",
    "pieces": "This log is of no server that compiles in pieces.",
}
"""Why a view has nothing to show."""


_VIEWS = {"recompiles": "recompiles", "breaks": "breaks", "phases": "time", "ranks": "ranks"}
"""Verb → the view that shows the same."""


def after(desk: LogDesk, intent: LogIntent) -> LogDesk:  # noqa: PLR0911, PLR0912 (a case each)
    """The next state; what is to be said and done stands in its `effects`, behind what was there."""
    match intent:
        case LogDo():
            return _do(desk, intent)
        case want.AtRow(does, row):
            return _of_row(desk, does, row)
        case want.ShowView(name):
            return _show_view(desk, name)
        case StepBy(by):
            return _show_view(desk, desk.names[(desk.names.index(desk.active) + by) % len(desk.names)])
        case FocusOn(by):
            return with_effect(desk, FocusPart(by))
        case Resized(size):
            return replace(desk, size=size)
        case want.Narrow(needle):
            return narrowed(desk, needle)
        case want.SortBy(column):
            known = column in SORTS.get(desk.active, ())
            return _asked(desk, sort="" if column == desk.asked.sort else column) if known else desk
        case want.OpenCompileId(compile_id, then):
            return _open(desk, compile_id, then)
        case want.PickCompileId(current):
            return _pick(desk, current)
        case want.ShowDifference(compile_id):
            return _difference(desk, compile_id)
        case ShowEvidence(show):
            return _evidence(desk, show)
        case want.Hold(one, other):
            return _read(desk, ReadLog(ReadFor.DIFFERENCE, f"comparing {one} with {other}", (one, other)))
        case want.Aside(by):
            return replace(desk, pieces=desk.pieces.aside(by))
        case want.OpenNote(note):
            return _open_note(desk, note)
        case want.Indexed(log):
            return _indexed(desk, log)
        case want.IndexFailed(error):
            return replace(desk, log=replace(desk.log, error=error))
        case want.ReadSays(words):
            return replace(desk, busy=words) if desk.reading is not None else desk
        case want.HasRead(read, result):
            return _has_read(desk, read, result)
        case want.ReadFailed(read, error):
            return _read_failed(desk, read, error)


# --- what a person wants ------------------------------------------------------------------------------------


def _say(desk: LogDesk, words: str, severity: str = "information", timeout: float = 3) -> LogDesk:
    return with_effect(desk, Say(words, severity=severity, timeout=timeout))


def _do(desk: LogDesk, do: LogDo) -> LogDesk:  # noqa: PLR0911 (a case each)
    match do:
        case LogDo.WHY:
            return _why(desk)
        case LogDo.DETAILS if desk.why:
            return replace(desk, why=False)
        case LogDo.DETAILS:
            shown = desk.layout.details_shown
            return with_effect(replace(desk, details_asked=not shown), *((FocusRows(),) if shown else ()))
        case LogDo.FLAME:
            shown = desk.layout.flame > 0
            return with_effect(replace(desk, flame_asked=not shown), *((FocusRows(),) if shown else ()))
        case LogDo.SORT:
            sorts = SORTS.get(desk.active, ("",))
            if len(sorts) == 1:
                return _say(desk, "These rows have one order.", timeout=2)
            return _asked(desk, sort=sorts[(sorts.index(desk.asked.sort) + 1) % len(sorts)])
        case LogDo.FLAT:
            return _asked(desk, flat=not desk.asked.flat)
        case LogDo.FILTER:
            return with_effect(desk, AskFilter(desk.asked.needle, desk.active == "compiles"))
        case LogDo.BACK:
            return _ranks_wait(with_effect(replace(desk, opened=None), LogAct.RETURN))
        case LogDo.LEAVE:
            return with_effect(desk, Leave(desk.log.error.exit_code if desk.log.error is not None else EXIT_OK))
        case LogDo.INTERRUPT:
            return with_effect(desk, Leave(EXIT_INTERRUPTED))
        case _:
            return with_effect(desk, _ACTS[do])


def _of_row(desk: LogDesk, does: OfRow, row: Item | None) -> LogDesk:  # noqa: PLR0911 (a case each)
    compile_id = desk.compile_id(row)
    match does:
        case OfRow.OPEN:
            return _choose(desk, row) if row is not None else desk
        case OfRow.DIFFERENCE if row is not None and desk.active == "ranks":
            return _rank_difference(desk, row)
        case OfRow.DIFFERENCE if row is not None and desk.active == "pieces":
            return _hold(desk, row)
        case OfRow.DIFFERENCE if compile_id is None:
            return _say(desk, "This row is no compile id.")
        case OfRow.DIFFERENCE:
            return _difference(desk, compile_id or "")
        case OfRow.GUARDS if compile_id is not None:
            return _read(desk, ReadLog(ReadFor.GUARDS, f"reading {compile_id}", (compile_id,)))
        case OfRow.TEXTS:
            ids = (compile_id,) if compile_id is not None else ()
            return _read(desk, ReadLog(ReadFor.TEXTS, f"reading {compile_id or 'the rest'}", ids))
        case OfRow.EXPORT | OfRow.COMPARE if not desk.log.indexed:
            return _say(desk, "The log is still being read.")
        case OfRow.EXPORT:
            return with_effect(desk, Export(compile_id))
        case OfRow.COMPARE:
            return with_effect(desk, CompareWith(compile_id))
        case OfRow.COPY if row is not None:
            words = "  ".join(filter(None, (f"{cell.text}  {cell.after}".strip() for cell in row.cells)))
            return with_effect(desk, Copy(words), Say("Copied.", timeout=2))
    return desk


def _choose(desk: LogDesk, row: Item) -> LogDesk:
    """What enter on a row does."""
    if desk.active == "ranks":
        return _rank_difference(desk, row)
    if row.key == OUTSIDE:
        return _of_row(desk, OfRow.TEXTS, None)
    if desk.active == "pieces":
        return _open_piece(desk, row)
    if (compile_id := desk.compile_id(row)) is None:
        return desk
    spot = breaks.of(desk.log, row) if desk.active == "breaks" else None
    stack = spot[1].stack if spot is not None and spot[1] is not None else ()
    return _open(desk, compile_id, GoToPlace(stack[-1].file, stack[-1].line) if stack else None)


def _asked(desk: LogDesk, **changes: str | bool) -> LogDesk:
    """Other rows of the view on screen."""
    options = {**desk.options, desk.active: replace(desk.asked, **changes)}  # type: ignore[arg-type]
    return replace(desk, options=options)


def narrowed(desk: LogDesk, needle: str) -> LogDesk:
    """Only rows that hold something.

    Raises:
        UsageError: a condition that there is not, in the view that knows conditions.
    """
    if desk.active == "compiles":
        wanted(needle)
    return _asked(desk, needle=needle)


def _show_view(desk: LogDesk, name: str) -> LogDesk:
    if name not in desk.names:
        return _say(desk, _NOT_THERE[name])
    desk = with_effect(replace(desk, active=name), FocusRows())
    return _read_pieces(desk) if name == "pieces" else _compare_ranks(desk) if name == "ranks" else desk


def _why(desk: LogDesk) -> LogDesk:
    """What the rules say, where the details are; the same again puts it away."""
    if desk.why:
        return with_effect(replace(desk, why=False), FocusRows())
    if not desk.log.indexed:
        return _say(desk, "The log is still being read.")
    desk = replace(desk, why=True, details_asked=True)
    desk = with_effect(desk, FocusPart(1)) if desk.active != "time" else desk
    if desk.found_in is desk.log.overview:
        return desk
    return _read(replace(desk, found=None, found_in=desk.log.overview), ReadLog(ReadFor.WHY, "asking the rules"))


def _evidence(desk: LogDesk, show: Show) -> LogDesk:
    """The view that shows what a verb shows, else the compile id that it names."""
    if (view := _VIEWS.get(show.verb)) is not None:
        return _show_view(desk, view)
    return _open(desk, show.compile_id) if show.compile_id else _show_view(desk, "compiles")


def _open_note(desk: LogDesk, note: Annotation) -> LogDesk:
    named = note.span.artifact.partition(":")[0] if note.span is not None else ""
    compile_id = next((item for item in (named, note.compile_id) if item in desk.log.overview.by_id), None)
    if compile_id is None:
        return _say(desk, "This log holds the place of that note no more.", "warning", 4)
    return _open(desk, compile_id, GoToNote(note.id))


def _pick(desk: LogDesk, current: str | None) -> LogDesk:
    """Every compile id of the log; the chosen one takes the place of the one on screen."""
    choices = tuple(map(_choice, desk.log.overview.rows))
    return with_effect(desk, PickFrom("Compile ids", choices, current, want.OpenCompileId))


def _choice(row: CompileRow) -> Choice:
    where = place(row.place.file, row.place.line) if row.place is not None else ""
    took = seconds(row.times.seconds) if row.times.seconds else ""
    detail = " · ".join(filter(None, (row.function, where, status_words(row.status), took)))
    reason = reason_words(row)
    below = trouble_words(row) or (f"recompiled: {reason}" if reason else "")
    return Choice(row.compile_id, row.compile_id, detail, below)


# --- what is read -------------------------------------------------------------------------------------------


def _read(desk: LogDesk, read: ReadLog) -> LogDesk:
    """Reads something beside the screen; the newest wish counts, and what was being read is not waited for."""
    if desk.reading is not None and desk.reading.want is ReadFor.RANKS:
        desk = replace(desk, compared=None)
    elif desk.reading is not None and desk.reading.want is ReadFor.WHY:
        desk = replace(desk, found_in=None)
    if desk.reading is not None and desk.reading.want is ReadFor.PIECES:
        desk = replace(desk, pieces=replace(desk.pieces, of=None))
    return with_effect(replace(desk, reading=read, busy=read.words), read)


def _open(desk: LogDesk, compile_id: str, then: Intent | None = None) -> LogDesk:
    if split_piece(compile_id)[0] not in desk.log.overview.by_id:
        return _say(desk, f"This log has no compile id {compile_id}.", "warning", 4)
    return _read(desk, ReadLog(ReadFor.OPEN, f"reading {compile_id}", (compile_id,), then))


def _difference(desk: LogDesk, compile_id: str) -> LogDesk:
    """How a recompile differs from the compile before it."""
    before = recompiles.before(desk.log, compile_id)
    if before is None:
        return _say(desk, "Only a recompile has a compile before it to differ from.", timeout=4)
    return _read(desk, ReadLog(ReadFor.DIFFERENCE, f"comparing {before} with {compile_id}", (before, compile_id)))


def _rank_difference(desk: LogDesk, row: Item) -> LogDesk:
    if desk.report is None:
        return _say(desk, desk.not_compared or "The ranks are still being compared.", timeout=4)
    found, at = ranks.differences(desk.report, row)
    if not found:
        return _say(desk, ranks.no_difference(desk.report, row), timeout=4)
    return with_effect(desk, ShowSides(found[at].title, found, at))


def _open_piece(desk: LogDesk, row: Item) -> LogDesk:
    """The chosen cell as a capture of its own."""
    compile_id = desk.compile_id(row)
    if compile_id is None:
        found = desk.pieces.found(row)
        return desk if found is None or found[1] is None else _say(desk, pieces.nothing_words(desk.pieces, row))
    return _read(desk, ReadLog(ReadFor.OPEN, f"reading {compile_id}", (compile_id,)))


def _hold(desk: LogDesk, row: Item) -> LogDesk:
    """The chosen cell against another: at once where there is one alone, else one of a list."""
    own, others = desk.compile_id(row), pieces.others(desk.pieces, row)
    if own is None:
        return _say(desk, pieces.nothing_words(desk.pieces, row))
    if len(others) < 2:
        return after(desk, want.Hold(own, others[0].key)) if others else _say(desk, "There is no other piece.")
    name = pieces.chosen_words(desk.pieces, row)
    return with_effect(desk, PickFrom(f"Hold {name} against", others, None, lambda key: want.Hold(own, key)))


def _read_pieces(desk: LogDesk) -> LogDesk:
    """Once for each state of a finished index."""
    if desk.pieces.of is desk.log.overview or not desk.log.indexed:
        return desk
    desk = _read(desk, ReadLog(ReadFor.PIECES, "reading the pieces"))
    return replace(desk, pieces=replace(desk.pieces, of=desk.log.overview, failed=""))


def _compare_ranks(desk: LogDesk) -> LogDesk:
    """Once for each state of a finished index."""
    if desk.compared is desk.log.overview or not desk.log.indexed:
        return desk
    desk = _read(desk, ReadLog(ReadFor.RANKS, "comparing the ranks"))
    return replace(desk, compared=desk.log.overview, not_compared="")


# --- what arrives -------------------------------------------------------------------------------------------


def _indexed(desk: LogDesk, log: LogState) -> LogDesk:
    """More of the log is known: of one that is followed, what is open of it is read again."""
    before, desk = desk.log, replace(desk, log=log)
    desk = _ranks_wait(desk)
    more = log.followed and log.records != before.records
    if desk.opened is not None and more and desk.reading is None:
        return _read(desk, ReadLog(ReadFor.MORE, f"reading {desk.opened}", (desk.opened,)))
    return desk


def _ranks_wait(desk: LogDesk) -> LogDesk:
    """Compares the ranks, or reads the pieces, where their view has waited for it."""
    if desk.reading is not None or desk.opened is not None:
        return desk
    if desk.active == "pieces" and not desk.pieces.read:
        return _read_pieces(desk)
    return _compare_ranks(desk) if desk.active == "ranks" and desk.report is None else desk


def _has_read(desk: LogDesk, read: ReadLog, result: object) -> LogDesk:
    desk = replace(desk, reading=None, busy="")
    if read.want is ReadFor.RANKS:
        assert isinstance(result, RankReport)
        return replace(desk, report=result)
    if read.want is ReadFor.WHY:
        return _ranks_wait(replace(desk, found=cast("tuple[Answer, ...]", result)))
    if read.want is ReadFor.PIECES:
        assert isinstance(result, Pieces | Stored)
        there = {"kept": result} if isinstance(result, Stored) else {"pieces": result}
        return replace(desk, pieces=replace(desk.pieces, **there))
    if read.want is ReadFor.OPEN:
        desk = replace(desk, opened=read.compile_ids[0])
    return _ranks_wait(with_effect(desk, ShowRead(read, result)))


def _read_failed(desk: LogDesk, read: ReadLog, error: InspectorError) -> LogDesk:
    words = f"{error.message} {error.hint}".strip()
    desk = _say(replace(desk, reading=None, busy=""), words, "error", 8)
    if read.want is ReadFor.RANKS:
        return replace(desk, not_compared=words)
    if read.want is ReadFor.WHY:
        desk = replace(desk, why=False, found_in=None)
    if read.want is ReadFor.PIECES:
        return replace(desk, pieces=replace(desk.pieces, failed=words))
    return _ranks_wait(desk)
