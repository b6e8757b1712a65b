"""Two versions timed in turn: who runs when, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inspector import protocol
from inspector.model.version import VersionRace
from inspector.work.turns import ROUNDS, Turns


class Side:
    """A version whose calls take as long as they are said to."""

    def __init__(self, seconds: Callable[[], float], busy: float = 0.0, shape: str = "f32[8]") -> None:
        self.seconds, self.busy, self.shape = seconds, busy, shape
        self.asked: list[protocol.Message] = []

    def send(self, message: protocol.Message, /) -> None:
        self.asked.append(message)

    def answers(self) -> list[protocol.Message]:
        """What it says to all that it was asked."""
        said: list[protocol.Message] = []
        for item in self.asked:
            assert isinstance(item, protocol.RunLatency) and item.samples is not None
            times = [self.seconds() for _ in range(item.samples)]
            said.append(protocol.Samples(self.shape, times, times, busy=self.busy))
            said.append(protocol.LatencyState("idle"))
        self.asked.clear()
        return said


class Ending:
    """What a race came to."""

    def __init__(self) -> None:
        self.results: list[tuple[VersionRace | None, str]] = []

    def __call__(self, race: VersionRace | None, why: str) -> None:
        self.results.append((race, why))


def run(before: Side, now: Side) -> tuple[VersionRace | None, str]:
    ending = Ending()
    turns = Turns(before, now, ending)
    while not ending.results:
        assert sum(bool(side.asked) for side in (before, now)) == 1, "one runs, the other waits"
        for side in (before, now):
            for event in side.answers():
                turns.heard(side, event)
    assert len(ending.results) == 1
    return ending.results[0]


def test_drift_hits_both() -> None:
    speed = iter(1 + at * 0.01 for at in range(10_000))  # a machine that gets slower all the time
    before, now = Side(lambda: 0.05 * next(speed)), Side(lambda: 0.04 * next(speed))
    race, why = run(before, now)
    assert race is not None and not why
    assert race.turns == ROUNDS
    assert race.interval is not None
    assert race.interval[0] < 0.8 < race.interval[1]
    assert race.certain


def test_equal_ones_are_not_told_apart() -> None:
    noise = [1.0, 1.03, 0.98, 1.01, 0.97, 1.02, 1.0]
    count = iter(range(100_000))
    race, _ = run(Side(lambda: 0.05 * noise[next(count) % 7]), Side(lambda: 0.05 * noise[next(count) % 7]))
    assert race is not None
    assert not race.certain


def test_a_busy_machine_is_never_certain() -> None:
    race, _ = run(Side(lambda: 0.05, busy=0.6), Side(lambda: 0.01))
    assert race is not None
    assert race.busy == 0.6
    assert not race.certain


def test_other_inputs_are_no_race() -> None:
    race, why = run(Side(lambda: 0.05), Side(lambda: 0.05, shape="f32[16]"))
    assert race is None
    assert why == "the inputs are others: f32[8] before, f32[16] now"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (protocol.Compared(0, 0.0, 0.0, graphs=0), "no compiled graph runs in a call"),
        (protocol.Failed("It raised.", fatal=False), "It raised."),
    ],
)
def test_why_there_is_none(event: protocol.Message, words: str) -> None:
    before, now, ending = Side(lambda: 0.05), Side(lambda: 0.05), Ending()
    Turns(before, now, ending).heard(now, event)
    assert ending.results == [(None, words)]


def test_one_that_has_ended_is_no_race() -> None:
    before, now, ending = Side(lambda: 0.05), Side(lambda: 0.05), Ending()
    Turns(before, now, ending).lost(before)
    ((race, why),) = ending.results
    assert race is None
    assert "has ended" in why


def test_given_up_it_pauses_whoever_runs_and_says_nothing() -> None:
    before, now, ending = Side(lambda: 0.05), Side(lambda: 0.05), Ending()
    turns = Turns(before, now, ending)
    turns.stop()
    turns.stop()
    assert [type(item) for item in now.asked] == [protocol.RunLatency, protocol.PauseLatency]
    turns.heard(now, protocol.LatencyState("idle"))
    assert not ending.results
    assert not before.asked
