"""Runs a plan: skips what is done already, appends what gets done, goes on after a run that failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from inspector import protocol
from inspector.errors import EXIT_INTERRUPTED, EXIT_USAGE, InspectorError, TargetFailed, UsageError
from inspector.jsontext import Malformed
from inspector.model.study import Experiment, StudyRequest, StudyRun
from inspector.say.units import size
from inspector.study import store
from inspector.study.control import Control
from inspector.study.plan import largest
from inspector.study.process import PreparedPlace, run_once
from inspector.study.sources import machine_of
from inspector.study.statistics import measure
from inspector.study.updates import Estimating, Planned, PlanProgress, PlanWaiting, RunFailed, RunFinished, Update

Once = Callable[..., protocol.Measured]
"""`run_once`, or a test's own."""


@dataclass
class Done:
    """What became of a plan."""

    runs: list[StudyRun] = field(default_factory=list)
    """Finished in this go, in order."""
    kept: int = 0
    """Found finished in the results file."""
    failed: list[tuple[StudyRequest, InspectorError]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Plan:
    """A list of runs and the file that their results go to.

    Args:
        requests: what to run, in order.
        path: the results file; runs that it holds, of the same request on the same machine, are not repeated.
        place: for each request, where its process finds what was prepared; None for a start from nothing.
        once: makes one run.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        requests: Sequence[StudyRequest],
        path: Path,
        *,
        place: Callable[[StudyRequest, Once], PreparedPlace | None] = lambda _request, _once: None,
        once: Once = run_once,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not requests:
            raise UsageError("The plan is empty.", "Give at least one batch size and one mode.")
        self._requests = list(requests)
        self._path = path
        self._place = place
        self._once = once
        self._clock = clock
        self._took: dict[str, list[float]] = {}

    @property
    def requests(self) -> tuple[StudyRequest, ...]:
        """All runs, in order."""
        return tuple(self._requests)

    @property
    def path(self) -> Path:
        """The results file."""
        return self._path

    def run(self, on_update: Callable[[Update], object] = lambda _: None, control: Control | None = None) -> Done:
        """Estimates, then runs.

        Args:
            on_update: called on this thread with all that happens, about ten times a second while a run is under way.
            control: what somebody on another thread wants of it; None for nobody.

        Raises:
            UsageError: the largest run would not fit into memory, or a request makes no sense; nothing was run then.
            EnvironmentLacking: a result could not be written.
            Interrupted: a run was stopped from outside.
        """
        control = control if control is not None else Control()
        done = Done()
        store.check_place(self._path)
        stored = store.read(self._path) if self._path.exists() else store.StoredStudy((), ())
        done.notes += stored.bad

        def estimating(phase: str) -> None:
            control.check()
            on_update(Estimating(phase))

        about, environment = self._estimate(estimating)
        machine = machine_of(environment)
        finished = {run.key for run in stored.runs}
        kept = tuple(request for request in self._requests if request.key(machine) in finished)
        todo = tuple(request for request in self._requests if request.key(machine) not in finished)
        done.kept = len(kept)
        on_update(Planned(stored.runs, kept, todo, stored.bad, _with_bandwidth(environment, about)))
        begun = self._clock()
        for number, request in enumerate(todo, start=1):
            if control.paused:
                on_update(PlanWaiting(len(todo) - number + 1, self._left(todo[number - 1 :])))
            control.between()
            started = self._clock()

            def tick(
                phase: str, number: int = number, request: StudyRequest = request, started: float = started
            ) -> None:
                control.check()
                now = self._clock()
                left = self._left(todo[number - 1 :], now - started)
                on_update(PlanProgress(number, len(todo), request, phase, now - begun, left, now - started))

            tick("preparing")
            once = partial(self._once, on_phase=tick)
            try:
                measured = once(request, place=self._place(request, once))
            except InspectorError as error:
                if error.exit_code in (EXIT_USAGE, EXIT_INTERRUPTED):
                    raise
                done.failed.append((request, error))
                on_update(RunFailed(request, error, self._clock() - started))
                continue
            took = self._clock() - started
            self._took.setdefault(request.variant, []).append(took)
            done.runs.append(self._keep(request, measured, about, machine))
            on_update(RunFinished(done.runs[-1], took))
        return done

    def _estimate(self, on_phase: Callable[[str], object]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """What the largest run needs against what there is, and the machine.

        Raises:
            UsageError: it does not fit.
        """
        request = largest(self._requests)
        measured = self._once(request, on_phase=on_phase)
        about = measured.result
        needed, available = about.get("needed"), about.get("available")
        if request.memory and needed and available and needed > available:
            raise UsageError(
                f"{request.model} in {request.dtype} with batch {request.batch}, the largest run of the plan, needs "
                f"about {size(needed)}, and {size(available)} are available.",
                "Take smaller batches or prompts, --dtype bf16, a smaller --model, or --no-memory-check.",
            )
        return about, measured.environment

    def _left(self, todo: Sequence[StudyRequest], taken: float = 0.0) -> float | None:
        """Seconds for `todo`, of whose first run `taken` have gone by; as long as it takes more than usual, none."""
        everything = [seconds for some in self._took.values() for seconds in some]
        if not everything:
            return None
        usual = measure(everything).median
        each = [measure(self._took[item.variant]).median if item.variant in self._took else usual for item in todo]
        return max(0.0, each[0] - taken) + sum(each[1:]) if each else 0.0

    def _keep(
        self, request: StudyRequest, measured: protocol.Measured, about: Mapping[str, Any], machine: str
    ) -> StudyRun:
        try:
            result = store.result_from(measured.kind, measured.result)
        except Malformed as error:
            raise TargetFailed(f"The worker's result is none: {error}.", "Please report it.") from error
        spot = request.experiment is Experiment.SPOT
        environment = _with_bandwidth(measured.environment, about) if spot else dict(measured.environment)
        run = StudyRun(request, result, environment, str(self._path), request.key(machine))
        store.append(self._path, run)
        return run


def _with_bandwidth(environment: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    known = about.get("bandwidth")
    return dict(environment) | ({"bandwidth": known} if known else {})
