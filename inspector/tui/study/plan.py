"""The plan of runs as rows: what is done, what is under way and for how long, what is to come."""

from __future__ import annotations

from inspector.client.logs import sanitise
from inspector.model.study import Experiment
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.study.words import clock
from inspector.tui.study.parts import PlanRow, RunState
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState

COLUMNS = (Column("run", 20, grow=1), Column("", 4, right=True, rank=1), Column("time", 7, right=True))
"""Of the plan's outline: the run, which of several equal ones it is, and its time or where it stands."""

_MARKS = {
    RunState.TO_COME: StageState.WAITING,
    RunState.RUNNING: StageState.LIVE,
    RunState.DONE: StageState.DONE,
    RunState.KEPT: StageState.DONE,
    RunState.FAILED: StageState.FAILED,
}
_TONES = {
    RunState.TO_COME: Tone.QUIET,
    RunState.RUNNING: Tone.NAME,
    RunState.FAILED: Tone.ERROR,
}


def items(rows: tuple[PlanRow, ...]) -> tuple[Item, ...]:
    """A row for each run, in order."""
    return tuple(_item(number, row) for number, row in enumerate(rows))


def _item(number: int, row: PlanRow) -> Item:
    request = row.request
    names = {
        Experiment.SPOT: f"{request.variant}, batch {request.batch}",
        Experiment.CURES: f"{request.model}, {request.variant}",
    }
    words = sanitise(names.get(request.experiment, request.variant))
    mark = glyphs().states[_MARKS[row.state]]
    tone = _TONES.get(row.state, Tone.TEXT)
    again = f"{request.repeat + 1}×" if request.repeat else ""
    time = clock(row.seconds) if row.seconds is not None else "kept" if row.state is RunState.KEPT else ""
    after = row.phase if row.state is RunState.RUNNING else "failed" if row.state is RunState.FAILED else ""
    cells = (
        Cell(f"{mark} {words}", tone, after=sanitise(after)),
        Cell(again, Tone.QUIET),
        Cell(time, Tone.QUIET if row.state is RunState.KEPT else tone),
    )
    return Item(str(number), cells, opens=row.state in (RunState.FAILED, RunState.DONE, RunState.KEPT))
