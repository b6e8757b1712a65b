"""Where the time of one call goes, eager and compiled side by side, and how far each part is from the machine's limit.

A roofline: a part that moves B bytes and does F floating-point operations cannot take less than B / bandwidth, nor
less than F / peak; the larger of the two is its limit (Williams, Waterman, Patterson: Roofline, CACM 2009). Both
ceilings are measured on the machine (`Ceilings`), not taken from a data sheet. All times are seconds a call of the
target, unless a field says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from inspector.model.busy import disturbed


class Part(StrEnum):
    """What a row of a profile is."""

    OPERATOR = "operator"
    """An ATen operator, or one of a library's, `mkldnn::_linear_pointwise`."""
    KERNEL = "kernel"
    """A fused kernel, under its name in the capture."""
    RUNTIME = "runtime"
    """What torch does around them: Dynamo's guards, AOTAutograd's wrapper, autograd's engine."""
    PYTHON = "python"
    """The rest of a call: Python, allocation, and what the generated code does between two kernels. On a GPU, the time
    that the GPU waits for all that."""


class Bound(StrEnum):
    """What keeps a part from being faster."""

    MEMORY = "memory"
    COMPUTE = "compute"
    LATENCY = "latency"
    """Both limits are far away, and a call is so short that calling it takes longest."""
    NEITHER = "neither"
    """Both limits are far away, and it is not the calling: what it waits for, a profile does not say."""


