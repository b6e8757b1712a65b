"""A search from its beginning to its lines: processes, the machine to itself, the verdict, the check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from inspector.client.toolchain import require_compiler
from inspector.live.rundir import RunDirectory
from inspector.model.request import CaptureRequest
from inspector.model.tune import TuneTrial, Tuning
from inspector.study.sweep.point import machine_turn
from inspector.study.tune.entrants import Entrants, making
from inspector.study.tune.lines import check_lines, lines_of
from inspector.study.tune.search import TuneOptions, TuneSearch, TuneUpdate
from inspector.work.versions import warm_workers


def tune(
    request: CaptureRequest,
    options: TuneOptions,
    tell: Callable[[TuneUpdate], object] = lambda _: None,
    check: Callable[[], object] = lambda: None,
    *,
    fresh: bool = False,
) -> Tuning:
    """Searches; nothing of any process is left when this returns.

    Args:
        request: what is asked for without any candidate.
        options: how to search.
        tell: told how far it is.
        check: called many times a second; what it raises ends the search.
        fresh: a new process each time, and not one that is forked from a parent that has compiled.

    Raises:
        InspectorError: the target does not compile, or nothing can be compiled here.
    """
    require_compiler()
    with machine_turn(alone=True, check=check), RunDirectory(None) as folder:
        warm = None if fresh else warm_workers(request, folder)
        entrants = Entrants(making(warm.worker if warm is not None else None), check)
        try:
            found = TuneSearch(request, options, entrants, folder, tell, forked=not fresh).run()
            if warm is not None and warm.refusal:
                found = replace(found, forked=False)
        finally:
            entrants.close()
            if warm is not None:
                warm.close()
    with RunDirectory(None) as folder:  # the other one went with the parent
        return _with_lines(found, folder)


def _with_lines(found: Tuning, folder: Path) -> Tuning:
    """With what to put into one's program: of what pays, and of the fastest where a busy machine leaves it unsure."""
    trial = chosen(found)
    if trial is None or trial.capture is None:
        return found
    check = check_lines(found.request, trial.candidate, trial.capture, folder)
    return replace(found, lines=lines_of(found.request, trial.candidate), check=check)


def chosen(found: Tuning) -> TuneTrial | None:
    """The candidate whose lines are told."""
    if found.recommended:
        return found.trial(found.recommended)
    unsure = (trial for trial in found.finalists if trial.checked and trial.standing is not None)
    fastest = next(unsure, None)
    if fastest is None or fastest.standing is None or fastest.standing.trusted or fastest.standing.ratio >= 1:
        return None
    return fastest
