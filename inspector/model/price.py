"""What each part of a call costs, as it was measured: statements of the generated code, samples, eager's operators.

All times are seconds a call of the target, unless a field says otherwise. `inspector.price` joins this with a capture's
links: what a statement, a node, an expression and a module cost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from inspector.model.artifact import Span
from inspector.model.busy import disturbed
from inspector.model.link import Origin
from inspector.model.profile import Ceilings, KernelCall, Limit, Work, limit_of, together


class Known(StrEnum):
    """How a price is known, best first. Of a sum it is the weakest of its parts."""

    COUNTED = "counted"
    """From shapes: bytes and operations."""
    CLOCKED = "clocked"
    """By the clock, read before and after."""
    SAMPLED = "sampled"
    """By how many of the samples of a clocked stretch lie there."""
    SKID = "sampled ± skid"
    """The same, where a sample may lie some instructions behind the one that it belongs to."""
    SHARED = "shared"
    """Known for several together, and for none of them alone."""
    MODELLED = "modelled"
    """Calculated for a processor as its makers describe it, and not measured."""

    @property
    def rank(self) -> int:
        return _RANK[self]


_RANK = {known: rank for rank, known in enumerate(Known)}


def weakest(*known: Known) -> Known:
    """How well all together are known."""
    return max(known, key=lambda item: item.rank)


class PartKind(StrEnum):
    """What a stretch of a call is spent in."""

    KERNEL = "kernel"
    LIBRARY = "library"
    """An operator that Inductor calls as it is: a matrix product, attention."""
    WRAPPER = "wrapper"
    """The rest of the generated code: allocation, checks of sizes, views."""
    OUTSIDE = "outside"
    """Around the generated code: guards, Python, the dispatcher, autograd's engine. On a GPU, what they launch."""
    IDLE = "idle"
    """The GPU waits for the host."""


@dataclass(frozen=True)
class Sampled:
    """The samples of one stretch, all its calls together."""

    main: int = 0
    """Of the thread that calls."""
    waiting: int = 0
    """Of those the ones in OpenMP's runtime: waiting for other threads, or starting and ending them."""
    working: int = 0
    """Of all threads, outside OpenMP's runtime."""
    strays: int = 0
    """Of the working ones those that stand in another kernel than the clock says: what the two clocks disagree by."""
    seconds: float = 0.0
    """By the clock, all calls together, while the samples were taken."""


@dataclass(frozen=True)
class Site:
    """One statement of the generated code, with all its calls; or what lies around the generated code."""

    part: PartKind
    name: str
    """`cpp_fused_mul_silu_0`, `extern_kernels.mm`; of a wrapper's statement what it calls first."""
    file: str
    """The output module it stands in; empty outside."""
    line: int
    """1-based, in the output module; 0 outside."""
    calls: float
    """In one call of the target."""
    seconds: float
    error: float | None
    """What `seconds` may be off by: the standard error of the mean over the calls, times 1.96. None of one call."""
    sampled: Sampled = Sampled()
    work: Work | None = None
    """What it has to move and calculate at least; None where that is not known."""
    compile_id: str = ""
    artifact: str = ""
    """The output code's artifact; empty until it was looked up, or where the capture has none."""


@dataclass(frozen=True)
class Spot:
    """The samples at one instruction of a kernel, or in one library, within one site."""

    site: int
    """Which of the sites."""
    file: str
    """The binary that the samples lie in."""
    address: int
    """Within `file`, of a kernel's instruction: where the sample stands, or the call that it stands below. 0 for a
    library as a whole."""
    samples: int
    below: str = ""
    """The library that the samples really lie in, where `address` is the call that led there."""
    waiting: bool = False
    """Whether they lie in OpenMP's runtime."""
    artifact: str = ""
    """The machine code's artifact, and below the line; empty until they were looked up."""
    line: int = 0
    stalls: tuple[tuple[str, int], ...] = ()
    """On a GPU, what the warps waited for there, most first: Nsight Compute's name of it, and samples."""


@dataclass(frozen=True)
class PricedPlace:
    """An expression of Python, as the running code has it."""

    file: str
    line: int
    end_line: int | None
    col: int | None
    end_col: int | None


