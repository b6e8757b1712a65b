"""Modules made at random, really compiled: each expression's statements and instructions do what the expression does.

`make chains` judges as many files of modules as CHAIN_CASES says; the suite judges few, the same at every run.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chain_meaning import Judged, judge_buffers, judge_chains
from hypothesis import HealthCheck, Phase, given, settings
from random_modules import functions
from worker_driver import capture

from inspector import protocol
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.trace import read_capture

pytestmark = pytest.mark.compiles

CASES = int(os.environ.get("CHAIN_CASES", "0"))
COMMON = settings(deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def compiled(text: str, folder: Path) -> Capture:
    """The capture of a file's `step`."""
    folder.mkdir()
    file = folder / "modules.py"
    file.write_text(text, encoding="utf-8")
    request = CaptureRequest(target=f"{file}:step", inputs=("x=f32[8,16]", "y=f32[8,16]"))
    done = capture(request, folder / "run")
    assert any(isinstance(event, protocol.Compiled) for event in done.events), (text, done.err)
    return read_capture(folder / "run" / "trace")


def judge(text: str, folder: Path) -> None:
    found = compiled(text, folder)
    chains, buffers = judge_chains(found, complete=True), judge_buffers(found)
    faults = chains.faults + buffers.faults
    assert not faults, "\n".join([*faults, text])
    assert chains.counted["expressions done"] >= 5, text
    assert chains.counted["statements"] > chains.counted["expressions done"]
    assert _loads(buffers), text


def _loads(buffers: Judged) -> int:
    return buffers.counted["loads"] + buffers.counted["calls not read"]


@settings(COMMON, max_examples=2, derandomize=True)
@given(functions(3))
def test_what_an_expression_became_does_what_it_does(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    judge(text, tmp_path_factory.mktemp("chains") / "one")


@pytest.mark.skipif(not CASES, reason="for `make chains`")
@settings(COMMON, max_examples=max(1, CASES))
@given(functions(6))
def test_of_many_modules_too(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    judge(text, tmp_path_factory.mktemp("chains") / "one")
