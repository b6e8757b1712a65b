"""What a plan under way tells: plain data, in order, for the command line's one row and for the screen alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from inspector.errors import InspectorError
from inspector.model.study import StudyRequest, StudyRun


@dataclass(frozen=True)
class Estimating:
    """Before anything runs: what the largest run would need, and what this machine is."""

    phase: str
    """What the process is busy with."""


@dataclass(frozen=True)
class Planned:
    """What the results file holds already, and what is to be run."""

    stored: tuple[StudyRun, ...]
    """All finished runs of the file, those of other requests and machines among them."""
    kept: tuple[StudyRequest, ...]
    """Those of the plan that are finished."""
    todo: tuple[StudyRequest, ...]
    """The others, in order."""
    notes: tuple[str, ...] = ()
    """What could not be read of the file."""
    environment: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Of this machine, the memory's bandwidth where it was measured."""


@dataclass(frozen=True)
class PlanProgress:
    """Where a plan stands."""

    number: int
    """Which run is under way, from 1, of those that are not done already."""
    total: int
    request: StudyRequest
    phase: str
    """What its process is busy with."""
    elapsed: float
    """Seconds since the plan was begun."""
    left: float | None
    """Seconds that the rest will take, from what equal runs took; None while nothing is known."""
    taken: float = 0.0
    """Seconds since this run was begun."""


@dataclass(frozen=True)
class PlanWaiting:
    """No run is under way: somebody wants the plan to wait."""

    total: int
    left: float | None


@dataclass(frozen=True)
class RunFinished:
    """A run is done, and its result is in the file."""

    run: StudyRun
    seconds: float
    """From the start of its process to its end, preparations included."""


@dataclass(frozen=True)
class RunFailed:
    """A run failed; the plan goes on."""

    request: StudyRequest
    error: InspectorError
    seconds: float


Update = Estimating | Planned | PlanProgress | PlanWaiting | RunFinished | RunFailed
