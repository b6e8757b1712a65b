"""The real worker behind the command line: one small capture, looked at from all sides, and ends in the middle.

The capture is made where 32 files may be open and the terminal can do nothing: neither takes anything from it.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from inspector import protocol
from inspector.bundle import read
from inspector.live import CaptureUpdated, EventArrived, LiveCapture, OutcomeKind, Update
from inspector.model.capture import Capture, CompileStatus
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

pytestmark = pytest.mark.compiles

ROOT = Path(__file__).parents[2]
NET = '''\
import torch


def net(x):
    """Two operations that fuse into one kernel."""
    return torch.relu(x) * 2 + x
'''


FEW = 32


def inspector(folder: Path, *arguments: str, files: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command, where given with so few files that may be open, and then on a terminal without abilities."""

    def limit() -> None:
        if files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    return subprocess.run(
        [sys.executable, "-m", "inspector", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)} | ({"TERM": "dumb"} if files is not None else {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compiles")
    (path / "net.py").write_text(NET)
    return path


@pytest.fixture(scope="session")
def done(folder: Path) -> subprocess.CompletedProcess[str]:
    return inspector(folder, "net.py:net", "--input", "x=f32[64,64]", "--json", files=FEW)


@pytest.fixture(scope="session")
def capture(folder: Path, done: subprocess.CompletedProcess[str]) -> Capture:
    assert done.returncode == 0, done.stderr
    return read(folder / "inspector-net.py-net")


def test_json_summary(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert data["outcome"]["kind"] == "finished"
    assert data["bundle"] == "inspector-net.py-net"
    assert data["first_call_seconds"] > 0
    assert data["damaged_records"] == 0


def test_every_stage_is_there(capture: Capture) -> None:
    assert capture.finished
    (compilation,) = capture.compilations
    assert compilation.status is CompileStatus.DONE
    assert compilation.guards
    assert set(capture.stages("0/0")) >= {
        Stage.SOURCE,
        Stage.BYTECODE,
        Stage.DYNAMO,
        Stage.ATEN,
        Stage.POST_GRAD,
        Stage.IR_PRE_FUSION,
        Stage.IR_POST_FUSION,
        Stage.INDUCTOR,
        Stage.KERNEL,
        Stage.ASM,
    }
    assert "relu" in capture.find(Stage.ATEN, "0/0")[0].text
    assert capture.find(Stage.SOURCE)[0].text == NET
    assert capture.links


def test_the_phases_open_in_perfetto(folder: Path, capture: Capture) -> None:
    events = json.loads((folder / "inspector-net.py-net/events.json").read_text())["traceEvents"]
    names = {event["name"] for event in events}
    assert {"dynamo", "inductor_compile"} <= names
    assert {event["ph"] for event in events} <= set("XBibeM")  # whole, begun, a moment, a compile id's own, names
    assert all(event["dur"] >= 0 for event in events if event["ph"] == "X")
    assert sum(event["ph"] in "XB" for event in events) == len(capture.phases)


def test_show_prints_it(folder: Path, capture: Capture) -> None:
    shown = inspector(folder, "show", "inspector-net.py-net", "--stage", "aten")
    assert shown.stdout.rstrip("\n") == capture.find(Stage.ATEN)[0].text.rstrip("\n")
    overview = inspector(folder, "show", "inspector-net.py-net")
    assert "1 kernel" in overview.stdout
    assert "net.py:4" in overview.stdout


def test_latency(folder: Path) -> None:
    timed = inspector(folder, "latency", "net.py:net", "--input", "x=f32[64,64]", "--samples", "12", "--json")
    assert timed.returncode == 0, timed.stderr
    (run,) = json.loads(timed.stdout)["runs"]
    assert len(run["eager"]) == len(run["compiled"]) == 12
    assert run["difference"]["max_abs"] == 0
    assert run["summary"]["speedup"] > 0


def test_what_the_target_raised(folder: Path) -> None:
    (folder / "bad.py").write_text("def net(x):\n    raise RuntimeError('on purpose')\n")
    failed = inspector(folder, "bad.py:net", "--input", "x=f32[4]")
    assert failed.returncode == 1
    assert "on purpose" in failed.stderr
    assert "Traceback" not in failed.stderr
    wrong = inspector(folder, "net.py:ent", "--input", "x=f32[4]")
    assert wrong.returncode == 2
    assert "net" in wrong.stderr
    assert "Traceback" not in wrong.stderr


# --- ends in the middle -------------------------------------------------------------------------------------

os.environ["INSPECTOR_TEST"] = MARK = secrets.token_hex(8)


def running() -> list[psutil.Process]:
    """Every living process that was started from here, whatever it is by now."""
    found = []
    for process in psutil.process_iter():
        try:
            ours = process.environ().get("INSPECTOR_TEST") == MARK and process.pid != os.getpid()
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def imports_torch(update: Update) -> bool:
    return isinstance(update, EventArrived) and isinstance(update.event, protocol.Progress)


def wrote_inductor_code(update: Update) -> bool:
    """From now on g++ runs."""
    return isinstance(update, CaptureUpdated) and bool(update.capture.find(Stage.INDUCTOR))


def has_graph(update: Update) -> bool:
    return isinstance(update, CaptureUpdated) and bool(update.capture.find(Stage.ATEN))


@pytest.mark.parametrize(
    ("moment", "how"),
    [
        (imports_torch, "cancel"),
        (imports_torch, "kill"),
        (has_graph, "cancel"),
        (wrote_inductor_code, "cancel"),
        (wrote_inductor_code, "kill"),
        (wrote_inductor_code, "segfault"),
    ],
)
def test_an_end_in_the_middle_leaves_nothing(folder: Path, moment: Callable[[Update], bool], how: str) -> None:
    reached = threading.Event()
    pids: list[int] = []

    def take(update: Update) -> None:
        if isinstance(update, EventArrived) and isinstance(update.event, protocol.Hello):
            pids.append(update.event.pid)
        if moment(update):
            reached.set()

    request = CaptureRequest(f"{folder / 'net.py'}:net", inputs=("x=f32[64,64]",))
    live = LiveCapture(request, take)
    live.start()
    assert reached.wait(120)
    if how == "cancel":
        live.cancel()
    else:
        os.kill(pids[0], {"kill": signal.SIGKILL, "segfault": signal.SIGSEGV}[how])
    outcome = live.wait()
    assert running() == []
    expected = {"cancel": OutcomeKind.CANCELLED, "kill": OutcomeKind.KILLED, "segfault": OutcomeKind.CRASHED}
    assert outcome.kind is expected[how]
    if moment is not imports_torch:
        assert live.capture.find(Stage.ATEN), "what arrived is kept"
        assert not live.capture.finished
    if how == "segfault":
        assert any("Segmentation fault" in line for line in outcome.log_tail)
