"""A sweep: one target's many settings, each measured in a process of its own, and what came of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from inspector.codec import plain
from inspector.model.busy import disturbed
from inspector.model.latency import LatencyRun
from inspector.model.numerics import Numerics
from inspector.model.request import CacheMode, CaptureRequest


class Measure(StrEnum):
    """What is measured of a point beside its compile."""

    LATENCY = "latency"
    NUMERICS = "numerics"
    PHASES = "phases"
    PRICE = "price"


TIMED = frozenset({Measure.LATENCY, Measure.PHASES, Measure.PRICE})
"""What others beside it would disturb."""

FINISHED, LOST = "finished", "lost"
"""Outcomes beside those of a worker that failed: it ended well; its job ended again and again without a result."""


@dataclass(frozen=True)
class SweepPoint:
    """One setting on one kind of machine: one process, one result. Equal ones are one, wherever they run."""

    request: CaptureRequest
    machine: str
    """The kind of machine: as the plan calls it, or made of its processors and GPUs."""
    torch: str
    """torch's version, whole: `2.13.0+cpu`."""
    measures: tuple[str, ...] = (Measure.LATENCY.value,)
    samples: int = 200
    """Pairs of calls to time."""
    seconds: float = 20.0
    """After which timing ends, though there are fewer pairs."""
    repeat: int = 0
    """Which of several equal starts this is, from 0."""
    source: str = ""
    """What the target's file holds, as a hash; empty where it is not named by its file."""

    @property
    def key(self) -> str:
        """What its result is called: everything above that can change what comes of it.

        What is as usual is left out, so that a version that can be asked for more calls the same points the same.
        """
        own, request = _unusual(self), _unusual(self.request)
        for name in ("timeout", "torch_logs"):
            request.pop(name, None)
        text = json.dumps(own | {"request": request}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    @property
    def timed(self) -> bool:
        """Whether others at the same time would disturb what is measured."""
        return not TIMED.isdisjoint(self.measures)

    @property
    def settings(self) -> dict[str, str]:
        """Each dimension of a sweep and this point's place in it, as text; what is left to the target is `default`."""
        asked = self.request
        found: dict[str, Any] = {"target": asked.title, "batch": asked.batch, "seq": asked.seq, "dtype": asked.dtype}
        found |= {"device": asked.device, "mode": asked.mode, "dynamic": asked.dynamic, "train": asked.train}
        found |= {"fullgraph": asked.fullgraph, "threads": asked.threads, "cache": asked.cache.value}
        found |= {"seed": asked.seed, **dict(asked.inductor), "torch": self.torch, "machine": self.machine}
        return {name: "default" if value is None else str(value) for name, value in found.items()}


def _unusual(value: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not as they are when nobody says anything."""
    return {item.name: plain(found) for item in fields(value) if (found := getattr(value, item.name)) != item.default}


@dataclass(frozen=True)
class PointResult:
    """What came of a point, a failure too."""

    point: SweepPoint
    outcome: str
    """`finished`, `lost`, or how the worker ended: `failed`, `crashed`, `killed`, `out_of_memory`, `hung`."""
    message: str = ""
    """What went wrong, in a sentence; of what was asked beside the compile too, though the outcome is `finished`."""
    hint: str = ""
    log_tail: tuple[str, ...] = ()
    environment: Mapping[str, Any] = field(default_factory=dict, hash=False)
    first_call: float | None = None
    """Seconds of the first compiled call."""
    compile_seconds: float | None = None
    """Seconds of all compiles, as torch counts them."""
    compiles: int | None = None
    kernels: int | None = None
    """None where no generated code is recorded: it came from a cache, or there is none."""
    breaks: int | None = None
    """Different places where a graph ended early."""
    recompiles: int | None = None
    phases: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Seconds of each part of the compile, where that was asked for."""
    latency: tuple[LatencyRun, ...] = ()
    numerics: tuple[Numerics, ...] = ()
    bundle: str = ""
    """The capture's file beside the results, where it was kept."""
    beside: bool = False
    """Whether other points were compiled on the machine at the same time."""
    busy: float | None = None
    """Share of the machine's processors that other processes used meanwhile, 0 to 1; None where nobody can tell."""
    took: float = 0.0
    """Seconds from the start of the point's process to its end."""
    finished: str = ""
    """When, by the clock of the machine that it ran on; shown, and never compared."""

    @property
    def ok(self) -> bool:
        return self.outcome == FINISHED

    @property
    def quiet(self) -> bool:
        """Whether nothing else on the machine disturbed its times."""
        return not self.beside and not disturbed(self.busy)

    @property
    def cache(self) -> CacheMode:
        return self.point.request.cache
