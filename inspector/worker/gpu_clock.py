"""What the GPU did and when, by its own clock: torch's profiler reads it through NVIDIA's CUPTI."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch._C._autograd import DeviceType
from torch.profiler import ProfilerActivity, profile


def busy_seconds(run: Callable[[], object]) -> float:
    """Seconds that the GPU is at work while something runs, whatever runs side by side counted once."""
    events = profiled(run, cpu=False)
    return union((event.start_ns(), event.start_ns() + event.duration_ns()) for event in events if on_gpu(event)) / 1e9


def profiled(run: Callable[[], object], *, cpu: bool = True, trace: Path | None = None) -> list[Any]:
    """Runs something under the profiler, until the GPU is done with it too.

    Args:
        cpu: whether what the host does is recorded beside the GPU's work.
        trace: where torch is to write what it recorded as a Chrome trace; None for nowhere.

    Returns:
        The profiler's events.
    """
    activities = [ProfilerActivity.CUDA, *([ProfilerActivity.CPU] if cpu else [])]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*Profiler clears events.*")  # there is one cycle
        with profile(activities=activities) as profiler:
            torch.cuda.synchronize()
            run()
            torch.cuda.synchronize()
    if trace is not None:
        profiler.export_chrome_trace(str(trace))
    return list(profiler.profiler.kineto_results.events())


def on_gpu(event: Any) -> bool:
    """Whether an event is work of the GPU, and not a range that somebody named around such work."""
    return bool(event.device_type() == DeviceType.CUDA) and not event.is_user_annotation()


def union(intervals: Iterable[tuple[int, int]]) -> int:
    """The length of what some intervals cover, overlaps once."""
    covered, reach = 0, 0
    for start, end in sorted(intervals):
        covered += max(0, end - max(start, reach))
        reach = max(reach, end)
    return covered