@dataclass(frozen=True)
class EagerOperator:
    """One operator of eager at one place, all its calls in one call of the target."""

    name: str
    """`aten::mm`."""
    calls: float
    seconds: float
    places: tuple[PricedPlace, ...] = ()
    """The frames that led there, outermost first."""
    module: str = ""
    """The innermost module that called it, as `model.layers.0.mlp`."""
    work: Work | None = None
    spans: tuple[Span, ...] = ()
    """The places in the capture's source texts, outermost first; empty until they were looked up."""


@dataclass(frozen=True)
class EagerPrice:
    """Eager's operators."""

    operators: tuple[EagerOperator, ...]
    seconds: float
    """A call while its operators are clocked."""
    undisturbed: float
    calls: int

    @property
    def clocked(self) -> float:
        """All operators together."""
        return math.fsum(item.seconds for item in self.operators)


@dataclass(frozen=True)
class Sampling:
    """How samples were taken."""

    clock: str = ""
    """`cycles` or `cpu clock`; empty where none were taken."""
    precise: int = 0
    """0: a sample may lie some instructions behind; 1 and 2: it does not."""
    period: float | None = None
    """Seconds of a thread's time that a sample stands for; None where it counts cycles."""
    samples: int = 0
    lost: int = 0
    """Records that found no room."""
    threads: int = 0
    """That were sampled."""
    late: int = 0
    """Threads that began afterwards and were not."""
    failure: str = ""
    """Why none were taken, as the rest of a sentence."""
    slowdown: float | None = None
    """What a call takes longer while sampled: 0.02 is a fiftieth. None where it was not measured."""
    other: tuple[str, ...] = ()
    """Kernels of a report whose machine code is not the capture's: of another build, so nothing of them is told."""
    missing: tuple[str, ...] = ()
    """The capture's kernels that a report does not have, or whose machine code the capture does not."""

    @property
    def known(self) -> Known:
        """How well a single statement is known by them."""
        return Known.SAMPLED if self.precise else Known.SKID


@dataclass(frozen=True)
class Loop:
    """A loop of machine code as llvm-mca models it: its body again and again, all data in the first cache."""

    artifact: str
    first: int
    """The listing's lines, 1-based, both inclusive."""
    last: int
    cycles: float
    """An iteration, once it runs steadily: block reciprocal throughput."""
    bottleneck: str
    """The resource that is busiest, in llvm-mca's words, with how busy it is."""
    cpu: str = ""
    calls: bool = False
    """Whether it calls functions, whose own time is not in it."""


