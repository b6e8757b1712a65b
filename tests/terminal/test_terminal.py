"""The real command in a real terminal, driven by keys and read from the screen."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tmux import ROOT, Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.compiles, pytest.mark.timeout(900)]

SWIGLU = "samples/swiglu.py:swiglu --input 'gate=f32[batch,seq,64]' --input 'up=f32[batch,seq,64]' --batch 2 --seq 8"

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Open]:
    """Opens terminals, and closes them at the end."""
    opened = []

    def start(arguments: str, size: tuple[int, int] = (200, 50)) -> Terminal:
        opened.append(Terminal(arguments, size, tmp_path))
        return opened[-1]

    yield start
    for window in opened:
        window.close()


def test_the_llama_mlp_from_python_to_machine_code(terminal: Open) -> None:
    window = terminal("llama-mlp")
    window.wait_for(r"importing torch|building|compiling")
    window.wait_for(r"compiled in \d")
    window.wait_for(r"down_proj = self\.down_proj\(")
    window.wait_for(r"tmp2 = exp\(tmp1\)")
    window.wait_for(r"✓ Machine code")
    window.wait_for(r"median")
    window.press("-", "z", "/")
    window.press(*"Sleef_expf", "Enter")
    assert "vdivps" in window.wait_for(r"call +Sleef_expf\d+_u10")
    window.press("q")
    assert window.exit_code() == 0
    assert window.processes() == []


def test_a_line_lights_its_relatives_and_stderr_in_a_file_leaves_the_screen_alone(
    terminal: Open, tmp_path: Path
) -> None:
    window = terminal(f"{SWIGLU} 2>{tmp_path / 'err'}")
    window.wait_for(r"compiled in \d")
    window.press("/")
    window.press(*"silu(torch", "Enter")
    screen = window.wait_for(r"→ \d+ ATen.*→")
    assert "exact" in screen
    window.press("q")
    assert window.exit_code() == 0
    assert (tmp_path / "err").read_text() == ""


def test_a_new_shape_is_run_live(terminal: Open) -> None:
    window = terminal(f"{SWIGLU} --static")
    window.wait_for(r"compiled in \d")
    window.wait_for(r"median")
    window.press("^")
    window.wait_for(r"0/1")
    window.wait_for(r"seq 16")
    window.press("q")
    assert window.exit_code() == 0


def test_eighty_columns(terminal: Open) -> None:
    window = terminal(SWIGLU, (80, 24))
    screen = window.wait_for(r"✓")
    assert len(screen.splitlines()) == 24
    window.wait_for(r"compiled")
    window.press("5")
    window.wait_for(r"AOT ATen graph")
    window.press("?")
    window.wait_for(r"(?i)help|keys")
    window.press("Escape")
    window.wait_for(r"AOT ATen graph")
    window.press("q")
    assert window.exit_code() == 0


def test_interrupted_while_it_compiles(terminal: Open) -> None:
    window = terminal("llama-mlp --cold")
    window.wait_for(r"✓ Dynamo|5 ✓")
    window.press("C-c")
    window.exit_code()
    assert window.processes() == []


def test_a_killed_worker_is_reported_and_compiles_again(terminal: Open) -> None:
    window = terminal(SWIGLU)
    window.wait_for(r"✓ Dynamo|compiled in")
    window.find("inspector.worker").send_signal(signal.SIGKILL)
    screen = window.wait_for(r"(?i)killed")
    assert "Traceback" not in screen
    window.press("C-r")
    window.wait_for(r"compiled in \d")
    window.press("q")
    assert window.exit_code() == 0
    assert window.processes() == []


def test_a_bundle_opens_without_torch(terminal: Open, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    done = subprocess.run(
        f"{sys.executable} -m inspector capture {SWIGLU} -o {bundle}",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    window = terminal(f"open {bundle}", (120, 40))
    window.wait_for(r"tmp\d+ = exp\(tmp\d+\)")
    window.press("0", "V")
    window.wait_for("#pragma omp for")
    window.press("q")
    assert window.exit_code() == 0


def test_bad_input_is_one_line(terminal: Open) -> None:
    window = terminal("lama-mlp", (80, 24))
    assert window.exit_code() == 2
    screen = window.screen()
    assert "llama-mlp" in screen
    assert "Traceback" not in screen


def test_a_bare_command_shows_what_is_kept_and_comes_back_to_it(
    terminal: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    added = [sys.executable, "-m", "inspector", "library", "add", str(ROOT / "samples" / "llama-mlp.inspector")]
    subprocess.run(added, check=True, capture_output=True)
    window = terminal("")
    window.wait_for(r"Kept captures \(1\)")
    window.wait_for(r"kernels: cpp_fused")
    window.press("Enter")
    window.wait_for(r"opened, no worker")
    window.press("C-k")
    window.wait_for(r"Kept in the library as")
    window.press("q")
    window.wait_for(r"Kept captures \(2\)")
    window.press("q")
    assert window.exit_code() == 0
