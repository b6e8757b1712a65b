"""What torch's autotuning tried: read from our record, and from what torch itself writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.bundle import read, write
from inspector.cli.main import main
from inspector.model.autotuning import Autotuning, AutotuningChoice
from inspector.model.capture import Capture, Phase
from inspector.say.autotuning import autotunings_of, choice_rows
from inspector.trace import read_capture

CHOICES = (
    AutotuningChoice("_mkl_linear", "ExternKernelCaller", 1e-5),
    AutotuningChoice("cpp_gemm_0", "CppTemplateCaller", 2e-5, "", "int main;"),
    AutotuningChoice("broken", "CppTemplateCaller", None),
)
TRIED = Autotuning("0/0", "packed_linear", ("float32[16, 256]",), CHOICES, 3, 4.0)
STATS = {"num_choices": 3, "best_kernel": "_mkl_linear", "best_time": 0.01}
PHASE = Phase(
    "packed_linear_template_autotuning",
    0.0,
    4.0,
    3,
    "0/0",
    {
        "autotune_choices_stats": json.dumps(STATS),
        "autotune_shape": "16x256, 4x1",
        "autotune_dtypes": "torch.float32, torch.float32",
    },
)


def test_all_choices_are_told_with_their_times() -> None:
    rows = [f"{row.label}: {row.text}" if row.label else row.text for row in choice_rows(TRIED)]
    assert rows == [
        "packed_linear(float32[16, 256]): 3 kernels timed in 4.00 s",
        "_mkl_linear: 10.0 µs, the fastest, a library's",
        "cpp_gemm_0: 20.0 µs, 2.00 × the fastest's, a C++ template",
        "broken: failed, a C++ template",
    ]


def test_of_somebodys_log_the_fastest_is_told_and_that_the_others_are_not_recorded() -> None:
    phases = (PHASE, replace(PHASE, name="inductor_compile"), replace(PHASE, args={}))
    (item,) = autotunings_of(Capture(phases=phases))
    assert item.inputs == ("float32[16, 256]", "float32[4, 1]") and item.count == 3
    rows = [row.text for row in choice_rows(item)]
    assert rows[1:] == ["10.0 µs, the fastest", "times of 2 more kernels are not recorded"]


def test_what_the_worker_recorded_goes_before_what_torch_says() -> None:
    assert autotunings_of(Capture(autotunings=(TRIED,), phases=(PHASE,))) == (TRIED,)
    assert [item.count for item in autotunings_of(Capture(phases=(PHASE,)))] == [3]


@pytest.mark.parametrize("stats", ["", "nonsense", "[]", "7", '{"best_time": "x", "num_choices": null}'])
def test_odd_statistics_break_nothing(stats: str) -> None:
    phase = replace(PHASE, args={"autotune_choices_stats": stats})
    for item in autotunings_of(Capture(phases=(phase,))):
        assert not item.choices or item.choices[0].seconds is None
        assert list(choice_rows(item))


def test_a_bundle_keeps_it_and_show_prints_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = read_capture(Path(__file__).parents[1] / "traces" / "two_ops.log")
    path = write(replace(before, autotunings=(TRIED,)), tmp_path / "it")
    assert read(path).autotunings == (TRIED,)
    assert main(["show", str(path), "--autotuning"]) == 0
    assert "cpp_gemm_0  20.0 µs" in capsys.readouterr().out
    assert main(["show", str(path), "--autotuning", "cpp_gemm_0"]) == 0
    assert "int main;" in capsys.readouterr().out
    assert main(["show", str(path), "--autotuning", "_mkl_linear"]) == 0
    assert "no code of its own" in capsys.readouterr().out
    assert main(["show", str(path), "--autotuning", "nosuch"]) == 2
    assert main(["show", str(path), "--autotuning", "--json"]) == 0
