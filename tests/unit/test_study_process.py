"""One process for one run: what it is sent, and how its end is told, with workers that are only pretended."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from inspector.client import tree
from inspector.errors import InspectorError, UsageError
from inspector.model.study import Experiment, StudyRequest
from inspector.study.process import PreparedPlace, run_once

REQUEST = StudyRequest(Experiment.SPOT, batch=4)

OPENING = """
import json, os, signal, sys, time
requests, events = (int(sys.argv[sys.argv.index(name) + 1]) for name in ("--requests", "--events"))
def say(type, **fields): os.write(events, json.dumps({"type": type, **fields}).encode() + b"\\n")
def measured(**result): say("measured", kind="Generation", result=result, environment={"pid": os.getpid()})
say("hello", pid=os.getpid())
start = json.loads(os.read(requests, 65536))
say("progress", phase="decoding")
"""


def worker(script: str) -> list[str]:
    return [sys.executable, "-c", OPENING + script]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs make their folders here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_worker_is_told_what_to_measure_and_answers(temporary: Path) -> None:
    phases: list[str] = []
    script = "measured(**{name: start[name] for name in ('request', 'started', 'home', 'prepare')}); time.sleep(0.3)"
    found = run_once(
        REQUEST, place=PreparedPlace(Path("/prepared"), prepare=True), on_phase=phases.append, command=worker(script)
    )
    assert found.result["request"]["batch"] == 4
    assert (found.result["home"], found.result["prepare"]) == ("/prepared", True)
    assert found.result["started"] > 0
    assert set(phases) <= {"starting", "decoding"}
    assert list(temporary.iterdir()) == [], "nothing is left behind"


def test_nothing_of_a_run_goes_on_after_its_result() -> None:
    script = """
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
measured(child=child.pid, token=os.environ["INSPECTOR_RUN"])
time.sleep(600)
"""
    found = run_once(REQUEST, command=worker(script))
    for pid in (found.environment["pid"], found.result["child"]):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert tree.members(found.result["token"], 0) == []


@pytest.mark.parametrize(
    ("script", "says", "code"),
    [
        ("say('failed', message='No such model.', hint='h', exit_code=2, fatal=True)", "No such model", 2),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed", 1),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "segmentation fault", 1),
        ("print('MemoryError', file=sys.stderr); sys.exit(1)", "ran out of memory", 1),
        ("sys.exit(0)", "without saying why", 1),
        ("os.write(events, b'nonsense\\n'); sys.exit(3)", "exit code 3", 1),
    ],
)
def test_how_a_run_ended_is_told(script: str, says: str, code: int, temporary: Path) -> None:
    with pytest.raises(InspectorError, match=says) as caught:
        run_once(REQUEST, command=worker(script))
    assert caught.value.exit_code == code
    assert list(temporary.iterdir()) == []


def test_a_usage_error_of_the_worker_is_one_here() -> None:
    script = "say('failed', message='No such model.', exit_code=2, fatal=True)"
    with pytest.raises(UsageError):
        run_once(REQUEST, command=worker(script))


def test_a_run_that_hangs_is_ended() -> None:
    with pytest.raises(InspectorError, match="hung in the phase “decoding”"):
        run_once(REQUEST, timeout=0.5, command=worker("time.sleep(600)"))


def test_an_interrupt_ends_the_process(temporary: Path) -> None:
    pids: list[int] = []

    def stop(phase: str) -> None:
        if phase == "decoding":
            pids.extend(child.pid for child in psutil.Process().children())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_once(REQUEST, on_phase=stop, command=worker("time.sleep(600)"))
    assert pids and not any(psutil.pid_exists(pid) for pid in pids)
    assert list(temporary.iterdir()) == []
