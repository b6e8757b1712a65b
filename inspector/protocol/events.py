"""What a worker tells the front."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from inspector.jsontext import Real
from inspector.model.edit import KernelEdit
from inspector.model.numerics import Numerics
from inspector.model.price import Price
from inspector.model.profile import Profile
from inspector.protocol.message import Message

VERSION = 1
"""Spoken in `Hello`; front and worker come from one installation, so a mismatch is an error."""


@dataclass(frozen=True)
class Hello(Message):
    """The worker lives; sent before torch is imported."""

    type: ClassVar[str] = "hello"
    pid: int
    version: int = VERSION


@dataclass(frozen=True)
class Progress(Message):
    """What the worker is busy with, in words, before and between the trace's own phases."""

    type: ClassVar[str] = "progress"
    phase: str
    """`importing torch`, `building llama-mlp`, `compiling`, `machine code`, `eager reference`…"""


@dataclass(frozen=True)
class Alive(Message):
    """Heartbeat, every half second."""

    type: ClassVar[str] = "alive"
    rss: int
    """Resident memory in bytes."""
    peak_rss: int


@dataclass(frozen=True)
class Loaded(Message):
    """The target was built, or that failed: the person's own files that it comes from."""

    type: ClassVar[str] = "loaded"
    files: list[str]


@dataclass(frozen=True)
class Compiled(Message):
    """The first compiled call has returned and every side record is in the trace: the capture is complete."""

    type: ClassVar[str] = "compiled"
    seconds: float
    """Wall time of the first compiled call."""
    cache: str = "kept"
    """The `CacheMode` that was really in force."""
    can_reshape: bool = False
    """Whether `ChangeShape` is understood for this target."""
    batch: int | None = None
    seq: int | None = None


@dataclass(frozen=True)
class Samples(Message):
    """Pairs of samples, taken in alternation."""

    type: ClassVar[str] = "samples"
    shape: str
    eager: list[float]
    """Seconds a call."""
    compiled: list[float]
    series: int = 0
    """Goes up with every shape change and reset, so that a late sample finds its series."""
    tokens: int | None = None
    calls_per_sample: int = 1
    busy: float | None = None
    """Share of the machine's processors that other processes used in this series so far, 0 to 1; None: not known."""


@dataclass(frozen=True)
class ShapeChanged(Message):
    """A `ChangeShape` was carried out."""

    type: ClassVar[str] = "shape_changed"
    shape: str
    series: int
    batch: int | None = None
    seq: int | None = None
    new_compile_ids: list[str] = field(default_factory=list)
    """Empty: nothing was recompiled."""
    seconds: float = 0.0


@dataclass(frozen=True)
class Compared(Message):
    """Compiled against eager, each called once from the same state: outputs, what a call writes, and when training
    the gradients of inputs and parameters.

    `max_rel` is max |compiled - eager| / max |eager| of one tensor, the largest over the tensors.
    """

    type: ClassVar[str] = "compared"
    series: int
    max_abs: Real
    max_rel: Real
    elements: int | None = None
    """Of all tensors that were compared."""
    values: int = 0
    """Plain values that were compared."""
    differing: int = 0
    beyond: int = 0
    """Elements beyond the tolerance of their dtype."""
    unlike: list[str] = field(default_factory=list)
    """What differs in kind."""
    writes: list[str] = field(default_factory=list)
    """What a call of eager writes."""
    writes_compiled: list[str] = field(default_factory=list)
    chance: bool = False
    """Whether the two draw other random numbers."""
    graphs: int | None = None
    """Compiled graphs that ran in one call of the compiled one; None where not known."""


@dataclass(frozen=True)
class OutputsCompared(Message):
    """`CompareOutputs` was carried out: compiled here against compiled there, as `Compared` has it."""

    type: ClassVar[str] = "outputs_compared"
    max_abs: Real = 0.0
    max_rel: Real = 0.0
    elements: int = 0
    differing: int = 0
    beyond: int = 0
    unlike: list[str] = field(default_factory=list)
    """What differs in kind, or why nothing could be compared; with `compared` false the latter alone."""
    compared: bool = False


@dataclass(frozen=True)
class GpuBusy(Message):
    """How long the GPU is at work in one call, by its own clock: seconds. Only where the target runs on one."""

    type: ClassVar[str] = "gpu_busy"
    series: int
    eager: float
    compiled: float


@dataclass(frozen=True)
class LatencyState(Message):
    """The runner changed what it does."""

    type: ClassVar[str] = "latency_state"
    state: str
    """`warming`, `running`, `paused`, `idle`."""
    series: int = 0


@dataclass(frozen=True)
class Profiled(Message):
    """`RunProfile` was carried out."""

    type: ClassVar[str] = "profiled"
    profile: Profile | None
    """None where no times were taken."""
    numerics: Numerics | None = None
    price: Price | None = None
    cancelled: bool = False
    """Whether it was cancelled before all of it was done."""


@dataclass(frozen=True)
class Calling(Message):
    """Native code that a person wrote is called now, or has returned: it may end this process, or never return."""

    type: ClassVar[str] = "calling"
    number: int
    """Of the edit."""
    seconds: float | None
    """By when it has to have returned; None where it has."""


@dataclass(frozen=True)
class KernelEdited(Message):
    """`EditKernel` was carried out; its texts are as the tools print them."""

    type: ClassVar[str] = "kernel_edited"
    edit: KernelEdit


@dataclass(frozen=True)
class Measured(Message):
    """A run of the study is done, or a pack: the worker's last word."""

    type: ClassVar[str] = "measured"
    kind: str
    """Which of `inspector.model.study`'s results (`Generation`…), or `Pack`."""
    result: dict[str, Any]
    environment: dict[str, Any]


@dataclass(frozen=True)
class Failed(Message):
    """Something went wrong that a person can act on; the worker lives on only where `fatal` is false."""

    type: ClassVar[str] = "failed"
    message: str
    hint: str = ""
    exit_code: int = 1
    traceback: str = ""
    fatal: bool = True
