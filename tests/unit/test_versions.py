"""The loop from a save to a version, with workers that are made up: what is compiled, ended, kept and said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector import protocol
from inspector.errors import EXIT_ENVIRONMENT
from inspector.live import CaptureUpdated, Ended, EventArrived, LogText, Outcome, OutcomeKind, Update
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.model.version import Standing, Version, VersionNumbers, VersionRace
from inspector.say.version import headline
from inspector.trace import read_capture
from inspector.work.versions import Versions

WAIT = 20.0
CAPTURE = read_capture(Path(__file__).parents[1] / "traces" / "two_ops.log")


class FakeLive:
    """A worker that does what the test says."""

    def __init__(self, say: Callable[[Update], object], text: str) -> None:
        self.say, self.text = say, text
        self.capture: Capture = CAPTURE
        self.cancelled = threading.Event()
        self.asked: list[protocol.Message] = []

    def start(self) -> None: ...

    def send(self, message: protocol.Message, /) -> None:
        self.asked.append(message)
        if isinstance(message, protocol.CompareOutputs):
            found = protocol.OutputsCompared(elements=8, compared=bool(message.against), unlike=[])
            self.say(EventArrived(found))
        elif isinstance(message, protocol.RunLatency):
            times = [0.05] * (message.samples or 1)
            self.say(EventArrived(protocol.Samples("f32[8]", times, times, busy=0.0)))
            self.say(EventArrived(protocol.LatencyState("idle")))

    def cancel(self) -> None:
        self.cancelled.set()

    def compiled(self, *files: str) -> None:
        self.say(EventArrived(protocol.Loaded(list(files))))
        self.say(CaptureUpdated(self.capture))
        self.say(EventArrived(protocol.Compiled(0.1)))

    def failed(self, message: str) -> None:
        self.say(Ended(Outcome(OutcomeKind.FAILED, message, "Look there.", exit_code=1)))


class FakeWarm:
    refusal = ""
    lost = False
    closed = False

    def worker(self, directory: Path, temporary: bool, /) -> Any: ...

    def close(self) -> None:
        self.closed = True


class Bench:
    """A file, the loop that watches it, and all that was said."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lives: list[FakeLive] = []
        self.told: list[Version] = []
        self.heard: list[Update] = []
        self.warms: list[FakeWarm] = []
        self.places: list[Path] = []
        self._stop = threading.Event()
        self.versions = Versions(
            CaptureRequest(target=f"{file}:f"),
            self.told.append,
            self.heard.append,
            make=self._make,
            warm=self._warm,
        )
        self.thread = threading.Thread(target=self.versions.run, args=(self._stop.is_set,))
        self.thread.start()

    @property
    def warm(self) -> FakeWarm:
        self.until(lambda: self.warms)
        return self.warms[-1]

    def _warm(self, _request: CaptureRequest, place: Path) -> FakeWarm:
        assert not list(place.iterdir())
        self.places.append(place)
        self.warms.append(FakeWarm())
        return self.warms[-1]

    def _make(self, _request: CaptureRequest, say: Callable[[Update], object], _workers: object) -> FakeLive:
        self.lives.append(FakeLive(say, self.file.read_text() if self.file.exists() else ""))
        return self.lives[-1]

    def save(self, text: str) -> FakeLive:
        """Saves, and waits until the loop has seen it."""
        count = len(self.lives)
        self.file.write_text(text)
        self.until(lambda: len(self.lives) > count)
        return self.lives[-1]

    def until(self, holds: Callable[[], object]) -> None:
        ends = time.monotonic() + WAIT
        while not holds():
            assert time.monotonic() < ends, self.told[-3:]
            time.sleep(0.005)

    def last(self, number: int) -> Version:
        return [item for item in self.told if item.number == number][-1]

    def standing(self, number: int, standing: Standing) -> Version:
        self.until(lambda: any(item.number == number and item.standing is standing for item in self.told))
        return self.last(number)

    def close(self) -> None:
        self._stop.set()
        self.thread.join(WAIT)
        assert not self.thread.is_alive()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    file = tmp_path / "mine.py"
    file.write_text("x = 1\n")
    made = Bench(file)
    made.until(lambda: made.lives)
    yield made
    made.close()


def test_a_save_is_compiled_compared_and_raced(bench: Bench) -> None:
    first = bench.lives[0]
    first.compiled()
    assert bench.standing(1, Standing.GOOD).difference is None
    second = bench.save("x = 2\n")
    assert second.text == "x = 2\n"
    assert not first.cancelled.is_set(), "the last good version stays"
    second.compiled()
    bench.until(lambda: bench.last(2).race)
    found = bench.last(2)
    assert found.before == 1
    assert found.difference is not None and found.difference.change.alike
    assert found.numbers == VersionNumbers(8, 0, 0, 0.0, 0.0)
    assert isinstance(found.race, VersionRace)
    bench.until(first.cancelled.is_set)
    assert not second.cancelled.is_set()
    assert headline(found).startswith("same code, no measurable change in speed")
    assert headline(found).endswith("same numbers")


def test_the_newer_one_wins(bench: Bench) -> None:
    older = bench.lives[0]
    newer = bench.save("x = 2\n")
    bench.until(older.cancelled.is_set)
    assert bench.last(1).standing is Standing.OVERTAKEN
    older.compiled()  # too late
    newer.compiled()
    bench.standing(2, Standing.GOOD)
    assert bench.last(1).standing is Standing.OVERTAKEN


