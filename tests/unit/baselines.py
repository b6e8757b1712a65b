"""Made starts of a target, for what is held against a baseline."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Compilation, CompileStatus, Guard, Phase
from inspector.model.compile_row import CompileRow, CompileTimes
from inspector.model.latency import Difference, LatencyRun
from inspector.model.overview import Overview
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.study.baseline import StartOf, hold

MACHINE = {"torch": "2.13.0", "python": "3.11.7", "cpu": "EPYC", "cores": 8, "threads": 8, "device": "cpu"}
MLP = CaptureRequest("mlp")
EQUAL = Difference(0.0, 0.0, 1, graphs=1)


def start(
    compile_seconds: float = 10.0,
    latency: float | None = None,
    eager: float = 0.002,
    *,
    kernels: int = 2,
    busy: float | None = 0.0,
    environment: Mapping[str, Any] = MACHINE,
    request: CaptureRequest | None = MLP,
    difference: Difference | None = EQUAL,
    title: str = "a start",
    **row: Any,
) -> StartOf:
    """One start whose numbers are as given; a second one of the same numbers is the same run."""
    names = tuple(f"k{number}" for number in range(kernels))
    item = Compilation("0/0", CompileStatus.DONE, kernels=names, guards=(Guard("G"),))
    run = LatencyRun("batch 1", (eager,) * 9, (latency or 0.0,) * 9, difference=difference, busy=busy)
    capture = Capture(
        request,
        environment=environment,
        artifacts=(Artifact("0/0:inductor", Stage.INDUCTOR, "0/0", None, Language.INDUCTOR, "x = 1\n"),),
        compilations=(item,),
        phases=(Phase("dynamo", 0.0, compile_seconds, 0, "0/0", {}),),
        latency=() if latency is None else (run,),
    )
    facts: dict[str, Any] = {"operators": 3, "times": CompileTimes(compile_seconds), **row}
    rows = (CompileRow("0/0", CompileStatus.DONE, "forward", **facts),)
    return StartOf(title, capture, Overview(rows, environment={"torch": "2.13.0"}, records=10))


def noisy(seed: int, count: int, *, spread: float = 0.03, by: float = 1.0, day: float = 0.0) -> list[StartOf]:
    """Starts whose times vary by so much from start to start, all of them by `day` from those of another day."""
    chance = random.Random(seed)
    shift = chance.gauss(0, day)

    def times(middle: float) -> float:
        return middle * math.exp(chance.gauss(0, spread) + shift)

    return [start(times(10.0) * by, times(0.001) * by, times(0.002), title=f"start {n}") for n in range(count)]


def alarms(count: int, starts: int, **named: Any) -> Mapping[str, int]:
    """How often each verdict comes of so many made pairs of sides; `by` is the second side's alone."""
    by = named.pop("by", 1.0)
    found: Counter[str] = Counter()
    for seed in range(count):
        sides = noisy(2 * seed, starts, **named), noisy(2 * seed + 1, starts, by=by, **named)
        found.update(item.growth.value for item in hold(*sides, of=["compile", "latency"]).findings)
    return found
