"""`inspector TARGET`, `capture` and `latency` with a fake worker: bundles, summaries, exit codes, Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import re
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from inspector.bundle import read
from inspector.cli.main import main
from inspector.cli.verbs.capture import default_destination
from inspector.client import process
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

FAKE = Path(__file__).with_name("fake_worker.py")


@pytest.fixture
def scenario(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Sets which fake worker runs in place of the real one, in an empty current folder."""
    monkeypatch.chdir(tmp_path)

    def choose(name: str) -> None:
        monkeypatch.setattr(process, "worker_command", lambda: [sys.executable, str(FAKE), name])

    return choose


def test_capture_writes_a_bundle_and_sums_up(scenario, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    scenario("finish")
    assert main(["capture", "softmax", "-o", "out", "--batch", "3"]) == 0
    out, err = capsys.readouterr()
    assert err == "", "stderr is no terminal: no progress"
    assert "AOT ATen graph" in out
    assert "500 ms for the first compiled call" in out
    assert "inspector open out" in out
    capture = read(Path("out"))
    assert capture.request == CaptureRequest("softmax", batch=3)
    assert capture.find(Stage.ATEN)


def test_a_target_without_a_terminal_is_a_capture_in_a_folder_of_its_name(
    scenario, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario("finish")
    assert main(["softmax"]) == 0
    assert "Bundle in inspector-softmax\n" in capsys.readouterr().out
    assert main(["capture", "softmax"]) == 0
    assert "Bundle in inspector-softmax-2\n" in capsys.readouterr().out
    assert read(Path("inspector-softmax")).finished


@pytest.mark.parametrize(
    ("request_made", "name"),
    [
        (CaptureRequest("llama-mlp"), "inspector-llama-mlp"),
        (CaptureRequest("../x/model.py:net"), "inspector-x-model.py-net"),
        (CaptureRequest(model="llama", submodule="model.layers.0"), "inspector-llama-model.layers.0"),
        (CaptureRequest(model="/"), "inspector-capture"),
        (CaptureRequest(f"{'word/' * 20}m.py:net"), f"inspector-{'-'.join(['word'] * 12)}"),
        (CaptureRequest(model="gpt2," + "k=1," * 30, submodule="h.0.mlp"), f"inspector-gpt2{'-k-1' * 12}-h.0.mlp"),
    ],
)
def test_default_names(request_made: CaptureRequest, name: str) -> None:
    assert str(default_destination(request_made)) == name


def test_json(scenario, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("finish")
    assert main(["softmax", "--json", "-o", "x.inspector"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["outcome"]["kind"] == "finished"
    assert data["bundle"] == "x.inspector"
    assert data["first_call_seconds"] == 0.5
    assert [item["id"] for item in data["artifacts"]] == ["source:toy.py", "0/0:aten"]


def test_a_bundle_in_the_way_is_found_before_anything_is_started(scenario, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("finish")
    assert main(["capture", "softmax", "-o", "out"]) == 0
    scenario("does not exist")
    assert main(["capture", "softmax", "-o", "out"]) == 2
    assert "--force" in capsys.readouterr().err
    scenario("finish")
    assert main(["capture", "softmax", "-o", "out", "--force"]) == 0


def test_force_replaces_the_folder_of_the_default_name(scenario, tmp_path: Path) -> None:
    scenario("finish")
    assert main(["softmax"]) == main(["softmax", "--force"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["inspector-softmax"]


def test_a_hint_can_be_pasted(scenario, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("finish")
    assert main(["softmax", "-o", "my bundle"]) == 0
    assert "`inspector open 'my bundle'`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("scenario_name", "words"),
    [("nothing", "Nothing was compiled."), ("imported", "Nothing was compiled."), ("early", "shapes do not fit")],
)
def test_no_bundle_of_a_run_that_compiled_nothing(
    scenario, capsys: pytest.CaptureFixture[str], tmp_path: Path, scenario_name: str, words: str
) -> None:
    scenario(scenario_name)
    assert main(["softmax"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count(words) == 1
    assert list(tmp_path.iterdir()) == []
    if scenario_name != "early":
        assert "Dynamo found nothing" in err
    else:
        assert "No bundle is written" in err


def test_a_kernel_that_the_compiler_refuses_is_shown_with_its_line(
    scenario, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario("refused")
    assert main(["capture", "softmax", "-o", "out"]) == 1
    out, err = capsys.readouterr()
    said = [line.strip() for line in out.partition("Failures and restarts\n")[2].splitlines()]
    assert said[0] == "0/0"
    assert said[1].endswith("the C++ compiler could not build a kernel: 2 errors")
    assert said[2:5] == [
        "/tmp/ab/cabc.main.cpp:4: 'no_such_function' was not declared in this scope",
        "auto tmp1 = no_such_function(tmp0);",
        "kernel:cpp_fused_mul_0:3",
    ]
    assert said[7].endswith("expected '}'")
    assert err.count("could not build a generated kernel") == 1


def test_a_crash_keeps_what_arrived_and_shows_the_log(scenario, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("segfault")
    assert main(["capture", "softmax", "-o", "out"]) == 1
    out, err = capsys.readouterr()
    assert "What arrived is in out" in out
    assert "SIGSEGV" in err
    assert "the last words" in err
    assert "\x1b" not in err
    capture = read(Path("out"))
    assert capture.find(Stage.ATEN)
    assert not capture.finished


def test_a_failed_target(scenario, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("fail")
    assert main(["capture", "softmax", "-o", "out"]) == 2
    assert capsys.readouterr() == ("", "inspector: toy has no forward\n  Give it one.\n")
    assert not Path("out").exists(), "nothing arrived"
    assert main(["capture", "softmax", "--traceback"]) == 2
    assert capsys.readouterr().err.startswith("Traceback: …\ninspector: toy")
    assert main(["capture", "softmax", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["outcome"]["message"] == "toy has no forward"


def test_hung(scenario, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("silent")
    assert main(["softmax", "--timeout", "0.5"]) == 1
    assert "no sign of life for 0.5 s" in capsys.readouterr().err


def test_a_missing_compiler(scenario, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    scenario("does not exist")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CXX", raising=False)
    assert main(["softmax"]) == 3
    err = capsys.readouterr().err
    assert "needs a C++ compiler" in err
    assert "apt install g++" in err


def test_latency(scenario, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("finish")
    assert main(["latency", "softmax", "--samples", "7"]) == 0
    out = capsys.readouterr().out
    assert "batch 1 · seq 8  7 pairs" in out
    assert re.search(r"^median +2\.00 ms +1\.00 ms", out, re.MULTILINE)
    assert ["tokens/s", "4,000", "8,000"] in [line.split() for line in out.splitlines()]
    assert "speed-up  2.000× (95 % interval 2.000 to 2.000, within this start): 2.00× faster" in out
    assert "Difference: at most 1e-06 absolute, 2e-06 relative" in out
    assert list(Path.cwd().iterdir()) == []


def test_latency_json(scenario, capsys: pytest.CaptureFixture[str]) -> None:
    scenario("finish")
    assert main(["latency", "softmax", "--samples", "6", "--json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["eager"] == [0.002] * 6
    assert run["summary"]["speedup"] == 2.0


DRIVER = f"""
import sys
from inspector.client import process
process.worker_command = lambda: [sys.executable, {str(FAKE)!r}, "children"]
from inspector.cli.main import main
sys.exit(main())
"""


def running(mark: str) -> list[int]:
    found = []
    for item in psutil.process_iter():
        try:
            if item.environ().get("INSPECTOR_TEST") == mark and item.status() != psutil.STATUS_ZOMBIE:
                found.append(item.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(("output", "times"), [(["-o", "out"], 1), ([], 3)])
def test_interrupted(tmp_path: Path, number: signal.Signals, output: list[str], times: int) -> None:
    """130, nothing left running or lying about, and with -o what had arrived; however often one is told to stop."""
    mark = secrets.token_hex(8)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    root = str(Path(__file__).parents[2])
    master, slave = pty.openpty()  # stderr is a terminal, so the status line tells how far it is
    front = subprocess.Popen(
        [sys.executable, "-c", DRIVER, "capture", "softmax", *output],
        cwd=tmp_path,
        env={**os.environ, "INSPECTOR_TEST": mark, "PYTHONPATH": root, "TERM": "xterm", "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=slave,
        text=True,
    )
    os.close(slave)
    try:
        seen = ""
        while "compiling" not in seen:
            seen += os.read(master, 4096).decode()
        assert len(running(mark)) >= 4
        for _ in range(times):
            front.send_signal(number)
            time.sleep(0.02)
        out, _ = front.communicate(timeout=60)
        assert front.returncode == 130
        assert running(mark) == []
        assert os.read(master, 65536).decode().rstrip().endswith("Cancelled.")
        assert ("What arrived is in out" in out) == bool(output)
        assert {path.name for path in tmp_path.iterdir()} == {"temporary", *output[1:]}
        assert list(temporary.iterdir()) == []
    finally:
        os.close(master)
        for pid in running(mark):
            os.kill(pid, signal.SIGKILL)
