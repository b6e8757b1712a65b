"""Nothing of a worker outlives it or its front, wherever it hides and however either ends; others are left alone."""

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

from inspector.client.process import WorkerProcess

ROOT = Path(__file__).parents[2]

HIDING = """
import os, signal, sys, time
def hide(mark):
    '''Three ways at once: a session of its own behind a parent that has ended, nothing in the environment, deaf.'''
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, "-ISc", f"import time; '{mark}'; time.sleep(600)"], {})
        os._exit(0)
    os.wait()
hide(sys.argv[1])
while not sys.argv[2] == "found" and not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
print("hidden", flush=True)
"""
ENDINGS = {
    "waits": "time.sleep(600)",
    "ends": "",
    "fails": "sys.exit(3)",
    "crashes": "os.kill(os.getpid(), signal.SIGSEGV)",
    "is killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "kills its group": "os.killpg(0, signal.SIGKILL)",
}
FRONT = """
import sys, time
from pathlib import Path
from inspector.client.process import WorkerProcess
worker = WorkerProcess(Path(sys.argv[1]), sys.argv[2:], temporary=True)
time.sleep(600)
"""


def hidden(mark: str) -> list[int]:
    """The living processes with `mark` among their arguments that run the hiding one's loop."""
    found = []
    for process in psutil.process_iter():
        try:
            if f"import time; '{mark}'" in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def until(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """A file that lets the worker go on, once the hiding one has been seen."""
    name = str(tmp_path / "seen")
    yield name
    for pid in hidden(name):
        os.kill(pid, signal.SIGKILL)


def command(mark: str, ending: str) -> list[str]:
    return [sys.executable, "-c", HIDING + ENDINGS[ending], mark, "wait"]


@pytest.mark.parametrize(
    ("ending", "code"),
    [("waits", -15), ("ends", 0), ("fails", 3), ("crashes", -11), ("is killed", -9), ("kills its group", -9)],
)
def test_what_hides_ends_with_its_worker_however_that_ends(tmp_path: Path, mark: str, ending: str, code: int) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    worker = WorkerProcess(tmp_path, command(mark, ending))
    try:
        until(lambda: hidden(mark))
        Path(mark).touch()
        if ending == "waits":
            until(lambda: "hidden" in worker.out_log.read_text())
            assert worker.close() == code
        else:
            until(lambda: worker.poll() is not None)
            assert worker.poll() == code
        assert hidden(mark) == []
        assert bystander.poll() is None
    finally:
        worker.close()
        bystander.kill()
        bystander.wait()


def test_a_front_that_is_killed_takes_all_of_it_along_and_its_folder(tmp_path: Path, mark: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    front = subprocess.Popen(
        [sys.executable, "-c", FRONT, str(run), *command(mark, "waits")], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    until(lambda: hidden(mark))
    front.kill()
    front.wait()
    until(lambda: hidden(mark) == [] and not run.exists())
