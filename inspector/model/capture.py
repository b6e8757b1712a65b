"""A capture: all that one run of torch.compile left behind. Plain frozen data, no torch, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inspector.model.frame import Frame
from inspector.model.grouping import grouped
from inspector.model.guards import Guard, GuardManager
from inspector.model.stage import Stage

if TYPE_CHECKING:  # whoever makes one imports it; the overview of a log, which makes few, is there sooner
    from inspector.model.annotation import Annotation
    from inspector.model.artifact import Artifact
    from inspector.model.autotuning import Autotuning
    from inspector.model.build import Build
    from inspector.model.cache import CacheLookup
    from inspector.model.edit import KernelEdit
    from inspector.model.failure import Failure
    from inspector.model.fusion import KernelFusion
    from inspector.model.kernel import KernelKey
    from inspector.model.latency import LatencyRun
    from inspector.model.link import Link, LinkIndex
    from inspector.model.numerics import Numerics
    from inspector.model.passes import GraphPasses
    from inspector.model.pgo import CodeState
    from inspector.model.piece import CompilePiece
    from inspector.model.pieces import ModelPieces
    from inspector.model.price import Price
    from inspector.model.profile import Profile
    from inspector.model.request import CaptureRequest
    from inspector.model.shapes import FakeKernelProblem, SymbolicShapes
    from inspector.model.tensors import CollectiveSchedule, GraphEstimate, GraphExecution, TensorInput

    _Placed = tuple[int, Artifact]

__all__ = [
    "Capture",
    "Compilation",
    "CompileStatus",
    "Frame",
    "GraphBreak",
    "Guard",
    "Instant",
    "LogFile",
    "Note",
    "Phase",
    "Recompile",
]


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
    url: str = ""
    """torch's page about this kind of break; empty where the log names none."""


@dataclass(frozen=True)
class Recompile:
    """Why a frame was compiled again."""

    compile_id: str
    """The new compile id."""
    function: str
    reasons: tuple[str, ...]
    """The guards that failed, in torch's words."""


MOST_SECONDS = 1e12
"""What no time of a phase is beyond: 30,000 years, and sums and microseconds of such are still numbers."""
DEEPEST = 1_000
"""What no phase, and no manager of guards, is nested deeper than: each has a row, or an indentation."""


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
    track: str = ""
    """Where it ran: its log, `rank1`, empty for the first, and process and thread where the log tells them apart."""


@dataclass(frozen=True)
class Instant:
    """Something that happened at one moment of the compile: a cache's answer, a decision."""

    name: str
    at: float
    """Seconds since the first event of the trace."""
    compile_id: str | None = None
    args: Mapping[str, Any] = field(default_factory=dict)
    track: str = ""
    """As a phase's."""


class CompileStatus(StrEnum):
    """Where a compile id stands."""

    LIVE = "live"
    DONE = "done"
    FAILED = "failed"
    EMPTY = "empty"
    """Dynamo found nothing to compile (a frame with no tensor operations)."""
    EAGER = "eager"
    """Dynamo gave the whole function up for a graph break in it: nothing of it is compiled, and it runs in eager."""
    REFUSED = "refused"
    """A limit on recompiles was reached: no compile was made, and what fits none of the earlier ones runs in eager."""
    EXPORTED = "exported"
    """A program was exported: there is a graph, and no code was asked for."""
    UNKNOWN = "unknown"
    """The log records neither its beginning nor its end: whether it ended, and when, is not known."""


@dataclass(frozen=True)
class Compilation:
    """One compile id."""

    compile_id: str
    """torch's frame/recompile numbering, `0/1`; `!1/0/0` below compiled autograd; `rank1/0/1` in a later log of
    several. Numbering begins again when a program resets Dynamo: the second `0/1` of a log is `0/1~2`."""
    status: CompileStatus
    function: str = ""
    place: Frame | None = None
    """Where the compiled function is defined."""
    stack: tuple[Frame, ...] = ()
    """The calls that led to the compile, outermost first, the compiled function last; empty where the log does not
    say."""
    log: str = ""
    """The log file it was read from."""
    restarts: int = 0
    """Dynamo attempts before the one whose artifacts are kept; what those left behind is in `Capture.others`."""
    guards: tuple[Guard, ...] = ()
    """In the order they are checked."""
    guard_tree: tuple[GuardManager, ...] = ()
    """The same as a tree, parents before their children; empty where the log has the guards as a list."""
    guard_seconds: float | None = None
    """How long torch measured one check of all guards to take."""
    kernels: tuple[str, ...] = ()
    """Names of the fused kernels, in the order of their definition."""
    cache: str = ""
    """`hit`, `miss`, `bypass`, several of them, or empty: what torch's FX graph cache said."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    """torch's CompilationMetrics, as logged, with Inductor's counters."""
    error: str = ""
    autograd_reasons: tuple[str, ...] = ()
    """Why compiled autograd made this graph anew, in torch's words; empty for other compiles."""


