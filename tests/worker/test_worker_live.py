"""The worker after the capture: latency, and other shapes run live."""

from __future__ import annotations

import pytest
from worker_driver import Worker

from inspector import protocol
from inspector.model.request import CaptureRequest
from inspector.protocol import ChangeShape, Compared, LatencyState, PauseLatency, ResetLatency, RunLatency, Samples

pytestmark = pytest.mark.compiles


def state(worker: Worker, word: str) -> LatencyState:
    return worker.wait_for(LatencyState, lambda event: event.state == word)


def take(worker: Worker, pairs: int) -> list[Samples]:
    """Runs so many pairs, to the end."""
    worker.send(RunLatency(pairs))
    samples = []
    while not (isinstance(event := worker.next(), LatencyState) and event.state == "idle"):
        assert event is not None
        assert not isinstance(event, protocol.Failed), event
        if isinstance(event, Samples):
            samples.append(event)
    return samples


def test_takes_as_many_pairs_as_asked_for(live: Worker) -> None:
    samples = take(live, 25)
    assert sum(len(event.eager) for event in samples) == 25
    for event in samples:
        assert len(event.eager) == len(event.compiled)
        assert all(seconds > 0 for seconds in event.eager + event.compiled)
        assert event.shape == "batch 2 · seq 8"
    assert len({event.series for event in samples}) == 1
    # A call takes microseconds: a sample has to average over many.
    assert all(event.calls_per_sample > 1 for event in samples)


def test_goes_on_until_paused_and_again_with_the_same_series(live: Worker) -> None:
    live.send(RunLatency())
    first = live.wait_for(Samples)
    live.send(PauseLatency())
    state(live, "paused")
    live.send(RunLatency())
    assert state(live, "running").series == first.series
    assert live.wait_for(Samples).series == first.series
    live.send(PauseLatency())
    state(live, "paused")


def test_reset_begins_a_new_series_and_warms_up_again(live: Worker) -> None:
    (before, *_) = take(live, 1)
    live.send(ResetLatency())
    assert state(live, "idle").series == before.series + 1
    live.send(RunLatency(1))
    assert state(live, "warming").series == before.series + 1
    compared = live.wait_for(Compared)
    assert compared.series == before.series + 1
    assert 0 <= compared.max_abs < 1e-4
    assert live.wait_for(Samples).series == before.series + 1
    state(live, "idle")


def test_another_shape_recompiles_once_and_then_no_more(live: Worker) -> None:
    """Dynamo turns a size that changed into a symbol: the second length compiles, the third finds it done."""
    live.send(ChangeShape(seq=24))
    changed = live.wait_for(protocol.ShapeChanged)
    assert state(live, "idle").series == changed.series
    assert changed.new_compile_ids == ["0/1"]
    assert (changed.batch, changed.seq, changed.shape) == (2, 24, "batch 2 · seq 24")
    of_it = {record.name for record in live.records() if record.compile_id == "0/1"}
    assert {"recompile_reasons", "dynamo_output_graph", "inductor_output_code", "inspector_kernel"} <= of_it
    ours = [record.json for record in live.records() if record.name in ("inspector_asm", "inspector_graph")]
    assert {(item.get("stage"), item["compile_id"]) for item in ours} >= {(None, "0/1"), ("aten", "0/1")}
    symbolic = [item for item in ours if item.get("stage") == "aten" and item["compile_id"] == "0/1"]
    assert any(isinstance(size, str) for node in symbolic[0]["nodes"] for size in node["shape"] or ())

    live.send(ChangeShape(seq=40))
    again = live.wait_for(protocol.ShapeChanged)
    assert again.new_compile_ids == []
    assert again.series == changed.series + 1
    assert state(live, "idle").series == again.series


def test_a_shape_that_cannot_be_leaves_everything_as_it_was(live: Worker) -> None:
    (before, *_) = take(live, 1)
    live.send(ChangeShape(batch=-1))
    while not isinstance(event := live.next(), protocol.Failed):
        assert event is not None
    assert not event.fatal
    assert event.message
    (after, *_) = take(live, 1)
    assert (after.shape, after.series) == (before.shape, before.series)


def test_a_shape_change_goes_on_timing_in_a_new_series(live: Worker) -> None:
    live.send(RunLatency())
    before = live.wait_for(Samples)
    live.send(ChangeShape(seq=12))
    changed = live.wait_for(protocol.ShapeChanged)
    assert changed.series == before.series + 1
    samples = live.wait_for(Samples, lambda event: event.series == changed.series)
    assert samples.shape == "batch 2 · seq 12"
    live.send(PauseLatency())
    state(live, "paused")


def test_a_second_start_is_refused_and_survived(live: Worker) -> None:
    live.send(protocol.Start(CaptureRequest(), ""))
    while not isinstance(event := live.next(), protocol.Failed):
        assert event is not None
    assert not event.fatal
    assert take(live, 1)
