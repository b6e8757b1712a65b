"""Who is faster beyond noise: over several starts, as many statements at once as there are finalists."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from inspector.model.tune import TuneStanding, TuneTrial
from inspector.model.version import VersionRace
from inspector.study.statistics import student

FEWEST_STARTS = 4
"""Below it Student's t is so wide that hardly anything can be told."""
MOST_STARTS = 8
OUTSIDE = 0.05
"""Chance that any interval of a search leaves out the truth."""


def standing(starts: Sequence[VersionRace], finalists: int) -> TuneStanding | None:
    """What races say together, each in a pair of processes of its own; None without any.

    A start is one value: two processes differ by more than the calls of one. The intervals of all finalists are made
    to hold together (Bonferroni). The races must not be those by which the finalists were chosen: of many equal ones
    the luckiest looks fast.

    Args:
        starts: of one finalist.
        finalists: how many there are.
    """
    quiet = [race for race in starts if race.trusted]
    trusted = len(quiet) >= FEWEST_STARTS
    used = quiet if trusted else list(starts)
    if not used:
        return None
    logs = [math.log(race.ratio) for race in used]
    mean = statistics.fmean(logs)
    interval = None
    if len(used) >= FEWEST_STARTS:
        half = student(OUTSIDE / 2 / max(1, finalists), len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
        interval = math.exp(mean - half), math.exp(mean + half)
    return TuneStanding(math.exp(mean), interval, len(used), len(starts) - len(quiet), trusted)


def recommended(finalists: Sequence[TuneTrial]) -> TuneTrial | None:
    """The fastest that pays; one with fewer settings in its place where the two cannot be told apart; None of none."""
    paying = sorted((trial for trial in finalists if trial.pays), key=_ratio)
    if not paying:
        return None
    best = paying[0]
    simpler = [trial for trial in paying[1:] if _settings(trial) < _settings(best) and not slower(trial, best)]
    return min([best, *simpler], key=lambda trial: (_settings(trial), _ratio(trial)))


def slower(one: TuneTrial, other: TuneTrial) -> bool:
    """Whether `one` is slower than `other` beyond noise (95 %): both were raced against the same process in each
    start, so what that was like cancels."""
    pairs = [(a, b) for a, b in zip(one.starts, other.starts, strict=False) if a.trusted and b.trusted]
    logs = [math.log(a.ratio / b.ratio) for a, b in pairs]
    if len(logs) < FEWEST_STARTS:
        return False
    half = student(OUTSIDE / 2, len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
    return statistics.fmean(logs) - half > 0


def _settings(trial: TuneTrial) -> int:
    asked = trial.candidate
    return len(asked.inductor) + (asked.threads is not None) + (asked.dynamic is not None)


def _ratio(trial: TuneTrial) -> float:
    return trial.standing.ratio if trial.standing is not None else math.inf
