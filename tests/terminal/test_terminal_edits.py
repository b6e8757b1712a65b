"""A kernel edited with vi, in a real terminal: a wrong one, one that is not built, one that crashes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tmux import Terminal

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.compiles,
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("vi") is None, reason="vi is not installed"),
]

MODULE = """
import torch


def wave(x):
    return torch.sin(x) * 2 + torch.cos(x)
"""


@pytest.fixture
def window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("EDITOR", "vi")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "edited_in_vi.py"
    file.write_text(MODULE)
    opened = Terminal(f"{file}:wave --input 'x=f32[64,64]' --threads 1", (260, 45), tmp_path)
    yield opened
    opened.close()


def edited(window: Terminal, command: str) -> None:
    """Opens the kernel, runs one command of vi, saves and leaves."""
    window.press("C-y")
    window.wait_for(r"#include <torch/csrc/inductor/cpp_prefix.h>\n(?:.*\n)*(?:~|.*\d+L, |.*cpp\" )")
    window.press("-l", command)
    window.press("Enter")
    window.press("-l", ":wq")
    window.press("Enter")


def test_a_kernel_is_edited_three_times_and_the_screen_outlives_it(window: Terminal, tmp_path: Path) -> None:
    window.wait_for(r"compiled in \d")
    window.wait_for(r"median")
    edited(window, ":%s/(2.0)/(2.5)/")
    screen = window.wait_for(r"edit 1 of 1 +numbers wrong in 4,0\d\d of 4,096")
    assert "· edit 1" in screen
    window.press("~")
    window.wait_for(r"the compiler's own; 1 edited")
    edited(window, ":%s/tmp0.sin()/tmp0.sinus()/")
    window.wait_for(r"not built at line \d+: .*sinus")
    window.press("C-y")
    window.wait_for(r"tmp0\.sinus\(\)")  # what was refused, to be mended
    window.press("-l", ":%s/tmp0.sinus()/tmp0.sin(); *(volatile int*)nullptr = 1/")
    window.press("Enter")
    window.press("-l", ":wq")
    window.press("Enter")
    screen = window.wait_for(r"crashed")
    assert "tmp1 = sin(tmp0)" in screen, "the capture as it was stays on screen"
    (kept,) = (tmp_path / "data" / "inspector" / "edits").iterdir()
    assert "nullptr" in kept.read_text()
    window.press("q")
    assert window.exit_code() == 1
    assert window.processes() == []
