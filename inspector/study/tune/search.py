"""The search itself: every candidate compiled and raced shortly, the better half longer, the last ones started anew.

What chooses the finalists and what judges them are different races, and different processes: of many that are equally
fast the luckiest looks faster, and would again with the same numbers.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspector.errors import TargetFailed, from_exit_code
from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference
from inspector.model.numerics import Numerics
from inspector.model.request import CaptureRequest
from inspector.model.tune import Candidate, TrialDone, TuneFate, TuneProgress, TuneTrial, Tuning
from inspector.study.tune.candidates import candidates, combined, shown
from inspector.study.tune.entrants import Entrant, Entrants, ProcessGone
from inspector.study.tune.judge import FEWEST_STARTS, MOST_STARTS, recommended, standing
from inspector.work.turns import TURN

SHORT = 4
"""Turns of each in the first race."""
LONG = 8
"""… in the second one, and in each start of the last."""
FINALISTS = 3
"""That are started anew, a combination among them."""
_FIRST = 0.5
"""Share of the time after which no further candidate is tried: the last races need the rest."""
_OVER = 1.5
"""How many times the budget the last races may take, where they come late to the fewest starts."""
_SLOWER = 1.02
"""What is slower by more in a short race is out, though others were not tried yet."""

TuneUpdate = TuneProgress | TrialDone


@dataclass(frozen=True)
class TuneOptions:
    """How to search."""

    budget: float = 600.0
    """Seconds."""
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    starts: int = MOST_STARTS
    """The most that each finalist is started, however much time there is."""
    tolerance: float | None = None
    """The largest relative deviation from eager that is let pass; None for the one of each dtype."""


@dataclass(eq=False)
class _Tried:
    """A trial under way."""

    trial: TuneTrial
    entrant: Entrant | None = None
    calls: list[float] = field(default_factory=list)
    """Seconds of the first compiled call of each process."""

    @property
    def ratio(self) -> float:
        """Of its last race."""
        return self.trial.races[-1].ratio if self.trial.races else float("inf")

    @property
    def faster(self) -> bool:
        """Whether it was, in its last race, beyond that race's noise."""
        race = self.trial.races[-1] if self.trial.races else None
        return race is not None and race.interval is not None and race.interval[1] < 1

    @property
    def hopeful(self) -> bool:
        """Whether its last race leaves it a chance."""
        race = self.trial.races[-1] if self.trial.races else None
        if race is None or self.trial.fate is not TuneFate.FINAL:
            return False
        surely = race.interval is not None and race.interval[0] > 1
        return not surely and race.ratio < _SLOWER


@dataclass
class _State:
    tried: list[_Tried] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    """Seconds of the first compiled call of each process without any candidate."""
    waiting: list[Candidate] = field(default_factory=list)
    doing: str = "starting"


