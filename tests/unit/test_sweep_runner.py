"""A sweep that is killed, cut, doubled and filled up: no point is lost, and none has two results."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from sweeps import FAKE, made_plan, point, result

from inspector.errors import EnvironmentLacking, Interrupted, UsageError
from inspector.model.sweep import LOST, PointResult
from inspector.study.control import Control
from inspector.study.sweep.engines import End, Local
from inspector.study.sweep.folder import DamagedResult, SweepFolder
from inspector.study.sweep.plan import SweepPlan
from inspector.study.sweep.point import EXIT_ELSEWHERE, Job, make
from inspector.study.sweep.runner import ATTEMPTS, PointAgain, PointDone, Sweep, SweepUpdate


def local(plan: SweepPlan, folder: Path, jobs: int = 2) -> Sweep:
    place = SweepFolder(folder)
    return Sweep(plan, place, Local(plan, place, jobs))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "results").iterdir())


def each_once(plan: SweepPlan, folder: Path) -> None:
    """Every point of the plan has its one result, and nothing else is there."""
    assert files(folder) == sorted(f"{job.point.key}.json" for job in plan.jobs)
    for key in [item.name for item in (folder / "claims").iterdir()]:  # a file that a killed process left, and no lock
        with SweepFolder(folder).claim(key, wait=False) as free:
            assert free
    found, bad = SweepFolder(folder).read()
    assert bad == []
    assert {item.point.key for item in found} == {job.point.key for job in plan.jobs}


class Instant:
    """An engine whose jobs end at once, as a test wants them to."""

    pause = 0.0

    def __init__(self, folder: SweepFolder, codes: Mapping[int, Sequence[int]] | None = None) -> None:
        self.folder = folder
        self.codes = {batch: list(listed) for batch, listed in (codes or {}).items()}
        self.submitted: list[int] = []
        self.over: dict[str, End] = {}

    def resume(self, keys: Collection[str]) -> set[str]:
        return set()

    def submit(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            batch = job.point.request.batch or 0
            self.submitted.append(batch)
            code = self.codes[batch].pop(0) if self.codes.get(batch) else 0
            if code == 0:
                self.folder.keep(result(job.point), replace=lambda before: not before.ok)
            self.over[job.point.key] = End(code, "its words")

    def ended(self) -> Mapping[str, End]:
        over, self.over = self.over, {}
        return over

    def running(self) -> Collection[str]:
        return ()

    def close(self) -> None: ...


def instant(
    tmp_path: Path, batches: Sequence[int], codes: Mapping[int, Sequence[int]] | None = None
) -> tuple[Sweep, Instant]:
    plan = made_plan(tmp_path, batch=list(batches))
    folder = SweepFolder(tmp_path / "sweep")
    folder.make()
    engine = Instant(folder, codes)
    return Sweep(plan, folder, engine, sleep=lambda _: None), engine


# --- all well -----------------------------------------------------------------------------------------------


def test_results_come_one_by_one_and_are_not_made_again(tmp_path: Path) -> None:
    plan = made_plan(tmp_path, batch=[1, 2, 13])
    seen: list[SweepUpdate] = []
    done = local(plan, tmp_path / "sweep").run(seen.append)
    each_once(plan, tmp_path / "sweep")
    assert [item.done for item in seen if isinstance(item, PointDone)] == [1, 2, 3]
    assert [item.outcome for item in done.results] == ["finished", "finished", "failed"]
    assert done.results[2].message == "toy has no forward"  # a failure is a result, and is kept with its words
    before = {name: (tmp_path / "sweep/results" / name).stat().st_mtime_ns for name in files(tmp_path / "sweep")}
    again = local(plan, tmp_path / "sweep").run()
    assert again.kept == 3
    assert before == {name: (tmp_path / "sweep/results" / name).stat().st_mtime_ns for name in before}


def test_what_is_timed_runs_alone_and_is_timed(tmp_path: Path) -> None:
    plan = made_plan(tmp_path, batch=[1, 2], measure=["latency"], samples=7)
    place = SweepFolder(tmp_path / "sweep")
    place.make()
    engine = Local(plan, place, jobs=2)
    engine.submit(plan.jobs)
    try:
        assert len(engine.running()) == 1
    finally:
        engine.close()
    done = local(plan, tmp_path / "sweep").run()
    assert [len(item.latency[0].compiled) for item in done.results] == [7, 7]
    assert not any(item.beside for item in done.results)


def test_only_failures_are_made_again_when_that_is_wanted(tmp_path: Path) -> None:
    plan = made_plan(tmp_path, batch=[1, 13])
    local(plan, tmp_path / "sweep").run()
    folder = SweepFolder(tmp_path / "sweep")
    again = replace(plan, jobs=tuple(replace(job, retry=True) for job in plan.jobs))
    engine = Instant(folder)
    done = Sweep(again, folder, engine).run()
    assert engine.submitted == [13]
    assert done.failed == []
    each_once(plan, tmp_path / "sweep")


# --- killed -------------------------------------------------------------------------------------------------

STEPS = ("started", "claimed", "compiling", "measured", "writing", "written")


@pytest.mark.parametrize("step", STEPS)
def test_a_process_that_is_killed_at_any_step_costs_no_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setenv("FAKE_STEP", step)
    monkeypatch.setenv("FAKE_ONCE", str(tmp_path / "once"))
    plan = made_plan(tmp_path, batch=[1])
    seen: list[SweepUpdate] = []
    done = local(plan, tmp_path / "sweep").run(seen.append)
    assert (tmp_path / "once").exists()  # it was killed
    assert sum(isinstance(item, PointAgain) for item in seen) == (step != "written")
    assert [item.ok for item in done.results] == [True]
    each_once(plan, tmp_path / "sweep")


def test_a_worker_that_somebody_kills_is_begun_again_and_at_last_told_as_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_WORKER", "kill")
    plan = made_plan(tmp_path)
    seen: list[SweepUpdate] = []
    done = local(plan, tmp_path / "sweep").run(seen.append)
    assert sum(isinstance(item, PointAgain) for item in seen) == ATTEMPTS - 1
    assert done.results[0].outcome == LOST
    assert "SIGKILL" in done.results[0].hint or "killed" in done.results[0].hint
    each_once(plan, tmp_path / "sweep")


@pytest.mark.parametrize("scenario", ["segfault", "leave"])
def test_a_crash_is_the_points_own_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: str) -> None:
    monkeypatch.setenv("FAKE_WORKER", scenario)
    done = local(made_plan(tmp_path), tmp_path / "sweep").run()
    assert [item.outcome for item in done.results] == ["crashed"]


CONTROLLER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from sweeps import made_plan
from inspector.study.sweep.engines import Local
from inspector.study.sweep.folder import SweepFolder
from inspector.study.sweep.runner import Sweep
folder = Path({folder!r})
plan, place = made_plan(folder, batch={batches}), SweepFolder(folder / "sweep")
Sweep(plan, place, Local(plan, place, 1)).run()
"""


