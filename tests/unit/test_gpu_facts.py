"""What is said about a GPU: launch-bound calls, profiles by its own clock, the memory that Triton kernels move."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from captures import full

from inspector import protocol
from inspector.bundle import read, write
from inspector.cli.profile_text import profile_lines
from inspector.cli.terminal import Style
from inspector.codec import convert
from inspector.link.kernel_work import kernel_work
from inspector.live.latency import LatencyFold
from inspector.model.latency import GpuTime, LatencyRun, summarise
from inspector.model.profile import Argument, Part, Profile, ProfileRow, SideProfile, Work
from inspector.say import latency
from inspector.say.profile import verdict


def finding(gpu: GpuTime | None, eager: float = 10e-6, compiled: float = 40e-6) -> str:
    return latency.finding(summarise(LatencyRun("batch 1", (eager,) * 9, (compiled,) * 9, gpu=gpu)))


def test_small_kernels_are_launch_bound_and_large_ones_are_not() -> None:
    assert finding(GpuTime(2e-6, 4e-6)) == (
        "launch-bound: eager keeps the GPU at work 20 % of a call, compiled keeps the GPU at work 10 % of a call, "
        "the host launches for the rest"
    )
    assert finding(GpuTime(9e-6, 4e-6)).startswith("launch-bound: compiled keeps")
    assert finding(GpuTime(9e-6, 39e-6)) == finding(None) == finding(GpuTime(0, 0), 0, 0) == ""


def test_the_gpus_time_comes_with_its_series_and_outlasts_a_bundle(tmp_path: Path) -> None:
    fold = LatencyFold()
    fold.take(protocol.GpuBusy(0, 2e-6, 3e-6))
    assert not fold.runs()
    fold.take(protocol.Samples("batch 1", [1e-5], [2e-5]))
    assert fold.runs()[0].gpu == GpuTime(2e-6, 3e-6)
    fold.take(protocol.Samples("batch 2", [1e-5], [2e-5], series=1))
    assert fold.runs()[1].gpu is None
    folder = write(full(), tmp_path / "it")
    assert read(folder).latency[0].gpu == full().latency[0].gpu is not None
    earlier = json.loads((folder / "latency.json").read_text())["runs"][0]
    del earlier["gpu"]  # as earlier versions wrote it
    assert convert(earlier, LatencyRun).gpu is None


def profile(idle: float, busy: float) -> Profile:
    rows = (
        ProfileRow("GPU idle, waiting for the host", Part.PYTHON, 1, idle, idle),
        ProfileRow("triton_poi_0", Part.KERNEL, 1, busy, busy, "0/0"),
    )
    side = SideProfile(9, idle + busy, idle + busy, rows)
    return Profile("batch 1", side, side, least=Work(8, 8, 1), gpu="NVIDIA H200")


def test_a_profile_says_that_the_gpu_waits() -> None:
    waiting = profile(9e-6, 1e-6)
    assert waiting.idle == pytest.approx(0.9)
    assert verdict(waiting).startswith("launch-bound: in a compiled call the GPU waits 90 % of the time for the host")
    assert verdict(profile(1e-6, 9e-6)) == ""
    text = "\n".join(profile_lines(waiting, Style(False), 9))
    assert "NVIDIA H200, its own clock" in text and "threads" not in text and "while profiled" not in text


TRITON = """import triton
@triton.jit
def triton_poi_fused_mul_0(in_ptr0, in_ptr1, in_out_ptr0, out_ptr1, ks0, xnumel, XBLOCK : tl.constexpr):
    tmp0 = tl.load(in_ptr0 + (x0), xmask)
"""


def test_a_triton_kernel_moves_the_tensors_that_it_is_given() -> None:
    tensor = Argument("bf16", 100, 2)
    sizes = (Argument(value=4), Argument(value=100))
    arguments = (tensor, Argument("f32", 10, 4), tensor, tensor, *sizes)
    assert kernel_work(TRITON, arguments) == Work(200 + 40 + 200, 200 + 200, None, "bf16")
    assert kernel_work(TRITON, arguments[1:]) is None