@dataclass(frozen=True)
class Price:
    """What each part of a compiled call costs on one shape, and what eager's operators do."""

    shape: str
    seconds: float
    """A call by the clock, with the readings in the generated code: the whole that the sites are parts of."""
    undisturbed: float
    """A call without them, and without samples; taken in alternation."""
    calls: int
    """That were clocked."""
    sites: tuple[Site, ...]
    """In the order of the generated code; what lies outside first."""
    spots: tuple[Spot, ...] = ()
    sampling: Sampling = Sampling()
    eager: EagerPrice | None = None
    modules: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Compile id → node of Dynamo's graph → path of the innermost module that called it; empty for the outermost."""
    kernel_calls: tuple[KernelCall, ...] = ()
    ceilings: Ceilings | None = None
    threads: int = 1
    busy: float | None = None
    """Share of the machine's processors that other processes used meanwhile, 0 to 1; None where nobody can tell."""
    system: float | None = None
    """Seconds of a call that all threads together spend in the operating system: page faults, waking one another. None
    where it was not measured: a target that writes what the next call begins from is put back in between."""
    faults: float | None = None
    """Page faults in a call that needed no disk: fresh memory, handed out and cleared. None as above."""
    without: tuple[str, ...] = ()
    """Output modules in which no clock could be put."""
    gpu: str = ""
    """Its name, where the sites' seconds are the GPU's own; empty on a CPU."""
    loops: tuple[Loop, ...] = ()
    modelling: str = ""
    """Why no loop is modelled, as a sentence; empty where some are, or nothing was asked."""

    @property
    def parts(self) -> float:
        """Seconds of all sites."""
        return math.fsum(site.seconds for site in self.sites)

    @property
    def disturbance(self) -> float:
        """What the clocks cost: 0.02 where a call takes a fiftieth longer."""
        return self.seconds / self.undisturbed - 1 if self.undisturbed else 0.0

    @property
    def disturbed(self) -> bool:
        """Whether others used the machine meanwhile."""
        return disturbed(self.busy)

    def share(self, seconds: float) -> float:
        """A part of a call, 0 to 1."""
        return seconds / self.seconds if self.seconds > 0 else 0.0

    @property
    def limited(self) -> bool:
        """Whether a share of a limit can be told: the ceilings are steady, the times a quiet machine's."""
        return self.ceilings is not None and self.ceilings.steady and not self.disturbed

    def limit(self, *sites: Site) -> Limit | None:
        """How near some sites together are to what the machine can do; None where that cannot be told."""
        works = [site.work for site in sites]
        found = [work for work in works if work is not None]
        if not found or not self.limited or len(found) != len(works) or len({work.dtype for work in found}) != 1:
            return None
        seconds = math.fsum(site.seconds for site in sites)
        return limit_of(together(found), seconds, self.ceilings, math.fsum(site.calls for site in sites))

    def split(self, site: Site) -> Split:
        """What a site's time is spent in; see `Split`."""
        return split(site, self.sampling)

    @cached_property
    def spots_of(self) -> Mapping[int, tuple[Spot, ...]]:
        """Site's number → its spots."""
        found: dict[int, list[Spot]] = {}
        for spot in self.spots:
            found.setdefault(spot.site, []).append(spot)
        return {site: tuple(spots) for site, spots in found.items()}


@dataclass(frozen=True)
class Split:
    """A site's seconds, three ways; they add up to it."""

    working: float
    waiting: float
    """The calling thread in OpenMP's runtime: it waits for others, or starts and ends them."""
    away: float
    """The calling thread takes no sample: asleep, in the operating system, or its processor is another's."""


def split(site: Site, sampling: Sampling) -> Split:
    """How much of a site's time its thread works, waits for others, and is away.

    Where no sample is taken all is `working`: nothing says otherwise. Away is told where a sample stands for seconds,
    and beyond what chance explains; of a site that others' samples show nothing of either.
    """
    found = site.sampled
    if not sampling.clock or not found.seconds:
        return Split(site.seconds, 0.0, 0.0)
    here = 1.0
    if sampling.period is not None:
        here = found.main * sampling.period / found.seconds
        if here + _SIGMA * math.sqrt(max(found.main, 1)) * sampling.period / found.seconds >= 1:
            here = 1.0
    waits = here * found.waiting / found.main if found.main else 0.0
    return Split(site.seconds * (here - waits), site.seconds * waits, site.seconds * (1 - here))


_SIGMA = 3.0
"""Standard deviations that the number of samples may fall short by without meaning anything."""


@dataclass(frozen=True)
class Cost:
    """What one place costs: an expression, a module, a node, a site, a statement, an instruction."""

    label: str
    """`self.act_fn(self.gate_proj(x))`, `model.layers.0.mlp`, `extern_kernels.mm`."""
    seconds: float
    """With all that lies within it."""
    own: float
    """In it and in nothing within it."""
    known: Known
    span: Span | None = None
    """Where it stands; None for a module and for what stands nowhere."""
    link: Origin | None = None
    """The weakest of the links that its parts came by; None where none was needed."""
    samples: int = 0
    shared: float = 0.0
    """Seconds beside `seconds` that are known for it and others together."""
    eager: float | None = None
    """What eager's operators take there; None where it was not measured."""
    error: float | None = None
    """What `seconds` may be off by, from the number of calls and samples alone (95 %); None where that is not known."""
    parent: int | None = None
    """Which of the rows it lies in; None for an outermost one."""
    parts: tuple[tuple[str, float], ...] = ()
    """What it is spent in, by name, longest first: `mm`, `silu`."""
    limit: Limit | None = None
    """Of what it is spent in the most."""
    work: Work | None = None
    """What the calls that lie in it whole have to move and calculate; None where one of them is not known, or takes so
    much time of which it has a part alone."""
