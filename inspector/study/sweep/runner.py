"""Runs a plan's points on an engine: skips what has a result, takes results as they come, goes on after a failure.

The folder is all that it knows of results. So two controllers may run one plan at once, one may die and another go on:
a point has a result or has none, and none of them can count one twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from inspector.errors import EXIT_ENVIRONMENT, EnvironmentLacking
from inspector.model.sweep import LOST, PointResult
from inspector.study.control import Control
from inspector.study.sweep.engines import End, Engine
from inspector.study.sweep.folder import DamagedResult, SweepFolder
from inspector.study.sweep.plan import SweepPlan
from inspector.study.sweep.point import EXIT_ELSEWHERE, Job

ATTEMPTS = 3
"""How often a point is begun whose process ends without a result: nodes go, and somebody ends a process."""
_MOST_LOAD = 50
"""The controller looks at most for this part of the time, however many points there are."""
_ELSEWHERE = 1.0
"""Seconds until a point that another process is making is looked at again."""


@dataclass(frozen=True)
class SweepProgress:
    """Where a sweep stands."""

    done: int
    """Points of the plan that have a result, those that were there before included."""
    total: int
    failed: int
    running: tuple[Job, ...]
    """What is being made, as far as is known."""
    elapsed: float
    left: float | None
    """Seconds for the rest, at the rate of this go; None while nothing is known."""


@dataclass(frozen=True)
class PointDone:
    """A result came."""

    result: PointResult
    done: int
    total: int


@dataclass(frozen=True)
class PointAgain:
    """A process ended without a result; the point is begun again."""

    job: Job
    words: str


SweepUpdate = SweepProgress | PointDone | PointAgain


@dataclass
class SweepDone:
    """What became of a sweep."""

    results: list[PointResult] = field(default_factory=list)
    """Of all the plan's points, in its order."""
    kept: int = 0
    """How many of them were there before."""
    notes: list[str] = field(default_factory=list)

    @property
    def failed(self) -> list[PointResult]:
        return [result for result in self.results if not result.ok]


class Sweep:
    """A plan, the folder that its results go to, and who makes them."""

    def __init__(
        self,
        plan: SweepPlan,
        folder: SweepFolder,
        engine: Engine,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._plan, self._folder, self._engine = plan, folder, engine
        self._clock, self._sleep = clock, sleep
        self._found: dict[str, PointResult] = {}
        self._open: dict[str, Job] = {}
        """Handed to the engine and without a result."""
        self._elsewhere: dict[str, Job] = {}
        self._attempts: dict[str, int] = {}
        self._notes: list[str] = []

    def run(
        self, on_update: Callable[[SweepUpdate], object] = lambda _: None, control: Control | None = None
    ) -> SweepDone:
        """Runs what has no result yet, to the end.

        Raises:
            EnvironmentLacking: results cannot be written, or the engine does not work.
            Interrupted: somebody stopped it; results that have come are kept.
        """
        control = control or Control()
        self._folder.make()
        jobs = {job.point.key: job for job in self._plan.jobs}
        for key in self._folder.keys() & jobs.keys():
            if (result := self._look(key)) is not None and (result.ok or not jobs[key].retry):
                self._found[key] = result
        kept = len(self._found)
        self._failed = sum(not result.ok for result in self._found.values())
        self._begun, self._kept, self._total = self._clock(), kept, len(jobs)
        todo = [job for key, job in jobs.items() if key not in self._found]
        try:
            under_way = self._engine.resume([job.point.key for job in todo])
            self._open = {job.point.key: job for job in todo}
            self._engine.submit([job for job in todo if job.point.key not in under_way])
            self._follow(on_update, control)
        finally:
            self._engine.close()
        return SweepDone([self._found[key] for key in jobs], kept, self._notes)

    def _follow(self, on_update: Callable[[SweepUpdate], object], control: Control) -> None:
        again = 0.0
        while self._open or self._elsewhere:
            control.check()
            begun = time.perf_counter()
            for key in self._folder.keys() & (self._open.keys() | self._elsewhere.keys()):
                self._take(key, on_update)
            for key, end in self._engine.ended().items():
                if key in self._open:
                    self._take(key, on_update, ended=True)  # it may have come between the two looks
                if key in self._open:
                    self._without(key, end, on_update)
            if not self._open and self._elsewhere and self._clock() >= again:
                jobs, self._elsewhere = list(self._elsewhere.values()), {}
                self._submit(jobs)
                again = self._clock() + _ELSEWHERE
            on_update(self._progress())
            load = time.perf_counter() - begun
            if self._open or self._elsewhere:
                self._sleep(max(self._engine.pause, load * _MOST_LOAD))

    def _look(self, key: str) -> PointResult | None:
        try:
            return self._folder.result(key)
        except DamagedResult as error:
            self._notes.append(f"{error} The point is made again.")
            return None

    def _take(self, key: str, on_update: Callable[[SweepUpdate], object], *, ended: bool = False) -> None:
        """Takes a point's result, if it is there. While its process runs, a failure may be the one that is retried."""
        job = self._open.get(key) or self._elsewhere[key]
        try:
            result = self._folder.result(key)
        except DamagedResult:
            return  # its process replaces it; if it has ended, it is begun again
        if result is not None and (ended or result.ok or not job.retry):
            self._open.pop(key, None)
            self._elsewhere.pop(key, None)
            self._count(result, on_update)

    def _count(self, result: PointResult, on_update: Callable[[SweepUpdate], object]) -> None:
        self._found[result.point.key] = result
        self._failed += not result.ok
        on_update(PointDone(result, len(self._found), self._total))

    def _submit(self, jobs: list[Job]) -> None:
        self._open |= {job.point.key: job for job in jobs}
        self._engine.submit(jobs)

    def _without(self, key: str, end: End, on_update: Callable[[SweepUpdate], object]) -> None:
        """A job has ended, and there is no result."""
        job = self._open.pop(key)
        if end.code == EXIT_ELSEWHERE:
            self._elsewhere[key] = job
            return
        if end.code == EXIT_ENVIRONMENT:
            raise EnvironmentLacking(end.words or "A point's process cannot do its work here.", "")
        words = end.words or "its process ended without a word"
        self._attempts[key] = self._attempts.get(key, 0) + 1
        if self._attempts[key] < ATTEMPTS:
            on_update(PointAgain(job, words))
            self._submit([job])
            return
        lost = PointResult(job.point, LOST, f"Its process ended {ATTEMPTS} times without a result.", words)
        with self._folder.claim(key, wait=True):
            self._count(self._folder.keep(lost, replace=lambda before: job.retry and not before.ok), on_update)

    def _progress(self) -> SweepProgress:
        elapsed, made = self._clock() - self._begun, len(self._found) - self._kept
        left = (self._total - len(self._found)) * elapsed / made if made else None
        running = tuple(self._open[key] for key in self._engine.running() if key in self._open)
        return SweepProgress(len(self._found), self._total, self._failed, running, elapsed, left)
