"""Samples of eager against compiled, and what they say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inspector.jsontext import Real
from inspector.model.blocks import Estimate, blocks, estimate
from inspector.model.busy import disturbed


@dataclass(frozen=True)
class Difference:
    """The largest difference of the compiled outputs against eager; when training, of the gradients too."""

    max_abs: Real
    max_rel: Real
    """max |compiled − eager| / max |eager| of one output (or gradient) tensor, the largest over them."""
    elements: int | None = None
    """How many elements were compared; None in a bundle that does not say."""
    values: int = 0
    """Outputs that are plain values and were compared."""
    differing: int = 0
    """Elements that are not equal."""
    beyond: int = 0
    """Elements beyond `torch.testing.assert_close`'s tolerance of their dtype."""
    unlike: tuple[str, ...] = ()
    """What differs in kind: a shape, a dtype, a plain value, a sentence's part each."""
    writes: tuple[str, ...] = ()
    """What a call of eager writes: ``argument 0 `x` ``. Before each call it is put back, outside the time."""
    writes_compiled: tuple[str, ...] = ()
    chance: bool = False
    """Whether the two draw other random numbers, so that what differs says nothing."""
    graphs: int | None = None
    """Compiled graphs that ran in one call of the compiled one; None where not known."""

    @property
    def wrong(self) -> bool:
        """Whether what the compiled code comes to is another thing than what eager does."""
        return bool(self.unlike or self.beyond) and not self.chance


@dataclass(frozen=True)
class GpuTime:
    """How long the GPU is at work in one call, apart from how long the call takes by the clock: in seconds."""

    eager: float
    compiled: float


@dataclass(frozen=True)
class LatencyRun:
    """One shape, timed in alternation: eager[i] and compiled[i] were taken side by side."""

    shape: str
    """The inputs in words, `batch 1 · seq 8`."""
    eager: tuple[float, ...]
    """Seconds a call."""
    compiled: tuple[float, ...]
    """Seconds a call; as long as `eager`."""
    tokens: int | None = None
    """Tokens a call processes (batch × seq), None where that makes no sense."""
    difference: Difference | None = None
    compile_ids: tuple[str, ...] = ()
    """Compile ids that ran for this shape."""
    calls_per_sample: int = 1
    """How many calls one sample averages over, for functions too fast for one timer read."""
    gpu: GpuTime | None = None
    """None where the target runs on the CPU, or where the GPU's own clock could not be read."""
    starts: tuple[int, ...] = ()
    """Where the samples of each further process begin, if it was timed in several, one after the other."""
    busy: float | None = None
    """Share of the machine's processors that other processes used meanwhile, 0 to 1: of several processes the largest;
    None where nobody can tell."""

    @property
    def processes(self) -> tuple[slice, ...]:
        """The samples of each process that timed it."""
        ends = (*self.starts, len(self.eager))
        return tuple(slice(begin, end) for begin, end in zip((0, *self.starts), ends, strict=True) if end > begin)


@dataclass(frozen=True)
class SideSummary:
    """What one side's samples say. Times in seconds a call."""

    median: float
    p90: float
    p99: float
    spread: float
    """Interquartile range."""
    minimum: float
    outliers: int
    """Samples more than 1.5 interquartile ranges beyond the quartiles (Tukey's fences)."""
    tokens_per_second: float | None
    """At the median; None where tokens make no sense."""


@dataclass(frozen=True)
class LatencySummary:
    """What a run says."""

    shape: str
    pairs: int
    """Pairs of samples."""
    eager: SideSummary
    compiled: SideSummary
    speedup: float | None
    """Ratio of the medians, eager / compiled: above 1, compiled is faster. None where a median is 0, and where no
    compiled graph runs, so that eager was timed against itself."""
    speedup_interval: tuple[float, float] | None
    """95 % interval of `speedup`, from how it changes from block to block of the run, or from process to process;
    None below `FEWEST_PAIRS`, and on a busy machine: it would cover what others did, and claim something of both."""
    difference: Difference | None
    gpu: GpuTime | None = None
    processes: int = 1
    """How many processes timed it, one after the other."""
    busy: float | None = None
    """Share of the machine's processors that other processes used meanwhile; None where nobody can tell."""

    @property
    def sides(self) -> tuple[SideSummary, SideSummary]:
        """Eager and compiled."""
        return self.eager, self.compiled

    @property
    def trusted(self) -> bool:
        """Whether `speedup` says something of the two: on a busy machine it says what others did as well."""
        return not disturbed(self.busy)

    @property
    def against_itself(self) -> bool:
        """Whether both sides are eager."""
        return self.difference is not None and self.difference.graphs == 0

    @property
    def launch_bound(self) -> Mapping[str, float]:
        """The sides that wait for the host, each with the share of a call that keeps the GPU at work."""
        if self.gpu is None or not (self.eager.median > 0 and self.compiled.median > 0):
            return {}
        shares = {"eager": self.gpu.eager / self.eager.median, "compiled": self.gpu.compiled / self.compiled.median}
        return {name: share for name, share in shares.items() if share < LAUNCH_BOUND}


