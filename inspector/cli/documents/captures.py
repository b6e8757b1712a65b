"""What was compiled, whole or one list of it: of a log, a bundle, and a capture that was just made, in one shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from inspector.cli.documents.shapes import ArtifactText, extended
from inspector.link.saved import SavedTensor
from inspector.model.artifact import Artifact
from inspector.model.autotuning import Autotuning
from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, Compilation, GraphBreak, Instant, Note, Phase, Recompile
from inspector.model.compile_row import CompileRow
from inspector.model.failure import Failure
from inspector.model.fusion import KernelFusion
from inspector.model.guard_counts import counts_of
from inspector.model.guards import Guard, GuardManager
from inspector.model.kernel import KernelFacts, KernelKey
from inspector.model.overview import Overview, Totals
from inspector.model.pgo import CodeState
from inspector.model.request import CaptureRequest
from inspector.model.shapes import FakeKernelProblem, SymbolicShapes
from inspector.model.stacks import StackNode
from inspector.model.tensors import CollectiveSchedule, GraphEstimate, GraphExecution, TensorInput


@dataclass(frozen=True)
class LogData:
    """What one process wrote."""

    name: str
    rank: int | None
    """The rank that wrote it; null for a program of one process."""
    process: int | None
    """Its process id, where that is known."""
    prefix: str
    """What stands before its compile ids."""
    restart: int | None
    """How many logs the same rank wrote before this one; null in a bundle."""
    bytes: int | None
    """On disk; null in a bundle."""


@dataclass(frozen=True)
class Damage:
    """A record of a log that cannot be read."""

    file: str
    offset: int
    """In bytes."""
    reason: str


@dataclass(frozen=True)
class Whole:
    """All that there is of the compile ids that were asked for, without the texts; null where it was not read: of a log
    without `--compile-id`."""

    target: Mapping[str, Any] | None = None
    """What was compiled, as the worker says it; empty for a log of somebody's own program."""
    request: CaptureRequest | None = None
    """What was asked for; null too where nobody asked, for a log of somebody's own program."""
    finished: bool | None = None
    """Whether the capture came to its end."""
    artifacts: tuple[Artifact, ...] | None = None
    graph_breaks: tuple[GraphBreak, ...] | None = None
    recompiles: tuple[Recompile, ...] | None = None
    fusions: tuple[KernelFusion, ...] | None = None
    """What was fused into each kernel."""
    notes: tuple[Note, ...] | None = None
    """What inspector has to say about the capture itself."""
    cache_lookups: tuple[CacheLookup, ...] | None = None
    failures: tuple[Failure, ...] | None = None
    shapes: tuple[SymbolicShapes, ...] | None = None
    inputs: tuple[TensorInput, ...] | None = None
    code_states: tuple[CodeState, ...] | None = None
    fake_kernels: tuple[FakeKernelProblem, ...] | None = None
    collectives: tuple[CollectiveSchedule, ...] | None = None
    estimates: tuple[GraphEstimate, ...] | None = None
    autotunings: tuple[Autotuning, ...] | None = None
    executions: tuple[GraphExecution, ...] | None = None
    instants: tuple[Instant, ...] | None = None
    unknown_records: Mapping[str, int] | None = None
    """Kinds of records that inspector does not know → how many."""

    @classmethod
    def whole(cls, capture: Capture) -> Whole:
        named = {item.name: getattr(capture, item.name) for item in fields(cls) if item.name != "unknown_records"}
        return cls(**named, unknown_records=capture.unknown)


@dataclass(frozen=True)
class OutcomeData:
    """How a capture that was just made came to its end."""

    kind: str
    """`finished`, `failed`, `cancelled`, `hung`, `crashed`."""
    message: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class CaptureData(Whole):
    """What was compiled: of a log, a bundle, or of a target just now."""

    title: str
    environment: Mapping[str, Any]
    """Versions, processor, settings; of a log without `--compile-id` the versions alone."""
    cache: str
    """How it was started: `kept`, `cold` or `warm`; empty where that is not recorded."""
    totals: Totals
    """Sums over `compilations`."""
    compilations: tuple[CompileRow, ...]
    """Those that were asked for, in the order they were asked for."""
    kernels: Mapping[str, tuple[str, ...]] | None = None
    """Compile id → its kernels; null where they were not read."""
    stacks: StackNode
    """The user code that led to compiles, as a tree."""
    logs: tuple[LogData, ...]
    kinds: Mapping[str, int] | None
    """Kind of record → how many; null of a bundle, which holds no records."""
    records: int
    damaged_records: int
    """Records that could not be read."""
    damaged: tuple[Damage, ...] | None
    """Each of them; null of a bundle, which does not say where they were."""
    put_together: Mapping[str, tuple[int, ...]] | None
    """Log → byte offsets of records that others wrote into, put together again by checksum; null of a bundle."""
    outcome: OutcomeData | None = None
    """Of a capture that was just made; null where one is read."""
    bundle: str | None = None
    """Where it was written; null where it was not."""
    first_call_seconds: float | None = None
    """Wall time of the first compiled call of a capture that was just made."""

    @classmethod
    def made(cls, overview: Overview, capture: Capture | None = None, **more: Any) -> CaptureData:
        """A document.

        Args:
            overview: of all of it.
            capture: of the compile ids that were asked for; None where their texts were not read.
            more: the fields that neither has, or that say more than theirs.
        """
        rows = more.pop("rows", overview.rows)
        known = {
            "environment": {name: value for name, value in overview.environment.items() if name != "cache"},
            "totals": overview.totals_of(tuple(rows)),
            "compilations": tuple(rows),
            "stacks": overview.stacks,
            "records": overview.records,
            "damaged_records": overview.bad,
            "logs": tuple(
                LogData(item.name, item.rank, item.process, item.prefix, None, None) for item in overview.logs
            ),
            **dict.fromkeys(("kinds", "damaged", "put_together")),
        }
        if capture is not None:
            known["environment"] = capture.environment
            known["kernels"] = {item.compile_id: item.kernels for item in capture.compilations}
        return extended(cls, Whole() if capture is None else Whole.whole(capture), **known | more)