def test_one_that_fails_stands_beside_the_last_good_one(bench: Bench) -> None:
    first = bench.lives[0]
    first.compiled()
    bench.standing(1, Standing.GOOD)
    bench.save("x = (\n").failed("SyntaxError: '(' was never closed")
    found = bench.standing(2, Standing.FAILED)
    assert headline(found) == "does not compile: SyntaxError: '(' was never closed"
    assert (found.hint, found.before) == ("Look there.", 1)
    assert not first.cancelled.is_set()
    bench.save("x = 3\n").compiled()
    assert bench.standing(3, Standing.GOOD).before == 1


def test_a_race_ends_for_a_newer_save(bench: Bench) -> None:
    bench.lives[0].compiled()
    bench.standing(1, Standing.GOOD)
    second = bench.save("x = 2\n")
    asked, second.asked = second.asked, []
    second.send = asked.append  # type: ignore[method-assign] # it never answers
    second.compiled()
    bench.standing(2, Standing.GOOD)
    bench.until(lambda: asked)
    third = bench.save("x = 3\n")
    assert bench.last(2).unraced == "a newer version was saved meanwhile"
    bench.until(bench.lives[0].cancelled.is_set)
    third.compiled()
    assert bench.standing(3, Standing.GOOD).before == 2


def test_a_file_that_only_the_worker_knows_is_looked_at(bench: Bench, tmp_path: Path) -> None:
    helper = tmp_path / "helper.py"
    helper.write_text("y = 1\n")
    time.sleep(0.02)
    bench.lives[0].compiled(str(helper))
    bench.standing(1, Standing.GOOD)
    bench.until(lambda: str(helper) in bench.versions.files)
    count = len(bench.lives)
    helper.write_text("y = 2\n")
    bench.until(lambda: len(bench.lives) > count)


def test_deleted_and_put_back(bench: Bench) -> None:
    bench.lives[0].compiled()
    bench.standing(1, Standing.GOOD)
    bench.file.unlink()
    bench.until(lambda: len(bench.lives) == 2)
    bench.lives[1].failed("mine.py does not exist.")
    bench.standing(2, Standing.FAILED)
    bench.save("x = 1\n").compiled()
    bench.standing(3, Standing.GOOD)


def test_a_spare_process_in_place_of_a_fork_is_said_once(bench: Bench) -> None:
    bench.warm.refusal = "CUDA was begun"
    bench.lives[0].compiled()
    bench.save("x = 2\n").compiled()
    bench.standing(2, Standing.GOOD)
    said = [item.text for item in bench.heard if isinstance(item, LogText)]
    assert said == ["Each version has a spare process, and not one that is forked, as CUDA was begun.\n"]


def test_what_the_person_asks_for_goes_to_the_last_good_one(bench: Bench) -> None:
    bench.lives[0].compiled()
    bench.standing(1, Standing.GOOD)
    bench.save("x = (\n").failed("SyntaxError: no")
    bench.standing(2, Standing.FAILED)
    bench.versions.send(protocol.RunProfile())
    bench.until(lambda: any(isinstance(item, protocol.RunProfile) for item in bench.lives[0].asked))
    bench.lives[0].failed("It crashed.")
    bench.versions.send(protocol.RunProfile())
    bench.until(
        lambda: any(isinstance(item, EventArrived) and isinstance(item.event, protocol.Failed) for item in bench.heard)
    )
    assert bench.last(1).standing is Standing.GOOD, "what it came to stays"


def test_a_hundred_versions_leave_nothing(bench: Bench) -> None:
    before = threading.active_count()
    for number in range(100):
        live = bench.save(f"x = {number + 10}\n")
        if number % 3:
            live.compiled()
        elif number % 2:
            live.failed("SyntaxError: no")
    assert threading.active_count() <= before + 2
    bench.close()
    assert bench.warm.closed
    last = [live for live in bench.lives if not live.cancelled.is_set()]
    assert len(last) <= 100 // 6 + 2, "only those that ended by themselves were not ended"


def test_what_was_not_compared_is_said() -> None:
    version = Version(2, Standing.GOOD, before=1)
    assert headline(version) == "code not compared, speed not compared yet, numbers not compared yet"
    race = VersionRace(0.82, (0.79, 0.85), 8, busy=0.0)
    numbers = VersionNumbers(100, 3, 2, 0.5, 0.25)
    assert headline(replace(version, race=race, numbers=numbers)) == (
        "code not compared, 18 % faster (95 %: 15 to 21), other numbers (2 of 100 elements beyond tolerance)"
    )
    slower = replace(version, race=replace(race, ratio=2.0, interval=(1.9, 2.1)))
    assert "100 % slower (95 %: 90 to 110)" in headline(slower)
    unsure = replace(version, race=replace(race, ratio=0.99, interval=(0.97, 1.02)))
    assert "no measurable change in speed (95 %: 3.0 % faster to 2.0 % slower)" in headline(unsure)
    busy = replace(version, race=replace(race, busy=0.5))
    assert "faster" not in headline(busy)


def test_what_workers_are_forked_from_is_made_anew_when_somebody_has_killed_it(bench: Bench) -> None:
    first = bench.warm
    first.lost = True
    bench.save("another")
    assert first.closed
    assert len(set(bench.places)) == len(bench.warms) == 2
    bench.save("a third")
    assert len(bench.warms) == 2


def test_what_the_machine_lacks_is_not_said_of_the_text(bench: Bench) -> None:
    bench.until(lambda: bench.lives)
    outcome = Outcome(OutcomeKind.FAILED, "The process has ended.", "", exit_code=EXIT_ENVIRONMENT)
    bench.lives[-1].say(Ended(outcome))
    bench.until(lambda: bench.told[-1].standing is Standing.FAILED)
    assert headline(bench.told[-1]) == "was not compiled: The process has ended."
