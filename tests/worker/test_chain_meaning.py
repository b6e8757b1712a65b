"""Modules really compiled, the gallery's and random ones: an expression's statements and instructions do what it does.

`make chains` judges as many files of random modules as CHAIN_CASES says; the suite judges few, the same at every run.
The rest of the gallery is judged by `benchmarks/link_meaning.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from chain_meaning import Judged, judge_buffers, judge_chains, judge_values
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


def compiled(request: CaptureRequest, folder: Path) -> Capture:
    done = capture(request, folder)
    assert any(isinstance(event, protocol.Compiled) for event in done.events), (request, done.err)
    return read_capture(folder / "trace")


def judge(text: str, folder: Path) -> None:
    file = folder / "modules.py"
    file.write_text(text, encoding="utf-8")
    request = CaptureRequest(target=f"{file}:step", inputs=("x=f32[8,16]", "y=f32[8,16]"))
    found = compiled(request, folder / "run")
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
    judge(text, tmp_path_factory.mktemp("chains"))


@pytest.mark.parametrize("target", ["llama-rmsnorm", "layer-norm", "graph-break"])
def test_the_gallery_is_judged_by_its_meaning(target: str, tmp_path: Path) -> None:
    found = compiled(CaptureRequest(target=target), tmp_path / "run")
    chains = judge_chains(found)
    others = (judge_buffers(found), judge_values(found))
    assert not [fault for judged in (chains, *others) for fault in judged.faults]
    assert chains.counted["statements"] >= 10
    assert _loads(others[0]) >= 3


@pytest.mark.skipif(not CASES, reason="for `make chains`")
@settings(COMMON, max_examples=max(1, CASES))
@given(functions(6))
def test_of_many_modules_too(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    judge(text, tmp_path_factory.mktemp("chains"))