LAUNCH_BOUND = 0.5
"""Share of a call below which a GPU that is at work means that it waits for the host."""
FEWEST_PAIRS = 5
"""Below this many pairs an interval would be theatre."""


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the ascending samples lie, interpolated between neighbours."""
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def summarise(run: LatencyRun) -> LatencySummary:
    """Medians, tails, spread and speed-up of a run; the same samples always give the same answer.

    The interval comes from blocks of neighbouring pairs, so that drift which hits both sides cancels, and what changes
    slowly counts as what it is. Of several processes each is one value, as another one would be.

    Raises:
        ValueError: the run has no pair of samples.
    """
    pairs = min(len(run.eager), len(run.compiled))
    if not pairs:
        raise ValueError("a run without samples says nothing")
    eager, compiled = run.eager[:pairs], run.compiled[:pairs]
    sides = _side(eager, run.tokens), _side(compiled, run.tokens)
    nothing_ran = run.difference is not None and run.difference.graphs == 0
    quiet = not disturbed(run.busy)
    measurable = sides[0].median > 0 and sides[1].median > 0 and not nothing_ran
    return LatencySummary(
        shape=run.shape,
        pairs=pairs,
        eager=sides[0],
        compiled=sides[1],
        speedup=sides[0].median / sides[1].median if measurable else None,
        speedup_interval=_interval(run, pairs) if measurable and quiet and pairs >= FEWEST_PAIRS else None,
        difference=run.difference,
        gpu=run.gpu,
        processes=max(1, len(run.processes)),
        busy=run.busy,
    )


def joined(captures: Sequence[Sequence[LatencyRun]]) -> tuple[LatencyRun, ...]:
    """The runs of several processes as one for each shape, in their order."""
    found: dict[str, LatencyRun] = {}
    for run in (run for runs in captures for run in runs):
        before = found.get(run.shape)
        found[run.shape] = (
            run
            if before is None
            else replace(
                before,
                eager=before.eager + run.eager,
                compiled=before.compiled + run.compiled,
                starts=(*before.starts, len(before.eager)),
                busy=max((item.busy for item in (before, run) if item.busy is not None), default=None),
            )
        )
    return tuple(found.values())


def ratios(run: LatencyRun, pairs: int) -> list[float]:
    """The logarithm of eager / compiled, of the medians of each block; of several processes of each process."""
    slices = run.processes if len(run.processes) > 1 else blocks(pairs)
    found = [(median(run.eager[at]), median(run.compiled[at])) for at in slices]
    return [math.log(eager / compiled) for eager, compiled in found if eager > 0 and compiled > 0]


def median(samples: Sequence[float]) -> float:
    """The middle one, or between the two in the middle."""
    return quantile(sorted(samples), 0.5)


def sample_range(eager: Sequence[float], compiled: Sequence[float]) -> tuple[float, float]:
    """What a chart shows: from zero, or from just below where both sides keep well away from it, to just above all but
    outliers."""
    ordered = [sorted(eager), sorted(compiled)]
    high = max(min(side[-1], quantile(side, 0.95) * 1.6) for side in ordered) * 1.05
    low = min(side[0] for side in ordered)
    low = low * 0.9 if low > high * 0.5 else 0.0
    return low, high if high > low else low + 1e-9


def _side(samples: Sequence[float], tokens: int | None) -> SideSummary:
    ordered = sorted(samples)
    lower, median, upper = (quantile(ordered, share) for share in (0.25, 0.5, 0.75))
    fence = 1.5 * (upper - lower)
    return SideSummary(
        median=median,
        p90=quantile(ordered, 0.9),
        p99=quantile(ordered, 0.99),
        spread=upper - lower,
        minimum=ordered[0],
        outliers=sum(not lower - fence <= sample <= upper + fence for sample in ordered),
        tokens_per_second=tokens / median if tokens is not None and median > 0 else None,
    )


def _interval(run: LatencyRun, pairs: int) -> tuple[float, float] | None:
    values = ratios(run, pairs)
    if len(values) < 2:
        return None
    found: Estimate = estimate(values)
    whole = math.log(median(run.eager[:pairs]) / median(run.compiled[:pairs]))
    low, high = (found.mean - found.half, found.mean + found.half)
    return math.exp(min(low, whole)), math.exp(max(high, whole))
