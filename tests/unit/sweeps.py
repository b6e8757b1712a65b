"""Made sweeps: plans whose points are made without torch, and results that nobody measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from inspector.model.latency import Difference, LatencyRun
from inspector.model.request import CaptureRequest
from inspector.model.sweep import FINISHED, PointResult, SweepPoint
from inspector.study.sweep.plan import SweepPlan, make_plan
from inspector.study.sweep.point import torch_version

FAKE = Path(__file__).with_name("fake_point.py")


def made_plan(folder: Path, **said: object) -> SweepPlan:
    """A local plan whose points take a moment: their Python is `fake_point.py`."""
    python = folder / "python"
    if not python.exists():
        python.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} "$@"\n')
        python.chmod(0o755)
    plan = make_plan({"target": ["softmax"], "measure": [], **said})
    return replace(plan, pythons={torch_version(): str(python)})


def point(batch: int = 1, mode: str = "default", repeat: int = 0, **named: object) -> SweepPoint:
    request = CaptureRequest("softmax", batch=batch, mode=mode, **named)  # type: ignore[arg-type]
    return SweepPoint(request, "a machine", "2.13.0", repeat=repeat)


def result(
    of: SweepPoint, compiled: float = 0.001, eager: float = 0.002, first: float = 10.0, *, busy: float | None = 0.0
) -> PointResult:
    """A start that took so many seconds a call."""
    run = LatencyRun("batch 1", (eager,) * 9, (compiled,) * 9, difference=Difference(0.0, 0.0, 1, graphs=1), busy=busy)
    return PointResult(of, FINISHED, first_call=first, kernels=3, latency=(run,), busy=busy)


def starts(
    compiled: Sequence[float], *, batch: int = 1, mode: str = "default", first: float = 10.0
) -> list[PointResult]:
    """One setting, started as often as there are values."""
    return [
        result(point(batch, mode, number), taken, first=first * (1 + number / 1000))
        for number, taken in enumerate(compiled)
    ]