def controller(folder: Path, batches: list[int]) -> subprocess.Popen[bytes]:
    code = CONTROLLER.format(tests=str(FAKE.parent), folder=str(folder), batches=batches)
    return subprocess.Popen([sys.executable, "-c", code])


def points_of(folder: Path) -> list[int]:
    """Processes that make points for a folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if str(folder) in words and any(word.endswith("fake_point.py") for word in words):
            found.append(process.info["pid"])
    return found


def wait_for(found: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_controller_that_is_killed_leaves_nothing_running_and_the_next_goes_on(tmp_path: Path) -> None:
    batches = [1, 2, 3]
    plan = made_plan(tmp_path, batch=batches)
    first = controller(tmp_path, batches)
    wait_for(SweepFolder(tmp_path / "sweep").keys)
    first.send_signal(signal.SIGKILL)
    first.wait()
    wait_for(lambda: not points_of(tmp_path / "sweep"))
    done = local(plan, tmp_path / "sweep").run()
    assert done.kept >= 1
    each_once(plan, tmp_path / "sweep")


def test_two_controllers_at_once_share_the_points(tmp_path: Path) -> None:
    batches = [1, 2, 3]
    plan = made_plan(tmp_path, batch=batches)
    both = [controller(tmp_path, batches) for _ in range(2)]
    assert [one.wait(120) for one in both] == [0, 0]
    each_once(plan, tmp_path / "sweep")


def test_a_stopped_sweep_ends_its_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_WORKER", "standstill")
    plan = made_plan(tmp_path)
    control = Control()
    place = SweepFolder(tmp_path / "sweep")
    engine = Local(plan, place)
    threading.Timer(1.0, control.stop).start()
    with pytest.raises(Interrupted):
        Sweep(plan, place, engine).run(control=control)
    assert list(engine.running()) == []
    assert files(tmp_path / "sweep") == []


# --- ended without a result ---------------------------------------------------------------------------------


def test_a_node_that_goes_is_tried_again_a_few_times(tmp_path: Path) -> None:
    sweep, engine = instant(tmp_path, [1, 2], {1: [1, 1], 2: [1] * 9})
    done = sweep.run()
    assert engine.submitted.count(1) == 3
    assert engine.submitted.count(2) == ATTEMPTS
    assert [item.outcome for item in done.results] == ["finished", LOST]
    assert done.results[1].hint == "its words"


def test_what_another_controller_makes_is_waited_for_and_no_attempt(tmp_path: Path) -> None:
    sweep, engine = instant(tmp_path, [1], {1: [EXIT_ELSEWHERE] * 5})
    clock = iter(range(10_000))
    sweep._clock = lambda: float(next(clock))
    assert [item.ok for item in sweep.run().results] == [True]
    assert len(engine.submitted) == 6


def test_a_machine_that_cannot_do_it_ends_the_sweep_with_its_words(tmp_path: Path) -> None:
    sweep, _ = instant(tmp_path, [1, 2], {2: [3]})
    with pytest.raises(EnvironmentLacking, match="its words"):
        sweep.run()
    assert len(files(tmp_path / "sweep")) == 1  # what came is kept


# --- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [0, 1, 100, -1])
def test_a_result_that_is_cut_is_made_again(tmp_path: Path, left: int) -> None:
    plan = made_plan(tmp_path, batch=[1, 2])
    local(plan, tmp_path / "sweep").run()
    cut = tmp_path / "sweep/results" / files(tmp_path / "sweep")[0]
    content = cut.read_bytes()
    cut.write_bytes(content[: len(content) // 2 if left < 0 else left])
    done = local(plan, tmp_path / "sweep").run()
    assert done.kept == 1
    assert "cut short or damaged" in done.notes[0]
    each_once(plan, tmp_path / "sweep")


def test_a_result_under_another_points_name_is_none(tmp_path: Path) -> None:
    plan = made_plan(tmp_path, batch=[1, 2])
    local(plan, tmp_path / "sweep").run()
    one, other = (tmp_path / "sweep/results" / name for name in files(tmp_path / "sweep"))
    one.write_bytes(other.read_bytes())
    with pytest.raises(DamagedResult, match="not the result that its name says"):
        SweepFolder(tmp_path / "sweep").result(one.stem)
    local(plan, tmp_path / "sweep").run()
    each_once(plan, tmp_path / "sweep")


def test_a_full_disk_costs_no_result_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = SweepFolder(tmp_path / "sweep")
    folder.make()
    folder.keep(result(point(1)), replace=lambda _: True)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inspector.files.os.fsync", full)
    with pytest.raises(EnvironmentLacking, match="No space left on device"):
        folder.keep(result(point(2)), replace=lambda _: True)
    assert folder.keys() == {point(1).key}
    assert [item.name for item in (tmp_path / "sweep/results").iterdir()] == [f"{point(1).key}.json"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_is_really_full_ends_the_sweep_and_goes_on_with_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        plan = made_plan(tmp_path, batch=[1, 2])
        place = SweepFolder(disk / "sweep")
        place.make()
        filling = os.open(disk / "filling", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError, match="No space"):
            while True:
                os.write(filling, b"x" * 4096)
        os.close(filling)
        with pytest.raises(EnvironmentLacking, match=r"No space left|cannot be"):
            Sweep(plan, place, Local(plan, place, 1)).run()
        assert place.keys() == set()
        (disk / "filling").unlink()
        assert all(item.ok for item in Sweep(plan, place, Local(plan, place, 1)).run().results)
        each_once(plan, disk / "sweep")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_no_clock_says_which_result_counts(tmp_path: Path) -> None:
    """Files and results from before and after their time: the node's clock is decades off."""
    plan = made_plan(tmp_path, batch=[1, 2])
    local(plan, tmp_path / "sweep").run()
    for name, year in zip(files(tmp_path / "sweep"), ("1971", "2199"), strict=True):
        path = tmp_path / "sweep/results" / name
        content = json.loads(path.read_text())
        content["result"]["finished"] = f"{year}-01-01T00:00:00+00:00"
        path.write_text(json.dumps(content))
        os.utime(path, (0 if year == "1971" else 7e9,) * 2)
    os.utime(tmp_path / "sweep/results", (0, 0))
    assert local(plan, tmp_path / "sweep").run().kept == 2
    each_once(plan, tmp_path / "sweep")


