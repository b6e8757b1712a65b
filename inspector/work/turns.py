"""Two versions timed in turn, each in a process of its own: while one runs the other waits, so drift hits both."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from inspector import protocol
from inspector.model.blocks import estimate
from inspector.model.latency import FEWEST_PAIRS, median
from inspector.model.version import VersionRace

ROUNDS = 8
"""Of a turn each: as many as a run has blocks, so that Student's t is not wide."""
TURN = 0.2
"""Seconds that a turn lasts about."""
_MOST = 20
"""Pairs of samples of a turn: a sample takes 5 ms at least."""


class RacedVersion(Protocol):
    """A version with a process."""

    def send(self, message: protocol.Message, /) -> None:
        """Passes a request to it."""


class Turns:
    """A race of two versions.

    Args:
        before: the older one.
        now: the newer one.
        done: called once, with the race, or with why there is none.
        rounds: how many turns each has.
    """

    def __init__(
        self,
        before: RacedVersion,
        now: RacedVersion,
        done: Callable[[VersionRace | None, str], object],
        *,
        rounds: int = ROUNDS,
    ) -> None:
        self._sides = (before, now)
        self._done = done
        self._over = False
        self._shapes: dict[int, str] = {}
        self._times: tuple[list[list[float]], list[list[float]]] = ([], [])
        """Of each side, each turn's samples, compiled."""
        self._pairs = [1, 1]
        self._busy: list[float] = []
        # After a turn each to warm up they alternate as now, before, before, now: what drifts evenly cancels.
        self._order = [1, 0] + [side for at in range(rounds) for side in ((1, 0) if at % 2 else (0, 1))]
        self._at = -1
        self._taken: list[float] = []
        self._spent = 0.0
        self._next()

    def stop(self) -> None:
        """Gives up, without a word."""
        if not self._over:
            self._over = True
            self._sides[self._order[self._at]].send(protocol.PauseLatency())

    def lost(self, side: object) -> None:
        """A side's process has ended."""
        if side in self._sides:
            self._end(None, "the process of one of the two versions has ended")

    def heard(self, side: object, event: protocol.Message) -> None:
        """What a side's worker says."""
        if self._over or side is not self._sides[self._order[self._at]]:
            return
        match event:
            case protocol.Compared(graphs=0):
                self._end(None, "no compiled graph runs in a call")
            case protocol.Samples():
                self._taken += event.compiled
                self._spent += (sum(event.eager) + sum(event.compiled)) * event.calls_per_sample
                self._shapes[self._order[self._at]] = event.shape
                if event.busy is not None:
                    self._busy.append(event.busy)
            case protocol.LatencyState(state="idle"):
                self._turn_over()
            case protocol.Failed():
                self._end(None, event.message)

    def _turn_over(self) -> None:
        side = self._order[self._at]
        if self._at < 2:
            each = self._spent / max(1, len(self._taken))
            self._pairs[side] = max(1, min(_MOST, int(TURN / each) if each else _MOST))
        else:
            self._times[side].append(self._taken)
        if len(set(self._shapes.values())) > 1:
            before, now = self._shapes[0], self._shapes[1]
            self._end(None, f"the inputs are others: {before} before, {now} now")
        elif self._at + 1 == len(self._order):
            self._end(*self._result())
        else:
            self._next()

    def _next(self) -> None:
        self._at += 1
        self._taken, self._spent = [], 0.0
        side = self._order[self._at]
        self._sides[side].send(protocol.RunLatency(samples=self._pairs[side]))

    def _result(self) -> tuple[VersionRace | None, str]:
        turns = [(median(one), median(other)) for one, other in zip(*self._times, strict=True) if one and other]
        if not turns or min(min(turn) for turn in turns) <= 0:
            return None, "a call is too fast to be timed"
        logs = [math.log(now / before) for before, now in turns]
        found = estimate(logs) if len(logs) >= FEWEST_PAIRS else None
        middle = median(logs)
        interval = None
        if found is not None:
            low, high = found.mean - found.half, found.mean + found.half
            interval = math.exp(min(low, middle)), math.exp(max(high, middle))
        return VersionRace(math.exp(middle), interval, len(turns), max(self._busy, default=None)), ""

    def _end(self, race: VersionRace | None, why: str) -> None:
        if not self._over:
            self._over = True
            self._done(race, why)
