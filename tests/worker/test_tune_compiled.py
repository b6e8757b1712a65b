"""A search over settings with the real compiler: what is frozen is frozen, and the lines do what was raced."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.model.tune import TuneFate
from inspector.say.autotuning import autotunings_of
from inspector.study.tune.judge import FEWEST_STARTS
from inspector.study.tune.lines import check_lines, lines_of
from inspector.study.tune.search import TuneOptions
from inspector.study.tune.tuning import tune
from inspector.work.compiling import compile_target

pytestmark = pytest.mark.compiles

MODULE = """
import torch
from torch import nn


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Linear(32, 64), nn.Linear(64, 16)

    def forward(self, x):
        return self.narrow(torch.tanh(self.wide(x)) * 2 + 1)


small = Small().eval()
"""


@pytest.fixture
def request_(tmp_path: Path) -> CaptureRequest:
    (tmp_path / "mine.py").write_text(MODULE)
    return CaptureRequest(target=f"{tmp_path / 'mine.py'}:small", inputs=("x=f32[8,32]",), threads=1)


def test_a_search_finds_what_differs_checks_it_and_tries_its_lines(request_: CaptureRequest, tmp_path: Path) -> None:
    found = tune(request_, TuneOptions(budget=3600.0, only=("freezing", "math"), starts=FEWEST_STARTS))
    fates = {trial.candidate.name: trial.fate for trial in found.trials}
    assert set(fates) >= {"freezing", "contract=fast", "unsafe math"}
    assert TuneFate.FAILED not in fates.values(), [trial.message for trial in found.trials]
    frozen, contract = found.trial("freezing"), found.trial("contract=fast")
    assert frozen is not None and frozen.capture is not None and frozen.difference is not None
    assert frozen.checked and frozen.numbers is not None
    assert "_frozen_param" in frozen.capture.find(Stage.INDUCTOR)[0].text
    assert all(item.piece == 0 for item in frozen.capture.artifacts), "it is one graph"
    assert not frozen.difference.change.alike
    # A product and a sum are one instruction there: the C++ is the same, and what runs is not.
    assert contract is not None and contract.fate is not TuneFate.SAME_CODE and contract.difference is not None
    assert not contract.difference.change.alike
    assert lines_of(request_, frozen.candidate)[-2:] == (
        "torch._inductor.config.freezing = True",
        "model = torch.compile(model)",
    )
    check = check_lines(request_, frozen.candidate, frozen.capture, _folder(tmp_path / "one"))
    assert check.same, check.words
    other = check_lines(request_, contract.candidate, frozen.capture, _folder(tmp_path / "two"))
    assert not other.same, "code that is another is not called the same"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_what_autotuning_tried_is_recorded_with_its_code(request_: CaptureRequest) -> None:
    from dataclasses import replace

    tuned = replace(request_, inductor=(("freezing", "True"), ("max_autotune", "True")))
    capture = compile_target(tuned).capture
    assert capture.autotunings and all(item.count == len(item.choices) for item in capture.autotunings)
    for item in capture.autotunings:
        assert item.compile_id == "0/0"
        times = [choice.seconds for choice in item.choices if choice.seconds is not None]
        assert times == sorted(times) and len(item.choices) >= 2
        templates = [choice for choice in item.choices if choice.kind == "CppBenchmarkRequest"]
        assert templates and all("cpp_prefix.h" in choice.code for choice in templates)
    fastest = [(item.operator, item.choices[0].name) for item in autotunings_of(Capture(phases=capture.phases))]
    assert fastest == [(item.operator, item.choices[0].name) for item in capture.autotunings], "torch says the same"