def test_results_of_many_machines_merge_without_a_clash(tmp_path: Path) -> None:
    one, other = point(1), replace(point(1), machine="another")
    assert one.key != other.key
    folder = SweepFolder(tmp_path / "sweep")
    folder.make()
    for item in (one, other):
        folder.keep(result(item), replace=lambda _: False)
    assert {item.point.machine for item in folder.read()[0]} == {"a machine", "another"}


def test_the_first_of_two_equal_results_stays(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path / "sweep")
    folder.make()
    first, second = result(point(), 0.001), result(point(), 0.005)
    assert folder.keep(first, replace=lambda _: False) == first
    assert folder.keep(second, replace=lambda before: not before.ok) == first
    assert folder.read()[0] == [first]


def test_a_claim_is_one_process_s_and_goes_with_it(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path / "sweep")
    folder.make()
    with folder.claim("k", wait=False) as ours:
        assert ours
        with folder.claim("k", wait=False) as theirs:
            assert not theirs
    with folder.claim("k", wait=False) as ours:
        assert ours
    assert [item.name for item in (tmp_path / "sweep/claims").iterdir()] == []


def test_a_job_does_not_measure_what_it_is_not_about(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path / "sweep")
    folder.make()
    assert make(Job(point()), folder)  # of torch 2.13.0, which this Python's torch is not, by its whole version
    (kept,) = folder.read()[0]
    assert (kept.outcome, kept.latency) == ("failed", ())
    assert kept.message.startswith("The point is of torch 2.13.0, and ")


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match="holds something else than a sweep"):
        SweepFolder(tmp_path).make()


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path / "sweep")
    folder.make()
    made: PointResult = result(point(batch=4, inductor=(("freezing", "True"),)), busy=None)
    folder.keep(made, replace=lambda _: False)
    assert folder.result(made.point.key) == made