# --- one list of it -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Texts:
    """Texts of a stage, of a kernel, or beside the stages."""

    artifacts: tuple[ArtifactText, ...]

    @classmethod
    def of(cls, artifacts: Iterable[Artifact]) -> Texts:
        return cls(tuple(map(ArtifactText.whole, artifacts)))


@dataclass(frozen=True)
class ReadRow:
    """One row of a text in its reading form."""

    first: int
    """The first line of the stored text that it stands for, 1-based."""
    last: int
    """The last one, inclusive."""
    look: str
    """`code`, `heading`, `quiet` or `fold`."""
    text: str


@dataclass(frozen=True)
class ReadText:
    """A text of a stage in its reading form."""

    artifact: Artifact
    rows: tuple[ReadRow, ...]


@dataclass(frozen=True)
class ReadTexts:
    """Texts of a stage in their reading form, with `--form concise`."""

    texts: tuple[ReadText, ...]


@dataclass(frozen=True)
class OtherTexts:
    """Which texts there are beside the stages."""

    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True)
class Events:
    """The compile phases as they were recorded, each with its time."""

    events: tuple[Phase, ...]


@dataclass(frozen=True, kw_only=True)
class KernelFactsOf(KernelFacts):
    """The facts of one kernel."""

    compile_id: str
    kernel: str
    unit: str
    """What tells its graph from others of the compile id: empty, `backward`, `1`, …"""


@dataclass(frozen=True)
class KernelFactsDocument:
    """Loops, vectors, calls and spills of each kernel."""

    facts: tuple[KernelFactsOf, ...]

    @classmethod
    def of(cls, facts: Mapping[KernelKey, KernelFacts]) -> KernelFactsDocument:
        return cls(
            tuple(
                extended(KernelFactsOf, item, compile_id=key.compile_id, kernel=key.name, unit=key.unit)
                for key, item in facts.items()
            )
        )


@dataclass(frozen=True)
class AutotuningsDocument:
    """What torch's autotuning tried for each operator."""

    autotunings: tuple[Autotuning, ...]


@dataclass(frozen=True)
class FusionsDocument:
    """What was fused into each kernel; and what a training step keeps for the backward."""

    fusions: tuple[KernelFusion, ...]
    saved_for_backward: tuple[SavedTensor, ...]


# --- guards -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class NumberedGuard(Guard):
    """A guard, with its place among its compile id's."""

    number: int


@dataclass(frozen=True)
class GuardCountsData:
    """How many guards there are, and of what."""

    in_tree: int
    """Checks that torch's guard tree prints."""
    guard_count: int | None
    """torch's own metric."""
    python: int
    """Those that run in Python."""
    python_depths: tuple[int, ...]
    kinds: Mapping[str, int]
    guarded: Mapping[str, int]
    """What is guarded → how often."""


@dataclass(frozen=True)
class GuardsOf:
    """The guards of one compile id."""

    function: str
    check_seconds: float | None
    """torch's measure of one check of them all."""
    counts: GuardCountsData
    guards: tuple[NumberedGuard, ...]
    """Those that were asked for."""
    tree: tuple[GuardManager, ...]
    """What torch checks them in; its numbers are those of all guards."""

    @classmethod
    def of(cls, item: Compilation, wanted: Iterable[int]) -> GuardsOf:
        """Some of the guards of a compile id, by number."""
        counts = counts_of(item)
        return cls(
            item.function,
            item.guard_seconds,
            GuardCountsData(
                counts.tree, counts.metric, counts.python, counts.depths, dict(counts.kinds), dict(counts.names)
            ),
            tuple(extended(NumberedGuard, item.guards[number], number=number) for number in wanted),
            item.guard_tree,
        )


@dataclass(frozen=True)
class Guards:
    """What must hold for compiled code to be used again."""

    guards: Mapping[str, GuardsOf]
    """Compile id → its guards."""
