"""A search over settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspector.model.numerics import Numerics
from inspector.model.request import CaptureRequest
from inspector.model.tune import Candidate, LeftOut, LinesCheck, TuneFate, TuneStanding, TuneTrial, Tuning
from inspector.model.version import VersionNumbers, VersionRace
from inspector.say import tune as say


@dataclass(frozen=True)
class TrialData:
    """What came of a candidate."""

    candidate: Candidate
    fate: TuneFate
    message: str
    first_call: float | None
    """Seconds of its first compiled call, which compiles: of several starts the median."""
    numerics: Numerics | None
    numbers: VersionNumbers | None
    """Its results against those without it."""
    races: tuple[VersionRace, ...]
    starts: tuple[VersionRace, ...]
    standing: TuneStanding | None
    pays: bool
    """Whether it is faster beyond noise, its numbers checked."""
    why: tuple[str, ...]
    """How what was compiled differs by meaning, in words."""

    @classmethod
    def of(cls, trial: TuneTrial) -> TrialData:
        return cls(
            trial.candidate,
            trial.fate,
            trial.message,
            trial.first_call,
            trial.numerics,
            trial.numbers,
            trial.races,
            trial.starts,
            trial.standing,
            trial.pays,
            tuple(row.text for row in say.why(trial)),
        )


@dataclass(frozen=True)
class TuneDocument:
    """What was tried on a target, and what pays."""

    request: CaptureRequest
    """What is asked for without any candidate."""
    target: Mapping[str, Any]
    environment: Mapping[str, Any]
    first_call: float | None
    """Seconds of the first compiled call without any candidate."""
    numerics: Numerics | None
    """Results without any candidate, against eager's."""
    trials: tuple[TrialData, ...]
    left_out: tuple[LeftOut, ...]
    starts: int
    """How often each finalist was started."""
    forked: bool
    """Whether processes were forked from one that had compiled before."""
    took: float
    notes: tuple[str, ...]
    recommended: str
    """The name of the candidate that pays; empty where none does."""
    lines: tuple[str, ...]
    """What to put into one's program."""
    check: LinesCheck | None
    """Whether the lines compile to what was raced; null where there are none."""
    verdict: tuple[str, ...]
    """What it comes to, in words."""

    @classmethod
    def of(cls, tuning: Tuning) -> TuneDocument:
        return cls(
            tuning.request,
            tuning.capture.target,
            tuning.capture.environment,
            tuning.first_call,
            tuning.numerics,
            tuple(map(TrialData.of, tuning.trials)),
            tuning.left_out,
            tuning.starts,
            tuning.forked,
            tuning.took,
            tuning.notes,
            tuning.recommended,
            tuning.lines,
            tuning.check,
            tuple(row.text for row in say.verdict(tuning)),
        )
