"""Plans: what is run, skipped, kept and told, with processes that are only pretended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector import protocol
from inspector.cli.main import main
from inspector.errors import EnvironmentLacking, Interrupted, TargetFailed, UsageError
from inspector.model.study import Cure, Dynamic, Experiment, Mode, StudyRequest, Way
from inspector.study import plan, store
from inspector.study.control import Control
from inspector.study.cures import Preparations
from inspector.study.process import PreparedPlace
from inspector.study.runner import Plan
from inspector.study.updates import Planned, PlanProgress, PlanWaiting, RunFailed, RunFinished, Update
from inspector.study.words import clock, title, update_words

BASE = StudyRequest(Experiment.SPOT, tokens=3)
ENVIRONMENT = {"cpu": "Test", "threads": 1, "torch": "2.13"}


class Worker:
    """Answers like a worker, remembers what it was asked, and takes ten pretended seconds a run."""

    def __init__(self, *, needed: int = 1, fails: dict[str, Exception] | None = None) -> None:
        self.asked: list[StudyRequest] = []
        self.needed = needed
        self.fails = fails or {}
        self.now = 0.0

    def __call__(
        self,
        request: StudyRequest,
        *,
        place: PreparedPlace | None = None,
        on_phase: Callable[[str], object] = lambda _: None,
    ) -> protocol.Measured:
        if request.experiment is Experiment.ESTIMATE:
            about = {"needed": self.needed, "available": 10, "bandwidth": 5.0}
            return protocol.Measured("Estimate", about, dict(ENVIRONMENT))
        self.asked.append(request)
        on_phase("decoding")
        self.now += 10
        if error := self.fails.get(request.variant):
            raise error
        result: dict[str, Any] = {
            "mode": request.variant,
            "batch": request.batch,
            "start_prefill": 0.0,
            "end_prefill": 1.0,
            "stamps": [2.0, 3.0, 4.0],
        }
        return protocol.Measured("Generation", result, dict(ENVIRONMENT))

    def plan(self, path: Path, requests: list[StudyRequest]) -> Plan:
        return Plan(requests, path, once=self, clock=lambda: self.now)


def test_a_plan_runs_in_order_and_keeps_every_result(tmp_path: Path) -> None:
    worker = Worker()
    requests = plan.spot(BASE, batches=(4, 1))
    done = worker.plan(tmp_path / "r.jsonl", requests).run()
    assert worker.asked == requests
    assert [(item.batch, item.variant) for item in requests] == [
        (batch, mode.value) for batch in (1, 4) for mode in Mode
    ]
    stored = store.read(tmp_path / "r.jsonl").runs
    assert [run.request for run in stored] == requests
    assert (len(done.runs), done.kept, done.failed) == (6, 0, [])
    assert {run.environment["bandwidth"] for run in stored} == {5.0}


def test_an_interrupted_plan_goes_on_without_repeating(tmp_path: Path) -> None:
    requests = plan.spot(BASE, batches=(1, 4))
    stopped = Worker(fails={Mode.PREFILL_DECODE.value: Interrupted("stopped")})
    with pytest.raises(Interrupted):
        stopped.plan(tmp_path / "r.jsonl", requests).run()
    assert len(store.read(tmp_path / "r.jsonl").runs) == 2
    again = Worker()
    done = again.plan(tmp_path / "r.jsonl", requests).run()
    assert again.asked == requests[2:]
    assert (len(done.runs), done.kept) == (4, 2)
    idle = Worker()
    assert idle.plan(tmp_path / "r.jsonl", requests).run().kept == 6
    assert idle.asked == []


def test_another_machine_measures_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = plan.spot(BASE, batches=(1,))
    Worker().plan(tmp_path / "r.jsonl", requests).run()
    monkeypatch.setitem(ENVIRONMENT, "cpu", "Other")
    other = Worker()
    other.plan(tmp_path / "r.jsonl", requests).run()
    assert len(other.asked) == 3


def test_a_failed_run_costs_only_itself_and_is_tried_again(tmp_path: Path) -> None:
    requests = plan.spot(BASE, batches=(1,))
    done = Worker(fails={"decode": TargetFailed("out of memory")}).plan(tmp_path / "r.jsonl", requests).run()
    assert [request.variant for request, _ in done.failed] == ["decode"]
    assert len(done.runs) == 2
    again = Worker()
    again.plan(tmp_path / "r.jsonl", requests).run()
    assert [request.variant for request in again.asked] == ["decode"]


def test_too_little_memory_is_told_before_anything_runs(tmp_path: Path) -> None:
    worker = Worker(needed=2**31)
    requests = plan.spot(BASE, batches=(1, 256))
    with pytest.raises(UsageError, match=r"batch 256, the largest run of the plan, needs about 2 GiB, and 10 B"):
        worker.plan(tmp_path / "r.jsonl", requests).run()
    assert worker.asked == []
    unchecked = [replace(request, memory=False) for request in requests]
    assert len(worker.plan(tmp_path / "r.jsonl", unchecked).run().runs) == 6


def test_a_request_without_sense_ends_the_plan(tmp_path: Path) -> None:
    worker = Worker(fails={"eager": UsageError("no such model")})
    with pytest.raises(UsageError, match="no such model"):
        worker.plan(tmp_path / "r.jsonl", plan.spot(BASE, batches=(1,))).run()


def test_a_worker_that_answers_nonsense(tmp_path: Path) -> None:
    def once(request: StudyRequest, **_: Any) -> protocol.Measured:
        return protocol.Measured("Generation", {"needed": 0, "stamps": []}, {})

    with pytest.raises(TargetFailed, match="result is none"):
        Plan(plan.spot(BASE, batches=(1,)), tmp_path / "r.jsonl", once=once).run()


def test_the_time_left_is_learned_from_equal_runs(tmp_path: Path) -> None:
    worker = Worker()
    told: list[Update] = []
    worker.plan(tmp_path / "r.jsonl", plan.spot(BASE, batches=(1, 4))).run(told.append)
    seen = [item for item in told if isinstance(item, PlanProgress)]
    assert [item.phase for item in seen[:2]] == ["preparing", "decoding"]
    assert [(item.number, item.total, item.left) for item in seen[1::2]] == [
        (1, 6, None),
        *((number, 6, 10.0 * (7 - number)) for number in range(2, 7)),
    ]
    assert update_words(seen[3]) == "2/6  decode, batch 1: decoding  0:10, about 0:50 left"


def test_everything_that_happens_is_told_in_order(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    requests = plan.spot(BASE, batches=(1,))
    Worker().plan(file, requests[:1]).run()
    told: list[Update] = []
    Worker(fails={"decode": TargetFailed("it crashed")}).plan(file, requests).run(told.append)
    planned = told[0]
    assert isinstance(planned, Planned)
    assert (planned.kept, planned.todo) == ((requests[0],), tuple(requests[1:]))
    assert [run.request for run in planned.stored] == requests[:1]
    assert planned.environment == {**ENVIRONMENT, "bandwidth": 5.0}
    kinds = [type(item) for item in told[1:]]
    assert kinds == [PlanProgress, PlanProgress, RunFailed, PlanProgress, PlanProgress, RunFinished]
    failed, finished = told[3], told[6]
    assert isinstance(failed, RunFailed) and (failed.request, failed.seconds) == (requests[1], 10.0)
    assert isinstance(finished, RunFinished) and (finished.run.request, finished.seconds) == (requests[2], 10.0)


def test_a_plan_waits_after_a_run_until_somebody_goes_on(tmp_path: Path) -> None:
    worker, control = Worker(), Control()
    told: list[Update] = []

    def watch(update: Update) -> None:
        told.append(update)
        if isinstance(update, RunFinished) and len(worker.asked) == 1:
            control.pause()
        if isinstance(update, PlanWaiting):
            control.go_on()  # else it would wait for ever: nobody else is there to say so

    done = worker.plan(tmp_path / "r.jsonl", plan.spot(BASE, batches=(1,))).run(watch, control)
    assert len(done.runs) == 3
    assert [item for item in told if isinstance(item, PlanWaiting)] == [PlanWaiting(2, 20.0)]


def test_a_run_under_way_is_stopped_and_the_plan_goes_on_later(tmp_path: Path) -> None:
    worker, control = Worker(), Control()

    def watch(update: Update) -> None:
        if isinstance(update, PlanProgress) and update.number == 2 and update.phase == "decoding":
            raise AssertionError("the run was not stopped")
        if isinstance(update, PlanProgress) and update.number == 2:
            control.stop()

    requests = plan.spot(BASE, batches=(1,))
    with pytest.raises(Interrupted, match="the same command goes on"):
        worker.plan(tmp_path / "r.jsonl", requests).run(watch, control)
    assert len(store.read(tmp_path / "r.jsonl").runs) == 1
    assert len(Worker().plan(tmp_path / "r.jsonl", requests).run().runs) == 2


def test_a_stopped_plan_does_not_wait() -> None:
    control = Control()
    control.pause()
    control.stop()
    with pytest.raises(Interrupted):
        control.between()


@pytest.mark.parametrize("place", ["/dev/full", "."])
def test_a_place_that_is_no_file_is_refused_before_anything_runs(place: str) -> None:
    worker = Worker()
    with pytest.raises(UsageError, match="no file that results could be kept in"):
        worker.plan(Path(place), plan.spot(BASE, batches=(1,))).run()
    assert worker.asked == []


def test_a_place_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentLacking, match="cannot be written"):
        Worker().plan(tmp_path / "file" / "r.jsonl", plan.spot(BASE, batches=(1,))).run()


def test_a_damaged_results_file_is_told_about(tmp_path: Path) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text('{"format": "inspector-study", "ver')
    done = Worker().plan(file, plan.spot(BASE, batches=(1,))).run()
    assert done.notes == [f"{file}: line 1 is cut short and is left out."]
    assert len(store.read(file).runs) == 3


def test_the_plans() -> None:
    assert len(plan.spot(BASE, batches=plan.PAPER_BATCHES)) == 21
    assert [item.variant for item in plan.shapes(plan.PAPER_SHAPES)] == [item.value for item in Dynamic]
    assert [item.variant for item in plan.layers(BASE)] == [item.value for item in Way]
    made = plan.cures(BASE, targets=("a", "b"), repeats=2)
    assert [item.variant for item in made[: len(Cure)]] == [item.value for item in Cure]
    assert len(made) == 2 * 2 * len(Cure)
    for requests in (made, plan.spot(BASE, batches=(1, 2), repeats=3)):
        assert len({item.key("m") for item in requests}) == len(requests)
    with pytest.raises(UsageError, match="two tokens"):
        plan.spot(replace(BASE, tokens=1), batches=(1,))
    with pytest.raises(UsageError, match="prompts"):
        plan.shapes(BASE)
    with pytest.raises(UsageError, match="empty"):
        Plan([], Path("r.jsonl"))


def test_the_largest_run_is_what_is_estimated() -> None:
    found = plan.largest(plan.spot(BASE, batches=(1, 256, 4), repeats=2))
    assert (found.experiment, found.batch, found.repeat) == (Experiment.ESTIMATE, 256, 0)


class Preparing:
    """Prepares a file in each folder that a cure may bring along."""

    def __init__(self) -> None:
        self.prepared: list[str] = []

    def __call__(self, request: StudyRequest, *, place: PreparedPlace) -> None:
        assert place.prepare
        self.prepared.append(request.variant)
        for name in ("inductor", "tmp", "prepared"):
            (place.home / name).mkdir()
            (place.home / name / "file").write_text(name)


@pytest.mark.parametrize(
    ("cure", "brings"),
    [(Cure.MEGA, {"prepared"}), (Cure.PACK, {"prepared"}), (Cure.COPIED, {"inductor", "tmp", "prepared"})],
)
def test_every_start_finds_what_was_prepared_and_nothing_else(tmp_path: Path, cure: Cure, brings: set[str]) -> None:
    once, places = Preparing(), Preparations(tmp_path)
    request = StudyRequest(Experiment.CURES, "llama-mlp", variant=cure.value)
    for number in range(2):
        place = places.place(replace(request, repeat=number), once)
        assert place is not None and not place.prepare
        assert {path.name for path in place.home.iterdir()} == brings
        (place.home / "left behind").touch()
    assert once.prepared == [cure.value]


@pytest.mark.parametrize("cure", [Cure.EAGER, Cure.COLD])
def test_a_start_from_nothing_has_no_place(tmp_path: Path, cure: Cure) -> None:
    assert Preparations(tmp_path).place(StudyRequest(Experiment.CURES, variant=cure.value), Preparing()) is None


def test_a_preparation_that_cannot_be_copied(tmp_path: Path) -> None:
    def once(request: StudyRequest, *, place: PreparedPlace) -> None:
        raise OSError("disk full")

    places, request = Preparations(tmp_path), StudyRequest(Experiment.CURES, "llama-mlp", variant="pack")
    with pytest.raises(EnvironmentLacking, match="disk full"):
        places.place(request, once)
    again = Preparing()
    assert places.place(request, again) is not None
    assert again.prepared == ["pack"]


@pytest.mark.parametrize(
    ("arguments", "count", "first"),
    [
        (["spot"], 6, "spot llama-tiny f32 · eager · batch 1 · prompt 32 · 50 tokens"),
        (["spot", "--paper"], 21, "spot llama-1b f32 · eager · batch 1 · prompt 32 · 200 tokens"),
        (
            ["spot", "--paper", "--dtype", "bf16", "--batches", "2"],
            3,
            "spot llama-1b bf16 · eager · batch 2 · prompt 32 · 200 tokens",
        ),
        (["spot", "--cures", "--repeats", "3"], 30, "cures llama-mlp f32 · eager"),
        (["spot", "--cures", "softmax", "--prepared", "pack", "--repeats", "2"], 2, "cures softmax f32 · pack"),
        (["shapes", "--dynamic", "true,mark"], 2, "shapes llama-tiny f32 · true · prompts 5,10,100"),
        (["layers", "--layers", "16", "--ways", "whole"], 1, "layers llama-tiny,num_hidden_layers=16 f32 · whole"),
    ],
)
def test_plans_from_the_command_line(
    arguments: list[str], count: int, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["study", *arguments, "--plan"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[0]) == (count, first)


@pytest.mark.parametrize(
    "arguments",
    [
        ["spot", "--batches", "1,x"],
        ["spot", "--tokens", "1", "--plan"],
        ["spot", "--compile", "nothing"],
        ["spot", "--cures", "no-such-target", "--plan"],
        ["spot", "--cures", "--paper", "--plan"],
        ["spot", "--cures", "softmax", "--batches", "2", "--plan"],
        ["spot", "--cures", "softmax", "--mode", "default", "--plan"],
        ["shapes", "--dynamic", ""],
        ["layers", "--ways", "sideways"],
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", *arguments]) == 2
    assert capsys.readouterr().err.startswith("inspector: ")


def test_words() -> None:
    assert [clock(item) for item in (0, 65, 3600 + 62)] == ["0:00", "1:05", "1:01:02"]
    assert title(replace(BASE, repeat=2)).endswith("again (3)")