CALLING = 50e-6
"""Seconds of a call above which it is not the calling that takes longest: an operator's way through torch takes some
microseconds, a kernel's launch some ten."""
FAR_SHARE = 0.5
"""Below this share of its limit a part is bound by neither memory nor arithmetic: it could be twice as fast without
meeting either."""
NOTHING_TO_GAIN = 0.9
"""Share of the limit from which on there is nothing left that compiling could gain."""
LAUNCH_BOUND = 0.5
"""Share of a call that a GPU waits for the host, from which on the launches are what takes the time."""
ADDS_UP = 0.05
"""How far the sum of a profile's parts may be from the whole."""
SPREAD = 0.75
"""Share of its median that the slowest sample of a ceiling reaches on a quiet machine, and that the median has of the
fastest."""
OWN_SHARE = 0.75
"""Share of the wall time of all its threads that a process really runs where nobody takes its processors."""
GUARDS = "TorchDynamo Cache Lookup"
"""The profiler's event around Dynamo's guards: of each compiled frame the look-up of the code that they let run."""
PRODUCTS = frozenset({"aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "mkl::_mkl_linear"})
"""Operators that do all the operations that are counted for them, as the ceiling's own product does."""
DISPROVED = 1.1
"""Share of an arithmetic limit beyond which the ceiling was measured too low: caches make memory faster, not sums."""


@dataclass(frozen=True)
class Work:
    """What has to be moved and calculated at least, in one call of the target."""

    read: int
    """Bytes; a tensor that an operator reads twice counts once, what an index picks counts as what is picked."""
    written: int
    flops: int | None
    """Floating-point operations; a product's are 2·m·n·k, any other operation counts one for each element. None where
    nobody can tell."""
    dtype: str = "f32"
    """What is calculated in: it decides the ceiling."""

    @property
    def bytes(self) -> int:
        """Read and written."""
        return self.read + self.written

    @property
    def intensity(self) -> float | None:
        """Operations for each byte; None where one of them is not known or nothing is moved."""
        return None if self.flops is None or not self.bytes else self.flops / self.bytes


def together(works: Sequence[Work]) -> Work | None:
    """The work of several calls; None without any."""
    if not works:
        return None
    flops = [work.flops for work in works if work.flops is not None]
    dtypes = {work.dtype for work in works}
    return Work(
        sum(work.read for work in works),
        sum(work.written for work in works),
        sum(flops) if len(flops) == len(works) else None,
        dtypes.pop() if len(dtypes) == 1 else "mixed",
    )


@dataclass(frozen=True)
class Ceiling:
    """One measured limit of the machine, a second."""

    median: float
    low: float
    """The slowest of the samples."""
    high: float
    samples: int

    @property
    def slow(self) -> bool:
        """Whether the slowest sample is far below the median."""
        return self.low < SPREAD * self.median

    @property
    def evenness(self) -> float:
        """The slowest sample's share of the median, or the median's of the fastest, whichever is less: 1 where all are
        alike."""
        return min(self.low / self.median, self.median / self.high) if self.median > 0 and self.high > 0 else 0.0


@dataclass(frozen=True)
class Ceilings:
    """What this machine can do at best, with so many threads."""

    read: Ceiling
    """Bytes a second, reading a matrix far larger than the caches (a product with a vector)."""
    copy: Ceiling
    """Bytes a second, read and written ones together, of `Tensor.copy_`."""
    matmul: Mapping[str, Ceiling] = field(default_factory=dict)
    """dtype → floating-point operations a second of a large matrix product."""
    threads: int = 1
    cpu: str = ""
    torch: str = ""
    measured: str = ""
    """When: UTC, ISO 8601."""
    busy: float | None = None
    """Share of the machine's processors that other processes used meanwhile, 0 to 1; None where nobody can tell."""
    own: float | None = None
    """Share of its threads' wall time that this process really ran, while it read and multiplied f32: less where a
    container's limit or a hypervisor takes it away. None where it was not measured."""

    @property
    def bandwidth(self) -> float:
        """Bytes a second: the better of reading and copying, since a part may do either."""
        return max(self.read.median, self.copy.median)

    @property
    def all(self) -> Mapping[str, Ceiling]:
        """Each by what was measured."""
        return {"reading": self.read, "copying": self.copy, **self.matmul}

    @property
    def uneven(self) -> tuple[str, Ceiling]:
        """The one whose samples lie furthest apart."""
        return min(self.all.items(), key=lambda item: item[1].evenness)

    @property
    def disturbed(self) -> bool:
        """Whether others used the machine meanwhile."""
        return disturbed(self.busy)

    @property
    def steady(self) -> bool:
        """Whether the machine was quiet while they were measured."""
        alone = self.own is None or self.own >= OWN_SHARE
        return alone and not self.disturbed and self.uneven[1].evenness >= SPREAD

    def peak(self, dtype: str) -> float | None:
        """Operations a second in `dtype`; None where it was not measured."""
        found = self.matmul.get(dtype)
        return found.median if found is not None else None


@dataclass(frozen=True)
class Limit:
    """How near one part is to what the machine can do."""

    seconds: float
    """The least time that it can take."""
    bound: Bound
    share: float
    """`seconds` over the time taken; above 1 where data came from the caches rather than from memory."""
    intensity: float | None
    """Operations for each byte."""
    rate: float | None
    """Operations a second that were reached."""


@dataclass(frozen=True)
class ProfileRow:
    """One operator or kernel, all its calls within one call of the target together."""

    name: str
    """`aten::mm`, `cpp_fused_mul_silu_0`, or the runtime's own words."""
    part: Part
    calls: float
    """How often in one call of the target, on average."""
    own: float
    """Seconds in it and in nothing that it calls."""
    total: float
    """Seconds in it with what it calls; one inside another of its name counts once."""
    compile_id: str = ""
    """Of a kernel: with its name, the artifact to open."""
    work: Work | None = None
    """None where nothing is moved or calculated (a view), or where it is counted in what it calls."""

    @property
    def each(self) -> float:
        """Seconds of one of its calls."""
        return self.total / self.calls if self.calls else 0.0


@dataclass(frozen=True)
class Argument:
    """One argument that a fused kernel was called with."""

    dtype: str = ""
    """Of a tensor, `f32`; empty for a size."""
    elements: int = 0
    itemsize: int = 0
    value: int | None = None
    """Of a size: what a symbolic one was."""


@dataclass(frozen=True)
class KernelCall:
    """How a kernel was called, in one call of the target."""

    compile_id: str
    kernel: str
    arguments: tuple[Argument, ...]
    count: int


@dataclass(frozen=True)
class SideProfile:
    """One side: eager or compiled."""

    calls: int
    """Calls of the target that were profiled."""
    seconds: float
    """A call, by the clock, while profiled: the whole that the rows are parts of. The mean. On a GPU, whose kernels the
    profiler leaves as they are but not their launches, a call without the profiler."""
    undisturbed: float
    """A call without the profiler. The mean, taken in alternation with the profiled ones."""
    rows: tuple[ProfileRow, ...]
    """Longest own time first."""

    @property
    def parts(self) -> float:
        """Seconds of all rows' own times."""
        return sum(row.own for row in self.rows)

    @property
    def coverage(self) -> float:
        """`parts` over `seconds`: 1 where the parts add up to the whole."""
        return self.parts / self.seconds if self.seconds else 0.0

    @property
    def adds_up(self) -> bool:
        """Whether the parts add up to the whole within 5 %."""
        return abs(self.coverage - 1) <= ADDS_UP

    @property
    def disturbance(self) -> float:
        """What profiling costs: 0.1 where a call takes a tenth longer."""
        return self.seconds / self.undisturbed - 1 if self.undisturbed else 0.0

    def share(self, row: ProfileRow) -> float:
        """A row's own part of the whole, 0 to 1."""
        return row.own / self.parts if self.parts else 0.0


@dataclass(frozen=True)
class Profile:
    """One shape, eager against compiled."""

    shape: str
    """The inputs in words, `batch 1 · seq 8`."""
    eager: SideProfile
    compiled: SideProfile
    least: Work | None = None
    """What one call cannot do without: each weight and input read once, each output written, every operation done."""
    ceilings: Ceilings | None = None
    kernel_calls: tuple[KernelCall, ...] = ()
    threads: int = 1
    gpu: str = ""
    """The GPU that it ran on. Its rows are then the GPU's time, and the `PYTHON` one what the GPU waits for the host.
    Empty for the CPU."""
    busy: float | None = None
    """Share of the machine's processors that other processes used meanwhile, 0 to 1; None where nobody can tell."""

    wholes: tuple[str, ...] = ()
    """Higher-order operators that were called: what their parts move and calculate was not counted."""

    failure: str = ""
    """Why eager's operators were not counted at all."""

    @property
    def guards(self) -> ProfileRow | None:
        """Dynamo's guards in a compiled call; None where the profiler saw none."""
        return next((row for row in self.compiled.rows if row.name == GUARDS), None)

    @property
    def disturbed(self) -> bool:
        """Whether others used the machine meanwhile."""
        return disturbed(self.busy)

    @property
    def ratio(self) -> float | None:
        """How many times as long a call of eager takes, without the profiler; None where one is not known, or where
        others used the machine: the two sides are some calls each, and no interval tells what they did to them."""
        if self.disturbed or not (self.eager.undisturbed > 0 and self.compiled.undisturbed > 0):
            return None
        return self.eager.undisturbed / self.compiled.undisturbed

    @cached_property
    def disproving(self) -> tuple[ProfileRow, Limit] | None:
        """The product that calculates furthest beyond its ceiling, which was then measured too low; None: none does."""
        rows = [row for row in (*self.eager.rows, *self.compiled.rows) if row.name in PRODUCTS]
        found = [(row, limit) for row in rows if (limit := limit_of(row.work, row.total, self.ceilings)) is not None]
        beyond = [item for item in found if item[1].bound is Bound.COMPUTE and item[1].share > DISPROVED]
        return max(beyond, key=lambda item: item[1].share, default=None)

    @property
    def limited(self) -> bool:
        """Whether a share of a limit can be told: the ceilings are steady and not disproved, the times a quiet
        machine's."""
        quiet = self.ceilings is not None and self.ceilings.steady and not self.disturbed
        return quiet and self.disproving is None

    def limit(self, row: ProfileRow) -> Limit | None:
        """How near a row is to the limit; None where its work is not known, or no quiet ceiling of the machine's is."""
        return limit_of(row.work, row.total, self.ceilings, row.calls) if self.limited else None

    def limit_of_call(self, side: SideProfile) -> Limit | None:
        """How near a whole call of one side is to what it cannot do without; None as for a row."""
        return limit_of(self.least, side.undisturbed, self.ceilings) if self.limited else None

    @property
    def idle(self) -> float:
        """Share of a compiled call that the GPU waits for the host, 0 to 1; 0 on the CPU."""
        waits = sum(row.own for row in self.compiled.rows if row.part is Part.PYTHON) if self.gpu else 0.0
        return waits / self.compiled.seconds if self.compiled.seconds else 0.0

    @property
    def launch_bound(self) -> bool:
        """Whether it is the host that a compiled call takes its time for."""
        return bool(self.gpu) and self.idle > LAUNCH_BOUND

    @property
    def nothing_to_gain(self) -> Limit | None:
        """How near eager is to the limit, where compiling cannot come nearer; else None."""
        found = self.limit_of_call(self.eager)
        if found is None or found.share < NOTHING_TO_GAIN:
            return None
        return found


def limit_of(work: Work | None, seconds: float, ceilings: Ceilings | None, calls: float = 1.0) -> Limit | None:
    """The roofline's word on so much work done in so many seconds and calls; None where one of them is not known."""
    if work is None or ceilings is None or seconds <= 0 or not (work.bytes or work.flops):
        return None
    if not ceilings.bandwidth > 0:  # in a bundle of somebody's
        return None
    memory = work.bytes / ceilings.bandwidth
    peak = ceilings.peak(work.dtype)
    if work.flops and peak is None:  # of integers' products: which limit comes first cannot be told
        return None
    compute = work.flops / peak if work.flops and peak else 0.0
    least = max(memory, compute)
    share = least / seconds
    far = Bound.LATENCY if seconds < CALLING * max(calls, 1.0) else Bound.NEITHER
    bound = far if share < FAR_SHARE else Bound.MEMORY if memory >= compute else Bound.COMPUTE
    rate = work.flops / seconds if work.flops is not None else None
    return Limit(least, bound, share, work.intensity, rate)
