"""Runs a plan: skips what is done already, appends what gets done, goes on after a run that failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inspector import protocol
from inspector.client.memory import in_words
from inspector.errors import EXIT_INTERRUPTED, EXIT_USAGE, InspectorError, TargetFailed, UsageError
from inspector.model.study import Experiment, StudyRequest, StudyRun
from inspector.study import store
from inspector.study.plan import largest
from inspector.study.process import Place, run_once
from inspector.study.sources import machine_of
from inspector.study.statistics import measure

Once = Callable[..., protocol.Measured]
"""`run_once`, or a test's own."""


@dataclass(frozen=True)
class Progress:
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
        place: Callable[[StudyRequest, Once], Place | None] = lambda _request, _once: None,
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

    def run(self, on_progress: Callable[[Progress], object] = lambda _: None) -> Done:
        """Estimates, then runs.

        Raises:
            UsageError: the largest run would not fit into memory, or a request makes no sense; nothing was run then.
            EnvironmentLacking: a result could not be written.
            Interrupted: a run was stopped from outside.
        """
        done = Done()
        finished = self._finished(done)
        about, environment = self._estimate()
        machine = machine_of(environment)
        todo = [request for request in self._requests if request.key(machine) not in finished]
        done.kept = len(self._requests) - len(todo)
        begun = self._clock()
        for number, request in enumerate(todo, start=1):

            def tick(phase: str, number: int = number, request: StudyRequest = request) -> None:
                now = self._clock() - begun
                on_progress(Progress(number, len(todo), request, phase, now, self._left(todo[number - 1 :])))

            started = self._clock()
            tick("preparing")
            try:
                measured = self._once(request, place=self._place(request, self._once), on_phase=tick)
            except InspectorError as error:
                if error.exit_code in (EXIT_USAGE, EXIT_INTERRUPTED):
                    raise
                done.failed.append((request, error))
                continue
            self._took.setdefault(request.variant, []).append(self._clock() - started)
            done.runs.append(self._keep(request, measured, about, machine))
        return done

    def _finished(self, done: Done) -> set[str]:
        if not self._path.exists():
            return set()
        stored = store.read(self._path)
        done.notes += stored.bad
        return {run.key for run in stored.runs}

    def _estimate(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """What the largest run needs against what there is, and the machine.

        Raises:
            UsageError: it does not fit.
        """
        request = largest(self._requests)
        measured = self._once(request)
        about = measured.result
        needed, available = about.get("needed"), about.get("available")
        if request.memory and needed and available and needed > available:
            raise UsageError(
                f"{request.model} in {request.dtype} with batch {request.batch}, the largest run of the plan, needs "
                f"about {in_words(needed)}, and {in_words(available)} are available.",
                "Take smaller batches or prompts, --dtype bf16, a smaller --model, or --no-memory-check.",
            )
        return about, measured.environment

    def _left(self, todo: Sequence[StudyRequest]) -> float | None:
        """Counts the run under way as if it had just begun, so that the time left never falls short."""
        everything = [taken for some in self._took.values() for taken in some]
        if not everything:
            return None
        usual = measure(everything).median
        return sum(measure(self._took[item.variant]).median if item.variant in self._took else usual for item in todo)

    def _keep(
        self, request: StudyRequest, measured: protocol.Measured, about: Mapping[str, Any], machine: str
    ) -> StudyRun:
        try:
            result = store.result_from(measured.kind, measured.result)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TargetFailed(f"The worker's result is none: {error}.", "Please report it.") from error
        environment = dict(measured.environment)
        if about.get("bandwidth") and request.experiment is Experiment.SPOT:
            environment["bandwidth"] = about["bandwidth"]
        run = StudyRun(request, result, environment, str(self._path), request.key(machine))
        store.append(self._path, run)
        return run