class TuneSearch:
    """One search.

    Args:
        request: what is asked for without any candidate.
        options: how.
        entrants: makes processes; the caller closes it.
        folder: for what calls come to; the caller removes it.
        tell: told how far it is.
        forked: whether processes are forked.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        request: CaptureRequest,
        options: TuneOptions,
        entrants: Entrants,
        folder: Path,
        tell: Callable[[TuneUpdate], object] = lambda _: None,
        *,
        forked: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request, self._options, self._entrants, self._folder = request, options, entrants, folder
        self._tell, self._clock, self._forked = tell, clock, forked
        self._begun = clock()
        self._state = _State()
        self._notes: list[str] = []

    @property
    def progress(self) -> TuneProgress:
        """Where it stands."""
        state = self._state
        total = len(state.tried) + len(state.waiting)
        done = sum(item.entrant is None for item in state.tried)
        return TuneProgress(state.doing, done, total, self._elapsed, self._options.budget)

    def run(self) -> Tuning:
        """Searches, until there is an answer or the time is spent.

        Raises:
            InspectorError: the target itself does not compile, or nothing can be compiled here.
        """
        base = self._baseline()
        capture = base.capture
        numerics, _ = self._numerics(base)
        try:
            self._entrants.outputs(base, self._kept, None)
        except ProcessGone as error:
            raise TargetFailed(f"The target's process ended: {error}") from error
        options = self._options
        chosen, left = candidates(shown(capture, self._request), self._request, only=options.only, skip=options.skip)
        self._state.waiting = list(chosen)
        self._first_round(base)
        self._second_round(base)
        finalists = self._with_combination(base)
        for item in self._state.tried:
            if item not in finalists:
                self._out(item)
            self._close(item)
        self._entrants.end(base)
        starts = self._last_races(finalists)
        trials = tuple(item.trial for item in self._state.tried)
        best = recommended([item.trial for item in finalists])
        return Tuning(
            self._request,
            capture,
            trials,
            tuple(left),
            statistics.median(self._state.first),
            numerics,
            starts,
            self._forked,
            self._elapsed,
            tuple(self._notes),
            best.candidate.name if best is not None else "",
        )

    # --- without any candidate ------------------------------------------------------------------------------

    def _baseline(self) -> Entrant:
        self._doing("compiling without any of it")
        try:
            base = self._entrants.compile("", self._request)
        except ProcessGone as error:
            if (outcome := error.outcome) is None:
                raise TargetFailed(str(error)) from error
            raise from_exit_code(outcome.exit_code, outcome.message, outcome.hint, detail=outcome.traceback) from error
        self._state.first.append(base.seconds)
        if not base.capture.compilations or base.capture.target.get("graphs") == 0:
            raise TargetFailed("Nothing was compiled, so there is nothing to tune.", " ".join(base.capture.warnings))
        return base

    @property
    def _kept(self) -> Path:
        return self._folder / "outputs.pt"

    @property
    def _elapsed(self) -> float:
        return self._clock() - self._begun

    @property
    def _left(self) -> float:
        return self._options.budget - self._elapsed

    def _doing(self, words: str) -> None:
        self._state.doing = words
        self._tell(self.progress)

    # --- rounds ---------------------------------------------------------------------------------------------

    def _first_round(self, base: Entrant) -> None:
        """Each candidate, shortly. So that few processes wait, the worse half of those so far goes at once."""
        most = max(FINALISTS, (len(self._state.waiting) + 1) // 2)
        while self._state.waiting:
            candidate = self._state.waiting.pop(0)
            if self._elapsed > self._options.budget * _FIRST:
                self._state.tried.append(_Tried(TuneTrial(candidate, TuneFate.UNTRIED, "the time was spent")))
                continue
            item = _Tried(TuneTrial(candidate, TuneFate.FINAL))
            self._state.tried.append(item)
            self._enter(item, base, SHORT)
            self._keep(most)
            self._tell(TrialDone(item.trial))

    def _second_round(self, base: Entrant) -> None:
        """Those that are left, longer, where they are more than can be started anew."""
        alive = self._alive
        if len(alive) <= FINALISTS - 1:
            return
        for item in alive:
            self._race(item, base, LONG)
        self._keep(FINALISTS)

    @property
    def _alive(self) -> list[_Tried]:
        found = [item for item in self._state.tried if item.entrant is not None and item.hopeful]
        return sorted(found, key=lambda item: item.ratio)

    def _keep(self, most: int) -> None:
        """Ends all but the best."""
        best = self._alive[:most]
        for item in self._state.tried:
            if item.entrant is not None and item not in best:
                self._out(item)
                self._close(item)

    def _out(self, item: _Tried) -> None:
        if item.trial.fate is TuneFate.FINAL:
            item.trial = replace(item.trial, fate=TuneFate.OUT)

    def _close(self, item: _Tried) -> None:
        if item.entrant is not None:
            self._entrants.end(item.entrant)
            item.entrant = None

    def _with_combination(self, base: Entrant) -> list[_Tried]:
        """The finalists: the best, all of them that were faster together, and the best two."""
        alive = self._alive
        faster = [item for item in alive if item.faster]
        parts = [item.trial.candidate for item in faster]
        for size in dict.fromkeys((len(parts), 2)):
            whole = combined(parts[:size]) if 2 <= size <= len(parts) else None
            if whole is None or self._left <= 0:
                continue
            item = _Tried(TuneTrial(whole, TuneFate.FINAL))
            self._state.tried.append(item)
            self._enter(item, base, LONG)
            self._tell(TrialDone(item.trial))
        return self._alive[:FINALISTS]

    def _enter(self, item: _Tried, base: Entrant, rounds: int) -> None:
        """Compiles a candidate, compares its code and its numbers, and races it where it may win."""
        candidate = item.trial.candidate
        self._doing(f"compiling with {candidate.name}")
        try:
            item.entrant = entrant = self._entrants.compile(candidate.name, candidate.of(self._request))
        except ProcessGone as error:
            item.trial = replace(item.trial, fate=TuneFate.FAILED, message=str(error))
            return
        difference = _difference(base.capture, entrant.capture, candidate)
        item.calls.append(entrant.seconds)
        item.trial = replace(item.trial, first_call=entrant.seconds, difference=difference, capture=entrant.capture)
        if candidate.in_code and _same_code(difference, (base.capture, entrant.capture)):
            item.trial = replace(item.trial, fate=TuneFate.SAME_CODE)
            self._close(item)
            return
        self._doing(f"comparing the numbers of {candidate.name}")
        numerics, why = self._numerics(entrant)
        item.trial = replace(item.trial, numerics=numerics, message=why)
        try:
            numbers, _ = self._entrants.outputs(entrant, self._folder / "other.pt", self._kept)
        except ProcessGone as error:
            item.trial = replace(item.trial, fate=TuneFate.FAILED, message=str(error))
            self._close(item)
            return
        item.trial = replace(item.trial, numbers=numbers)
        if numerics is not None and numerics.wrong:
            item.trial = replace(item.trial, fate=TuneFate.WRONG)
            self._close(item)
            return
        self._race(item, base, rounds)

    def _numerics(self, entrant: Entrant) -> tuple[Numerics | None, str]:
        try:
            return self._entrants.numerics(entrant, self._options.tolerance), ""
        except ProcessGone as error:
            return None, str(error)

    def _race(self, item: _Tried, base: Entrant, rounds: int) -> None:
        assert item.entrant is not None
        self._doing(f"racing {item.trial.candidate.name}")
        try:
            race = self._entrants.race(base, item.entrant, rounds)
        except ProcessGone as error:
            item.trial = replace(item.trial, fate=TuneFate.FAILED, message=str(error))
            self._close(item)
            return
        item.trial = replace(item.trial, races=(*item.trial.races, race))

    # --- the last races -------------------------------------------------------------------------------------

    def _last_races(self, finalists: list[_Tried]) -> int:
        """Starts each finalist anew several times, each time beside what there is without it; returns how often."""
        if not finalists:
            return 0
        first = statistics.median([item.trial.first_call or 0.0 for item in finalists])
        starts = self._affordable(finalists, first)
        for at in range(starts):
            if self._left <= 0 and (at >= FEWEST_STARTS or self._elapsed > _OVER * self._options.budget):
                starts = at  # everything takes longer than it did; how fast anything is has no part in that
                break
            order = finalists[at % len(finalists) :] + finalists[: at % len(finalists)]
            self._start_anew(order, f"start {at + 1} of {starts}")
        for item in finalists:
            found = standing(item.trial.starts, len(finalists))
            item.trial = replace(item.trial, standing=found, first_call=statistics.median(item.calls))
            self._tell(TrialDone(item.trial))
        return starts

    def _affordable(self, finalists: list[_Tried], first: float) -> int:
        """How many starts the time is enough for; the worst finalists give way. It is settled before any is raced."""
        while True:
            each = (len(finalists) + 1) * (first + 2.0) + len(finalists) * _race_seconds(LONG)
            starts = min(self._options.starts, int(self._left / each))
            if starts >= FEWEST_STARTS or len(finalists) == 1:
                break
            dropped = finalists.pop()
            self._out(dropped)
        if starts < FEWEST_STARTS:
            self._notes.append(
                f"The time was enough for {max(starts, 0)} of the {FEWEST_STARTS} starts that an interval takes: "
                "a larger --budget, or fewer factors with --only, makes it sure"
            )
        return max(starts, 0)

    def _start_anew(self, finalists: Sequence[_Tried], words: str) -> None:
        """One start of all: a process without any candidate, and one of each beside it in turn."""
        self._doing(f"{words}: compiling without any of it")
        try:
            base = self._entrants.compile("", self._request)
        except ProcessGone as error:
            self._notes.append(f"A start was lost: {error}")
            return
        self._state.first.append(base.seconds)
        for item in finalists:
            candidate = item.trial.candidate
            self._doing(f"{words}: {candidate.name}")
            try:
                entrant = self._entrants.compile(candidate.name, candidate.of(self._request))
                item.calls.append(entrant.seconds)
                try:
                    race = self._entrants.race(base, entrant, LONG)
                finally:
                    self._entrants.end(entrant)
            except ProcessGone as error:
                self._notes.append(f"A start of {candidate.name} was lost: {error}")
                continue
            item.trial = replace(item.trial, starts=(*item.trial.starts, race))
        self._entrants.end(base)


def _race_seconds(rounds: int) -> float:
    """About what a race takes: two turns to warm up, then each side's."""
    return (rounds + 1) * 2 * TURN * 1.5 + 1.0


def _difference(before: Capture, now: Capture, candidate: Candidate) -> CaptureDifference:
    from inspector.compare import compare_captures

    return compare_captures(before, now, ("without", candidate.name), timed=False)


def _same_code(difference: CaptureDifference, captures: tuple[Capture, Capture]) -> bool:
    """Whether both run the same instructions: of kernels the machine code too, for some settings only change that."""
    if not (difference.change.alike and difference.change.compared):
        return False
    return not any(missing for capture in captures for missing, _ in capture.without_machine_code.values())
