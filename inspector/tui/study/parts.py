"""A part of the state of a study's screen: where the plan stands. Each update makes the next. No Textual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from inspector.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_TARGET_FAILED, InspectorError
from inspector.model.study import StudyRequest, StudyRun
from inspector.study.updates import Estimating, Planned, PlanProgress, PlanWaiting, RunFailed, RunFinished, Update


class RunState(StrEnum):
    """Where one run stands."""

    TO_COME = "to come"
    RUNNING = "running"
    DONE = "done"
    KEPT = "kept"
    """Finished before, and in the file."""
    FAILED = "failed"


class PlanState(StrEnum):
    """Where the plan stands."""

    ESTIMATING = "estimating"
    RUNNING = "running"
    WAITING = "waiting"
    """Between two runs, until a person goes on."""
    ENDED = "ended"
    STOPPED = "stopped"
    """By a person."""
    BROKEN = "broken"
    """It cannot go on: too little memory, no such model, a file that cannot be written."""


@dataclass(frozen=True)
class PlanRow:
    """One run of the plan."""

    request: StudyRequest
    state: RunState = RunState.TO_COME
    seconds: float | None = None
    """So far, or as long as it took; None for one to come or kept."""
    phase: str = ""
    error: InspectorError | None = None


@dataclass(frozen=True)
class PlanEnded:
    """The plan's thread has come to its end."""

    error: InspectorError | None = None
    """Why before the last run; None where it came to that."""


@dataclass(frozen=True)
class StudyState:
    """One moment of a plan under way."""

    rows: tuple[PlanRow, ...] = ()
    plan: PlanState = PlanState.ESTIMATING
    phase: str = "starting"
    """What is being done, while no run is under way."""
    progress: PlanProgress | None = None
    left: float | None = None
    """Seconds that the rest will take; None while nothing is known."""
    runs: tuple[StudyRun, ...] = ()
    """All finished runs of the file, the newest last."""
    environment: Mapping[str, Any] = field(default_factory=dict, hash=False)
    notes: tuple[str, ...] = ()
    error: InspectorError | None = None
    pausing: bool = False
    """Whether a person wants it to wait after the run under way."""

    @property
    def under_way(self) -> bool:
        """Whether its thread goes on by itself, or waits for a person to say so."""
        return self.plan in (PlanState.ESTIMATING, PlanState.RUNNING, PlanState.WAITING)

    @property
    def waits(self) -> bool:
        """Whether no further run begins before a person says so."""
        return self.pausing or self.plan is PlanState.WAITING

    def count(self, *states: RunState) -> int:
        """How many runs stand like that."""
        return sum(row.state in states for row in self.rows)

    @property
    def failed(self) -> tuple[PlanRow, ...]:
        """The runs that failed."""
        return tuple(row for row in self.rows if row.state is RunState.FAILED)

    @property
    def exit_code(self) -> int:
        """What the process ends with after a normal quit."""
        if self.error is not None and self.plan is PlanState.BROKEN:
            return self.error.exit_code
        return EXIT_TARGET_FAILED if self.failed else EXIT_OK


def begun(requests: tuple[StudyRequest, ...], before: StudyState | None = None) -> StudyState:
    """A plan that is about to begin, or to go on after it had ended."""
    if before is None:
        return StudyState(tuple(PlanRow(request) for request in requests))
    rows = tuple(row if row.state in (RunState.DONE, RunState.KEPT) else PlanRow(row.request) for row in before.rows)
    return replace(before, rows=rows, plan=PlanState.ESTIMATING, phase="starting", left=None, error=None, pausing=False)


def progressed(state: StudyState, update: Update | PlanEnded) -> StudyState:  # noqa: PLR0911 (a case each)
    """The state after an update."""
    match update:
        case Estimating(phase):
            return replace(state, plan=PlanState.ESTIMATING, phase=phase)
        case Planned():
            return _planned(state, update)
        case PlanProgress():
            row = PlanRow(update.request, RunState.RUNNING, update.taken, update.phase)
            state = _with_row(state, row)
            return replace(state, plan=PlanState.RUNNING, progress=update, left=update.left)
        case PlanWaiting():
            return replace(state, plan=PlanState.WAITING, progress=None, left=update.left)
        case RunFinished(run, seconds):
            state = _with_row(state, PlanRow(run.request, RunState.DONE, seconds))
            others = tuple(item for item in state.runs if item.key != run.key)
            return replace(state, runs=(*others, run), progress=None)
        case RunFailed(request, error, seconds):
            state = _with_row(state, PlanRow(request, RunState.FAILED, seconds, error=error))
            return replace(state, progress=None)
        case PlanEnded(error):
            return _ended(state, error)


def _with_row(state: StudyState, new: PlanRow) -> StudyState:
    return replace(state, rows=tuple(new if row.request == new.request else row for row in state.rows))


def _planned(state: StudyState, update: Planned) -> StudyState:
    """What was finished in this go keeps the time that it took."""
    kept = set(update.kept)
    rows = tuple(
        row if row.state is RunState.DONE else PlanRow(row.request, RunState.KEPT if row.request in kept else row.state)
        for row in state.rows
    )
    notes, about = update.notes, update.environment
    return replace(state, rows=rows, runs=update.stored, notes=notes, environment=about, plan=PlanState.RUNNING)


def _ended(state: StudyState, error: InspectorError | None) -> StudyState:
    """A run that was under way has not been: the next go makes it."""
    rows = tuple(PlanRow(row.request) if row.state is RunState.RUNNING else row for row in state.rows)
    plan = PlanState.ENDED
    if error is not None:
        plan = PlanState.STOPPED if error.exit_code == EXIT_INTERRUPTED else PlanState.BROKEN
    return replace(state, rows=rows, plan=plan, progress=None, left=None, error=error, pausing=False)
