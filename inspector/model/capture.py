"""A capture: all that one run of torch.compile left behind. Plain frozen data, no torch, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from inspector.model.artifact import Artifact
from inspector.model.fusion import KernelFusion
from inspector.model.latency import LatencyRun
from inspector.model.link import Link, LinkIndex
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage


@dataclass(frozen=True)
class Frame:
    """One frame of a user's stack."""

    file: str
    line: int
    """1-based."""
    function: str
    code: str = ""


@dataclass(frozen=True)
class Guard:
    """One guard as torch printed it."""

    code: str
    """The expression that must hold, `L['x'].size()[1] == 8`."""
    kind: str = ""
    """torch's guard type, `TENSOR_MATCH`; empty where the log does not say."""
    source: str = ""
    """What is guarded, `L['x']`."""
    place: str = ""
    """The user's line that made torch add it; empty where the log does not say."""


@dataclass(frozen=True)
class GraphBreak:
    """Why Dynamo ended a graph early."""

    compile_id: str
    reason: str
    """torch's words, first line."""
    explanation: str = ""
    hints: tuple[str, ...] = ()
    """torch's own hints, each a sentence."""
    stack: tuple[Frame, ...] = ()
    """The user's frames, innermost last."""


@dataclass(frozen=True)
class Recompile:
    """Why a frame was compiled again."""

    compile_id: str
    """The new compile id."""
    function: str
    reasons: tuple[str, ...]
    """The guards that failed, in torch's words."""


@dataclass(frozen=True)
class Phase:
    """One phase of the compile: a bar of the Gantt chart."""

    name: str
    start: float
    """Seconds since the first event of the trace."""
    duration: float | None
    """Seconds; None while it runs."""
    depth: int
    """Nesting, 0 for the outermost."""
    compile_id: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)


class CompileStatus(StrEnum):
    """Where a compile id stands."""

    LIVE = "live"
    DONE = "done"
    FAILED = "failed"
    EMPTY = "empty"
    """Dynamo found nothing to compile (a frame with no tensor operations)."""


@dataclass(frozen=True)
class Compilation:
    """One compile id."""

    compile_id: str
    """torch's frame/recompile numbering, `0/1`."""
    status: CompileStatus
    function: str = ""
    place: Frame | None = None
    """Where the compiled function is defined."""
    restarts: int = 0
    """Dynamo attempts before the one whose artifacts are kept."""
    guards: tuple[Guard, ...] = ()
    kernels: tuple[str, ...] = ()
    """Names of the fused kernels, in the order of their definition."""
    cache: str = ""
    """`hit`, `miss`, `bypass` or empty: what torch's FX graph cache said."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """torch's CompilationMetrics, as logged, with Inductor's counters."""
    error: str = ""


@dataclass(frozen=True)
class Note:
    """Something a reader must know about the capture itself: a fall-back taken, a record dropped."""

    kind: str
    """`fallback`, `dropped`, `missing`, `warning`."""
    message: str


@dataclass(frozen=True)
class Capture:
    """All that one run of torch.compile left behind, made live or read from a log."""

    request: CaptureRequest | None = None
    """None for a foreign log."""
    target: Mapping[str, Any] = field(default_factory=dict)
    """`name`, `qualname`, `file`, `line`, `inputs` (name, dtype, shape), `parameters`, `summary`."""
    environment: Mapping[str, Any] = field(default_factory=dict)
    """torch, python, compiler, ISA, threads, device… as the worker saw them."""
    artifacts: tuple[Artifact, ...] = ()
    """In stage order within each compile id; sources first."""
    links: tuple[Link, ...] = ()
    compilations: tuple[Compilation, ...] = ()
    """In the order they began."""
    graph_breaks: tuple[GraphBreak, ...] = ()
    recompiles: tuple[Recompile, ...] = ()
    fusions: tuple[KernelFusion, ...] = ()
    """One for each kernel that the scheduler's record speaks of, in the order of their definition."""
    phases: tuple[Phase, ...] = ()
    latency: tuple[LatencyRun, ...] = ()
    """One for each shape that was timed."""
    notes: tuple[Note, ...] = ()
    records: int = 0
    """Trace records read."""
    dropped: int = 0
    """Trace records that could not be read; each has a note."""
    finished: bool = False
    """Whether the worker said that the capture is complete."""

    @cached_property
    def by_id(self) -> Mapping[str, Artifact]:
        """Artifact id → artifact."""
        return {artifact.id: artifact for artifact in self.artifacts}

    @cached_property
    def index(self) -> LinkIndex:
        """The link index over `links`, made on first use."""
        return LinkIndex(self.links)

    def compilation(self, compile_id: str) -> Compilation | None:
        """The compilation of that id, if there is one."""
        return next((item for item in self.compilations if item.compile_id == compile_id), None)

    def fusion(self, compile_id: str, kernel: str) -> KernelFusion | None:
        """What was fused into a kernel; None where the log does not say."""
        return next((item for item in self.fusions if (item.compile_id, item.kernel) == (compile_id, kernel)), None)

    def find(self, stage: Stage, compile_id: str | None = None, kernel: str | None = None) -> tuple[Artifact, ...]:
        """The artifacts of a stage, optionally of one compile id and one kernel, in capture order.

        Source files belong to every compile id.
        """
        return tuple(
            artifact
            for artifact in self.artifacts
            if artifact.stage is stage
            and (compile_id is None or artifact.compile_id in (None, compile_id))
            and (kernel is None or artifact.kernel == kernel)
        )

    def stages(self, compile_id: str | None = None) -> tuple[Stage, ...]:
        """The stages that have an artifact, in compiler order."""
        present = {item.stage for item in self.artifacts if compile_id is None or item.compile_id in (None, compile_id)}
        return tuple(sorted(present, key=lambda stage: stage.order))
