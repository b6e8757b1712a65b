"""Other programs' output: waited for as long as they run, not as long as somebody holds their descriptors."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from inspector.programs import ask, output_of


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def script(folder: Path, text: str) -> str:
    file = folder / "program"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def test_a_child_that_keeps_the_descriptors_is_not_waited_for_and_does_not_stay(tmp_path: Path) -> None:
    begun = time.monotonic()
    said = ask([script(tmp_path, f"sleep 60 & echo $! > {tmp_path}/pid; echo out; echo err >&2; exit 3")], 60)
    assert said == (3, "out\n", "err\n")
    assert time.monotonic() - begun < 50
    pid = int((tmp_path / "pid").read_text())
    while alive(pid):  # killed; somebody has to collect it
        assert time.monotonic() - begun < 50
        time.sleep(0.01)


def test_a_program_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        ask([script(tmp_path, f"sleep 60 & echo $! > {tmp_path}/pid; wait")], 1)
    pid = int((tmp_path / "pid").read_text())
    while alive(pid):
        assert time.monotonic() - begun < 50
        time.sleep(0.01)


def test_what_ends_badly_has_no_output(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        output_of([script(tmp_path, "echo half; exit 1")])
    assert output_of(["/bin/echo", "whole"]) == "whole\n"
