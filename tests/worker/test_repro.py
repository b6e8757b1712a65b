"""`repro.py` in a bare process: torch alone, and the same kernels."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from worker_driver import Finished

import inspector
from inspector.bundle.export import export
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace import read_capture

pytestmark = pytest.mark.compiles

_KERNEL = re.compile(r"async_compile\.cpp_pybinding\(.*?'''\n?(.*?)'''\)", re.DOTALL)


def kernels(code: str) -> list[str]:
    """The texts of the kernels in an Inductor module, apart from line ends."""
    return [match.strip() for match in _KERNEL.findall(code)]


def again(found: Capture, folder: Path) -> str:
    """What the exported script prints of the code that it compiles, run without this package in sight."""
    export(found, folder / "bundle")
    script = folder / "bundle" / "repro.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script), "--code"],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_same_kernels(modules: Path, tmp_path: Path) -> None:
    found = inspector.capture(f"{modules}:pointwise", inputs=("x=f32[4,64]",))
    # Word for word: nothing of the kernels is made alike before they are compared.
    (before,) = found.find(Stage.INDUCTOR)
    assert kernels(before.text) == kernels(again(found, tmp_path)) != []


def test_the_same_kernels_where_sizes_are_symbols_and_weights_are_none(modules: Path, tmp_path: Path) -> None:
    found = inspector.capture(f"{modules}:gate", dynamic=True)
    (before,) = found.find(Stage.INDUCTOR)
    assert "const int64_t ks0" in before.text
    assert kernels(before.text) == kernels(again(found, tmp_path)) != []


def test_the_same_kernels_forward_and_backward(training: Finished, tmp_path: Path) -> None:
    found = read_capture(training.directory / "trace")
    before = found.find(Stage.INDUCTOR)
    assert len(before) == 2
    assert [text for item in before for text in kernels(item.text)] == kernels(again(found, tmp_path)) != []