@dataclass(frozen=True)
class Note:
    """Something a reader must know about the capture itself: a fall-back taken, a record dropped."""

    kind: str
    """`fallback`, `dropped`, `missing`, `unknown`, `warning`."""
    message: str


@dataclass(frozen=True)
class LogFile:
    """One log that a capture was read from: what one process wrote."""

    name: str
    """Its file name, or its path below the folder that was opened."""
    rank: int | None = None
    """The process's rank in a distributed program; None for a program of one process."""
    prefix: str = ""
    """What stands before its compile ids, `rank1/`; empty for the first log."""
    process: int | None = None
    """Its number, where several processes wrote into one file; None else."""


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
    others: tuple[Artifact, ...] = ()
    """What the log holds beside the stages' own texts, each under torch's name for it (`Artifact.variant`), in the
    order of the log: graphs between two stages, what earlier attempts left, generated wrappers, the raw text of what
    the other fields hold cut up, and records that nobody knows. All have `Stage.OTHER`, which is none of `stages()`."""
    pieces: tuple[CompilePiece, ...] = ()
    """Of compile ids under which several graphs were compiled, each by itself: by vLLM, DDP or AOTAutograd."""
    served: tuple[ModelPieces, ...] = ()
    """What a server compiled in pieces, model by model and process by process; of a log as a whole."""
    links: tuple[Link, ...] = ()
    compilations: tuple[Compilation, ...] = ()
    """In the order they began."""
    graph_breaks: tuple[GraphBreak, ...] = ()
    recompiles: tuple[Recompile, ...] = ()
    fusions: tuple[KernelFusion, ...] = ()
    """One for each kernel that the scheduler's record speaks of, in the order of their definition."""
    phases: tuple[Phase, ...] = ()
    instants: tuple[Instant, ...] = ()
    inputs: tuple[TensorInput, ...] = ()
    """Tensors that Dynamo described, each once for each compile id."""
    shapes: tuple[SymbolicShapes, ...] = ()
    """One for each compile id, or export, that spoke of symbols."""
    cache_lookups: tuple[CacheLookup, ...] = ()
    """In the order of asking."""
    failures: tuple[Failure, ...] = ()
    """Compiles that failed and attempts that were begun again, in the order of the log."""
    code_states: tuple[CodeState, ...] = ()
    """What profile-guided dynamic shapes remembered, in the order of the log."""
    fake_kernels: tuple[FakeKernelProblem, ...] = ()
    collectives: tuple[CollectiveSchedule, ...] = ()
    """One for each Inductor graph with collectives."""
    estimates: tuple[GraphEstimate, ...] = ()
    """One for each Inductor graph, where torch logged them."""
    autotunings: tuple[Autotuning, ...] = ()
    """One for each operator that torch chose a kernel for, where the worker wrote it down; in the order of the log."""
    executions: tuple[GraphExecution, ...] = ()
    """One for each log that says in which order its graphs were called."""
    passes: tuple[GraphPasses, ...] = ()
    """What Inductor's passes did, one for each phase and graph; empty where it was not recorded (`--passes`)."""
    latency: tuple[LatencyRun, ...] = ()
    """One for each shape that was timed."""
    builds: tuple[Build, ...] = ()
    """The kernels' C++ compiler runs, in the order they ended."""
    profiles: tuple[Profile, ...] = ()
    """One for each shape that was profiled."""
    numerics: tuple[Numerics, ...] = ()
    """One for each shape whose results were compared."""
    prices: tuple[Price, ...] = ()
    """One for each shape that was priced."""
    edits: tuple[KernelEdit, ...] = ()
    """Kernels whose text a person changed, and what became of that, in the order in which they were tried."""
    notes: tuple[Note, ...] = ()
    records: int = 0
    """Trace records read."""
    dropped: int = 0
    """Trace records that could not be read; each has a note."""
    finished: bool = False
    """Whether the worker said that the capture is complete."""
    unknown: Mapping[str, int] = field(default_factory=dict)
    """Record kinds that nobody here knows, `artifact:NAME` for named ones → how many. They are in `others`."""
    logs: tuple[LogFile, ...] = ()
    """In the order of reading; none for a live capture's single log before its first record."""
    annotations: tuple[Annotation, ...] = ()
    """What people noted, in the order they did; `inspector.notes.automatic` writes further ones from the rest."""

    @cached_property
    def by_id(self) -> Mapping[str, Artifact]:
        """Artifact id → artifact, the others included."""
        return {artifact.id: artifact for artifact in (*self.artifacts, *self.others)}

    @cached_property
    def index(self) -> LinkIndex:
        """The link index over `links`, made on first use."""
        from inspector.model.link import LinkIndex

        return LinkIndex(self.links, {item.id for item in self.artifacts if item.stage.is_listing})

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever sees a result of this target has to know, a sentence each: another mode than it was in, what
        could not be put back, that nothing was compiled."""
        return tuple(note.message for note in self.notes if note.kind == "warning")

    @property
    def cache_mode(self) -> str:
        """`kept`, `cold` or `warm`: as it really was, else as it was asked for; else empty."""
        cache = self.environment.get("cache")
        if isinstance(cache, dict) and cache.get("mode"):
            return str(cache["mode"])
        return self.request.cache.value if self.request is not None else ""

    @property
    def cut_off(self) -> bool:
        """Whether the run ended before the compiler was done. Only a capture made here says when it is complete; of a
        log it shows in compiles that never ended."""
        never_ended = any(item.status is CompileStatus.LIVE for item in self.compilations)
        return never_ended or (self.request is not None and not self.finished)

    def compilation(self, compile_id: str) -> Compilation | None:
        return self._compilations.get(compile_id)

    @cached_property
    def _compilations(self) -> Mapping[str, Compilation]:
        return {item.compile_id: item for item in reversed(self.compilations)}

    def pieces_of(self, compile_id: str) -> tuple[CompilePiece, ...]:
        """The pieces of a compile id, where it has several."""
        return self._pieces.get(compile_id, ())

    @cached_property
    def _pieces(self) -> Mapping[str, tuple[CompilePiece, ...]]:
        return grouped(self.pieces, lambda piece: piece.compile_id)

    @cached_property
    def kernels(self) -> Mapping[KernelKey, tuple[Artifact, ...]]:
        """Every kernel → its texts in stage order, the kernels in the order of their definition."""
        found: dict[KernelKey, tuple[Artifact, ...]] = {}
        for item in self.artifacts:
            if (key := item.key) is not None:
                found[key] = (*found.get(key, ()), item)
        return found

    @cached_property
    def without_machine_code(self) -> Mapping[str, tuple[int, int]]:
        """Compile id → how many of its kernels have no machine code, and how many kernels it has."""
        found: dict[str, tuple[int, int]] = {}
        for key, texts in self.kernels.items():
            stages = {item.stage for item in texts}
            if Stage.KERNEL in stages:
                missing, count = found.get(key.compile_id, (0, 0))
                found[key.compile_id] = (missing + stages.isdisjoint((Stage.ASM, Stage.SASS)), count + 1)
        return found

    @cached_property
    def fusion_of(self) -> Mapping[KernelKey, KernelFusion]:
        """Kernel → what was fused into it, where the log says so."""
        return {item.key: item for item in reversed(self.fusions)}

    def find(self, stage: Stage, compile_id: str | None = None, kernel: str | None = None) -> tuple[Artifact, ...]:
        """The artifacts of a stage, optionally of one compile id and one kernel, in capture order.

        Source files belong to every compile id, and so does what was logged outside any compile.
        """
        if compile_id is None:
            found = self._stages.get(stage, ())
        else:
            of_all, own = (self._texts.get((stage, key), ()) for key in (None, compile_id))
            found = tuple(sorted((*of_all, *own))) if of_all and own else of_all or own
        return tuple(artifact for _, artifact in found if kernel is None or artifact.kernel == kernel)

    @cached_property
    def _stages(self) -> Mapping[Stage, tuple[_Placed, ...]]:
        """Stage → its artifacts, each with its place in the capture."""
        texts = [item for item in self.artifacts if item.stage is not Stage.OTHER]
        others = [item for item in self.others if item.stage is Stage.OTHER]
        return grouped(enumerate((*texts, *others)), lambda item: item[1].stage)

    @cached_property
    def _texts(self) -> Mapping[tuple[Stage, str | None], tuple[_Placed, ...]]:
        """The same by stage and compile id."""
        placed = (item for found in self._stages.values() for item in found)
        return grouped(placed, lambda item: (item[1].stage, item[1].compile_id))

    def stages(self, compile_id: str | None = None) -> tuple[Stage, ...]:
        """The stages that have an artifact, in compiler order."""
        present = [
            stage
            for stage in self._stages
            if stage is not Stage.OTHER
            and (compile_id is None or any((stage, key) in self._texts for key in (None, compile_id)))
        ]
        return tuple(sorted(present, key=lambda stage: stage.order))
