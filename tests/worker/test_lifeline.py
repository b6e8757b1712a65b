"""A worker leaves nothing behind, however it or its front ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from worker_driver import PATIENCE, ROOT

WORKER = """
import os, subprocess, sys, time
from inspector.worker.lifeline import leave_nothing_behind
guard = leave_nothing_behind()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), child.pid, guard, flush=True)
if sys.argv[1] == "stay":
    time.sleep(600)
sys.stdin.readline()
"""

FRONT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, sys.argv[1], "stay"], start_new_session=True)
time.sleep(600)
"""


@pytest.fixture
def worker_file(tmp_path: Path) -> Path:
    (tmp_path / "worker.py").write_text(WORKER)
    return tmp_path / "worker.py"


def run(*command: str | Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """The process, and the ones that it names on its first line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    return process, [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]


def wait_until_gone(processes: list[psutil.Process]) -> None:
    """A process that waits for its parent to take note of its end is gone, too."""
    for process in processes:
        try:
            while process.status() != psutil.STATUS_ZOMBIE:
                process.wait(PATIENCE / 1000)
        except psutil.NoSuchProcess:
            continue
        except psutil.TimeoutExpired:
            wait_until_gone([process])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_workers_children_die_with_it(worker_file: Path, number: signal.Signals) -> None:
    process, named = run(worker_file, "stay")
    process.send_signal(number)
    assert process.wait(PATIENCE) == -number
    wait_until_gone(named)


def test_a_worker_dies_with_its_front(worker_file: Path, tmp_path: Path) -> None:
    (tmp_path / "front.py").write_text(FRONT)
    front, named = run(tmp_path / "front.py", worker_file)
    front.kill()
    front.wait(PATIENCE)
    wait_until_gone(named)


def test_a_worker_that_ends_in_good_order_leaves_nothing_either(worker_file: Path) -> None:
    process, named = run(worker_file, "end")
    process.communicate("end\n", PATIENCE)
    assert process.returncode == 0
    wait_until_gone(named)
