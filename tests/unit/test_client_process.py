"""Starting, talking to and ending worker processes, with a fake worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from inspector import protocol
from inspector.client import tree
from inspector.client.process import WorkerProcess
from inspector.errors import EnvironmentLacking
from inspector.model.request import CaptureRequest

FAKE = Path(__file__).with_name("fake_worker.py")


def fake(scenario: str) -> list[str]:
    return [sys.executable, str(FAKE), scenario]


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pid: int) -> None:
    psutil.wait_procs([process for process in psutil.process_iter() if process.pid == pid], timeout=30)
    assert not alive(pid)


@pytest.fixture
def worker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[WorkerProcess]:
    process = WorkerProcess(tmp_path, fake(request.param))
    yield process
    process.close()


def start(worker: WorkerProcess, **fields: object) -> None:
    assert worker.send(protocol.Start(CaptureRequest("toy", **fields), str(worker.directory)))


def until(worker: WorkerProcess, kind: type[protocol.Message]) -> protocol.Message:
    while (event := worker.next_event(30)) is not None:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"no {kind.__name__}")


@pytest.mark.parametrize("worker", ["finish"], indirect=True)
def test_speaks_and_ends_in_good_order(worker: WorkerProcess) -> None:
    pid = until(worker, protocol.Hello).pid
    start(worker)
    assert until(worker, protocol.Compiled).seconds == 0.5
    worker.send(protocol.Shutdown())
    gone(pid)
    assert worker.close() == 0
    assert not worker.send(protocol.Shutdown()), "nobody reads any more"
    assert worker.close() == 0, "twice is allowed"


@pytest.mark.parametrize("worker", ["finish"], indirect=True)
def test_has_a_session_and_a_trace_folder_of_its_own(worker: WorkerProcess) -> None:
    pid = until(worker, protocol.Hello).pid
    assert os.getsid(pid) == pid
    environment = psutil.Process(pid).environ()
    assert environment["TORCH_TRACE"] == str(worker.directory / "trace")
    assert (worker.directory / "trace").is_dir()


@pytest.mark.parametrize("worker", ["children"], indirect=True)
def test_close_ends_every_descendant_in_whatever_session(worker: WorkerProcess) -> None:
    start(worker, seed=2)
    until(worker, protocol.Compiled)
    pids = [int(word) for word in worker.out_log.read_text().split()[1:]]
    assert all(alive(pid) for pid in pids)
    assert len({os.getsid(pid) for pid in pids}) == 3
    worker.close()
    assert [pid for pid in pids if alive(pid)] == []


@pytest.mark.parametrize("worker", ["silent"], indirect=True)
def test_a_hung_worker_tells_where_it_stands(worker: WorkerProcess) -> None:
    start(worker)
    until(worker, protocol.Progress)
    worker.dump_stacks()
    worker.close()
    assert "fake_worker.py" in worker.err_log.read_text()


@pytest.mark.parametrize("worker", ["babble"], indirect=True)
def test_a_line_that_is_no_event_is_kept_aside(worker: WorkerProcess) -> None:
    start(worker)
    until(worker, protocol.Compiled)
    assert len(worker.bad_lines) == 1
    assert "this is no event" in worker.bad_lines[0]


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentLacking, match="cannot be started"):
        WorkerProcess(tmp_path, ["/nowhere/python"])


def test_the_real_worker_is_not_shadowed_by_files_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inspector.py").write_text("raise SystemExit('the wrong one')")
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    process = WorkerProcess(tmp_path / "run")
    try:
        assert isinstance(process.next_event(60), protocol.Hello), process.err_log.read_text()
    finally:
        process.close()


def test_a_process_in_the_middle_of_its_exec_is_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a moment the kernel shows no environment; a worker cancelled right after its start was missed then."""
    real = psutil.Process.environ
    asked: dict[int, int] = {}

    def empty_at_first(process: psutil.Process) -> dict[str, str]:
        asked[process.pid] = asked.get(process.pid, 0) + 1
        return real(process) if asked[process.pid] > 3 else {}

    monkeypatch.setattr(psutil.Process, "environ", empty_at_first)
    since = time.time()
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], env={**os.environ, tree.TOKEN: "this-test"}
    )
    assert tree.end("this-test", since) == []
    assert process.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize("worker", ["children"], indirect=True)
def test_what_a_killed_keeper_leaves_is_found_by_the_runs_mark(worker: WorkerProcess) -> None:
    start(worker, seed=2)
    worker_id = until(worker, protocol.Hello).pid
    until(worker, protocol.Compiled)
    pids = [int(word) for word in worker.out_log.read_text().split()[1:]]
    psutil.Process(worker_id).parent().kill()
    gone(worker_id)
    assert any(alive(pid) for pid in pids)
    worker.close()
    assert [pid for pid in pids if alive(pid)] == []
