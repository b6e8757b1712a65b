"""What the front and the worker say to each other: versioned JSON lines over two dedicated descriptors.

The front writes requests, the worker writes events, one JSON object a line with a `type`. Stage texts do not
travel here: they go through the structured trace, so that a live capture and a recorded log have one reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from inspector import codec
from inspector.jsontext import Malformed, Real, load
from inspector.model.numerics import Numerics
from inspector.model.profile import Profile
from inspector.model.request import CaptureRequest
from inspector.model.study import StudyRequest

VERSION = 1
"""Spoken in `Hello`; front and worker come from one installation, so a mismatch is an error."""


RECORD_FOLDER = "INSPECTOR_RECORD"
"""The environment variable that names the folder for the traces of a script that is run with recording on."""

RECORD_CACHE = "INSPECTOR_RECORD_CACHE"
"""The environment variable that holds the `CacheMode` of such a run."""


class ProtocolError(ValueError):
    """A line that is not a message of this protocol."""


@dataclass(frozen=True)
class Message:
    """One line; `type` tells which."""

    type: ClassVar[str]


# --- requests: front → worker -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Start(Message):
    """Compile this; always the first request, sent once."""

    type: ClassVar[str] = "start"
    request: CaptureRequest
    directory: str
    """The run's folder: `trace/` (TORCH_TRACE), `out.log` and `err.log` live in it."""


@dataclass(frozen=True)
class StartStudy(Message):
    """Make one run of the study; always the first request, in place of `Start`."""

    type: ClassVar[str] = "start_study"
    request: StudyRequest
    directory: str
    """The run's folder."""
    started: float
    """When the front started the worker, on the clock of `time.perf_counter`."""
    home: str = ""
    """The folder whose `inductor` and `tmp` are used; empty for fresh ones in `directory`."""
    prepare: bool = False
    """Make in `home` what later runs are to find there, in place of measuring."""


@dataclass(frozen=True)
class StartPack(Message):
    """Make a pack; always the first request, in place of `Start`. The answer is `Measured`."""

    type: ClassVar[str] = "start_pack"
    request: CaptureRequest
    directory: str
    """The run's folder."""
    output: str
    """The pack's folder, which is not there yet."""
    weights: bool = True
    dynamic: bool = True


@dataclass(frozen=True)
class RunLatency(Message):
    """Begin or go on timing eager against compiled, in alternation, until paused."""

    type: ClassVar[str] = "run_latency"
    samples: int | None = None
    """Stop by itself after this many pairs; None goes on until `PauseLatency`."""


@dataclass(frozen=True)
class PauseLatency(Message):
    """Stop taking samples; `RunLatency` goes on with the same series."""

    type: ClassVar[str] = "pause_latency"


@dataclass(frozen=True)
class ResetLatency(Message):
    """Throw the current series away and warm up anew."""

    type: ClassVar[str] = "reset_latency"


@dataclass(frozen=True)
class RunProfile(Message):
    """Profile eager and compiled on the present inputs, once; the answer is `Profiled`."""

    type: ClassVar[str] = "run_profile"
    seconds: float = 4.0
    """How long to call, both sides together."""
    trace: str = ""
    """Where to write some calls as a Chrome trace; empty for nowhere."""
    ceilings: bool = False
    """Measure the machine's ceilings anew, though they are kept."""
    numerics: bool = False
    """Compare the results too."""
    tolerance: float | None = None
    """The largest relative deviation that is let pass; None for the one of each dtype."""
    nodes: bool = False
    """Compare every ATen node too."""
    times: bool = True
    """Take times; without them the numerics alone."""


@dataclass(frozen=True)
class CancelProfile(Message):
    """Stop what `RunProfile` asked for at the next step; the answer is still `Profiled`."""

    type: ClassVar[str] = "cancel_profile"


@dataclass(frozen=True)
class ChangeShape(Message):
    """Run the compiled target on another shape, live; what recompiles arrives through the trace."""

    type: ClassVar[str] = "change_shape"
    batch: int | None = None
    seq: int | None = None


@dataclass(frozen=True)
class Shutdown(Message):
    """End the worker in good order. Closing the descriptor means the same."""

    type: ClassVar[str] = "shutdown"


# --- events: worker → front ---------------------------------------------------------------------------------


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
    cancelled: bool = False
    """Whether it was cancelled before all of it was done."""


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


REQUESTS: Mapping[str, type[Message]] = {
    cls.type: cls
    for cls in (
        Start,
        StartStudy,
        StartPack,
        RunLatency,
        PauseLatency,
        ResetLatency,
        RunProfile,
        CancelProfile,
        ChangeShape,
        Shutdown,
    )
}
EVENTS: Mapping[str, type[Message]] = {
    cls.type: cls
    for cls in (
        Hello,
        Progress,
        Alive,
        Compiled,
        Samples,
        ShapeChanged,
        Compared,
        GpuBusy,
        LatencyState,
        Profiled,
        Measured,
        Failed,
    )
}


def encode(message: Message) -> bytes:
    """One line, newline included."""
    return codec.line({"type": message.type, **codec.plain(message)})


def decode(line: bytes, kinds: Mapping[str, type[Message]]) -> Message:
    """The message in one line.

    Raises:
        ProtocolError: not JSON, an unknown type, or not what its type says. Unknown fields are ignored.
    """
    try:
        data = load(line)
        return codec.convert(data, kinds[codec.member(data, "type", str)])
    except (Malformed, KeyError) as error:
        raise ProtocolError(f"not a message: {line[:200]!r} ({error})") from error
