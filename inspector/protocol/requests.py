"""What the front asks of a worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from inspector.model.request import CaptureRequest
from inspector.model.study import StudyRequest
from inspector.protocol.message import Message


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
class Prepare(Message):
    """Get ready for a `Start` that comes later: import torch and Inductor, and compile something small."""

    type: ClassVar[str] = "prepare"
    request: CaptureRequest
    """What `Start` will ask for, but for the text of the target."""
    directory: str
    """A folder for what is built meanwhile."""


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
    price: bool = False
    """Say what each part of the generated code costs."""
    eager: bool = True
    """With `price`: clock eager's operators too."""


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
class CompareOutputs(Message):
    """Keep what a compiled call comes to, and hold it against what another process kept; answered by
    `OutputsCompared`."""

    type: ClassVar[str] = "compare_outputs"
    keep: str
    """The file to write."""
    against: str = ""
    """One that another process wrote; empty for none."""


@dataclass(frozen=True)
class EditKernel(Message):
    """Build a changed text of one kernel, check what a call comes to with it, race it; answered by `KernelEdited`."""

    type: ClassVar[str] = "edit_kernel"
    number: int
    """What the front calls it."""
    compile_id: str
    kernel: str
    before: str
    """The compiler's own text, which tells it from others of its name."""
    text: str
    unit: str = ""
    """As `KernelKey.unit`; handed back."""
    flags: list[str] = field(default_factory=list)
    """For the C++ compiler, behind Inductor's own."""
    settings: list[tuple[str, str]] = field(default_factory=list)
    """Inductor's, to build it with."""
    seconds: float = 3.0
    """How long to race it; 0 for not at all."""
    limit: float = 20.0
    """Seconds after which a call with it counts as hung."""


@dataclass(frozen=True)
class Shutdown(Message):
    """End the worker in good order. Closing the descriptor means the same."""

    type: ClassVar[str] = "shutdown"
