"""When a worker counts as hung, by a clock that the test turns; and how samples become runs."""

from __future__ import annotations

from inspector import protocol
from inspector.live.latency import LatencyFold
from inspector.live.watch import SILENCE, STANDSTILL, Watch


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def watch(timeout: float | None = None) -> tuple[Watch, Clock]:
    clock = Clock()
    return Watch(timeout, clock), clock


ALIVE = protocol.Alive(1, 2)


def test_silence() -> None:
    subject, clock = watch()
    clock.now = SILENCE
    assert subject.verdict() == ""
    clock.now += 1
    assert "no sign of life for 60 s" in subject.verdict()
    subject.heard(ALIVE)
    assert subject.verdict() == ""


def beat_until(subject: Watch, clock: Clock, until: float) -> None:
    while clock.now < until:
        clock.now += 30
        subject.heard(ALIVE)


def test_standstill_while_compiling() -> None:
    subject, clock = watch()
    beat_until(subject, clock, STANDSTILL)
    assert subject.verdict() == ""
    subject.moved()
    beat_until(subject, clock, 2 * STANDSTILL)
    assert subject.verdict() == ""
    beat_until(subject, clock, 2 * STANDSTILL + 30)
    assert "nothing came of it for 900 s" in subject.verdict()


def test_an_idle_worker_is_not_hung_and_a_busy_one_is() -> None:
    subject, clock = watch(10)
    subject.heard(protocol.Compiled(1.0))
    for _ in range(10):
        clock.now += 9
        subject.heard(ALIVE)
        assert subject.verdict() == ""
    subject.asked(protocol.ChangeShape(2))
    clock.now += 9
    subject.heard(ALIVE)
    assert subject.verdict() == ""
    clock.now += 9
    subject.heard(ALIVE)
    assert "nothing came of it for 10 s" in subject.verdict()
    subject.heard(protocol.ShapeChanged("batch 2", 1))
    clock.now += 9
    subject.heard(ALIVE)
    clock.now += 9
    subject.heard(ALIVE)
    assert subject.verdict() == ""


def test_phase_and_memory() -> None:
    subject, _ = watch()
    subject.heard(protocol.Progress("compiling"))
    subject.heard(protocol.Alive(rss=5, peak_rss=9))
    subject.heard(protocol.Alive(rss=3, peak_rss=3))
    assert (subject.phase, subject.peak_rss) == ("compiling", 9)


def samples(series: int, shape: str, *eager: float) -> protocol.Samples:
    return protocol.Samples(shape, list(eager), [value / 2 for value in eager], series, 8)


def test_series_become_runs() -> None:
    fold = LatencyFold()
    assert not fold.take(protocol.Compared(0, 1.0, 2.0)), "no sample yet, so no run"
    assert fold.runs() == ()
    assert fold.take(samples(0, "a", 2.0, 4.0))
    assert fold.take(samples(0, "a", 6.0))
    (run,) = fold.runs()
    assert (run.eager, run.compiled, run.difference.max_rel) == ((2.0, 4.0, 6.0), (1.0, 2.0, 3.0), 2.0)
    fold.take(protocol.ShapeChanged("b", 1, new_compile_ids=["0/1"]))
    fold.take(samples(1, "b", 8.0))
    fold.take(samples(0, "a", 10.0))
    assert [(item.shape, item.eager, item.compile_ids) for item in fold.runs()] == [
        ("a", (2.0, 4.0, 6.0, 10.0), ()),
        ("b", (8.0,), ("0/1",)),
    ]


def test_back_to_a_shape_replaces_its_run() -> None:
    fold = LatencyFold()
    for event in (samples(0, "a", 1.0), samples(1, "b", 2.0), samples(2, "a", 3.0)):
        fold.take(event)
    assert [(item.shape, item.eager) for item in fold.runs()] == [("a", (3.0,)), ("b", (2.0,))]


def test_reset_drops_the_newest_series_and_its_late_samples() -> None:
    fold = LatencyFold()
    fold.take(samples(0, "a", 1.0))
    fold.take(samples(1, "b", 2.0))
    fold.reset()
    assert [item.shape for item in fold.runs()] == ["a"]
    assert not fold.take(samples(1, "b", 9.0))
    fold.take(samples(2, "b", 3.0))
    assert [(item.shape, item.eager) for item in fold.runs()] == [("a", (1.0,)), ("b", (3.0,))]
