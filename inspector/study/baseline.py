"""A capture, or several starts of one, held against a baseline: what grew beyond noise.

What is counted is exact. A time is one value for each start, for what changes from process to process is not in the
samples of one; sides are told apart by Welch's t on logarithms, at a level that makes up for how many times are looked
at, and only where nothing that a time depends on differs. One start has no interval, and says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath
from typing import Any

from inspector.errors import UsageError
from inspector.model.baseline import BaselineFinding, BaselineReport, Growth, TimeRatio, Untold
from inspector.model.busy import disturbed
from inspector.model.capture import Capture
from inspector.model.counted import Counted, counted, lack_of
from inspector.model.difference import FactChange
from inspector.model.latency import LatencyRun, median
from inspector.model.limits import Lack, Lacking
from inspector.model.overview import Overview
from inspector.study.sweep.analysis import StartValues, compared

QUANTITIES = ("breaks", "recompiles", "failures", "kernels", "guards", "wrong", "compile", "latency")
USUAL = tuple(name for name in QUANTITIES if name != "guards")
"""What is held against the baseline where nobody says: a guard more is mostly cheap, and no fault."""
_MEASURED = ("wrong", "latency")
"""What is there only where somebody had it timed."""
TOLERANCE = 0.05

_COUNTS: Mapping[str, Callable[[Counted], float | None]] = {
    "breaks": lambda found: found.breaks,
    "recompiles": lambda found: found.recompiles,
    "failures": lambda found: found.failures,
    "kernels": lambda found: None if found.kernels is None else len(found.kernels),
    "guards": lambda found: found.guards,
}
_MACHINE = ("cpu", "cores", "gpu", "isa", "threads", "platform")
_ENVIRONMENT = ("torch", "triton", "python", "compiler", "device", *_MACHINE)
_BESIDE = ("target", "inputs", "inductor", "cache", "torch_logs", "timeout")
"""Fields of a request that are told otherwise, or change no time."""


@dataclass(frozen=True)
class StartOf:
    """One start of one side."""

    title: str
    capture: Capture
    overview: Overview

    @cached_property
    def counted(self) -> Counted:
        return counted(self.capture, self.overview)

    @cached_property
    def latency(self) -> Mapping[str, LatencyRun]:
        """Shape → its last run; none where no compiled graph ran, so that eager was timed twice."""
        return {
            run.shape: run
            for run in self.capture.latency
            if run.compiled and not (run.difference is not None and run.difference.graphs == 0)
        }

    @cached_property
    def depends(self) -> Mapping[str, str]:
        """What its times depend on, each in a word; what is not recorded is left out."""
        return _facts(self)

    @property
    def reused(self) -> frozenset[str]:
        """What inspector keeps for a machine and this start did not have to make."""
        cache = self.capture.environment.get("cache")
        found = cache.get("reused") if isinstance(cache, dict) else None
        return frozenset(map(str, found)) if isinstance(found, list) else frozenset()

    def same_run(self, other: StartOf) -> bool:
        """Whether both are one run: no two take the same times."""
        mine, theirs = ((item.capture.phases, item.capture.latency, _begun(item.capture)) for item in (self, other))
        return bool(mine[0] or mine[2]) and mine == theirs


def _begun(capture: Capture) -> tuple[object, ...]:
    """When each compile began, as far as that is recorded."""
    found = (item.metrics.get("start_time") for item in capture.compilations)
    return tuple(item for item in found if item is not None)


def hold(
    baseline: Sequence[StartOf],
    now: Sequence[StartOf],
    *,
    of: Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
) -> BaselineReport:
    """Holds starts against those of a baseline.

    Args:
        baseline: at least one.
        now: at least one.
        of: some of `QUANTITIES`; None for the usual ones, of which nobody need have measured all.
        tolerance: the share by which a time may be longer beyond its noise.

    Raises:
        UsageError: a start is on both sides, or twice on one.
    """
    for start in now:
        if twin := next((item for item in baseline if item.same_run(start)), None):
            raise UsageError(
                f"{start.title} and {twin.title} are one run: it says nothing to hold it against itself.",
                "Give a baseline that was made before.",
            )
    for side in (baseline, now):
        for place, start in enumerate(side):
            if twin := next((item for item in side[:place] if item.same_run(start)), None):
                raise UsageError(
                    f"{start.title} and {twin.title} are one run: copies say nothing of how much runs differ.",
                    "Name each run once.",
                )
    unlike = tuple(_unlike(baseline, now))
    held = _Held(baseline, now, unlike, of or USUAL, of is not None, tolerance)
    titles = [tuple(item.title for item in side) for side in (baseline, now)]
    return BaselineReport(titles[0], titles[1], unlike, tolerance, tuple(held.findings()))


@dataclass(frozen=True)
class _Held:
    baseline: Sequence[StartOf]
    now: Sequence[StartOf]
    unlike: Sequence[FactChange]
    of: Sequence[str]
    asked: bool
    tolerance: float

    def findings(self) -> Iterator[BaselineFinding]:
        for name in self.of:
            if name == "compile":
                yield self._compile()
            elif name == "latency":
                yield from self._latency()
            else:
                yield self._count(name)

    # --- counts ---------------------------------------------------------------------------------------------

    def _count(self, name: str) -> BaselineFinding:
        sides = [[_number(name, start) for start in side] for side in (self.baseline, self.now)]
        if name in _MEASURED:  # a start that nobody timed takes nothing from what the others say
            sides = [[item for item in side if isinstance(item, float)] or side for side in sides]
        if missing := self._missing(name, sides):
            return missing
        before, after = (tuple(item for item in side if isinstance(item, float)) for side in sides)
        if any(fact.name == "target" for fact in self.unlike):
            return BaselineFinding(name, Growth.UNKNOWN, before, after, untold=Untold.OTHER_TARGET)
        grew = max(after) > max(before)
        return BaselineFinding(name, Growth.MORE if grew else Growth.KEPT, before, after)

    def _missing(self, name: str, sides: Sequence[Sequence[float | Lacking]]) -> BaselineFinding | None:
        """What is said of a quantity that a start does not record."""
        lacking = [next((item for item in side if isinstance(item, Lacking)), None) for side in sides]
        if lacking == [None, None]:
            return None
        before, after = (tuple(item for item in side if isinstance(item, float)) for side in sides)
        both = lacking[0] is not None and lacking[1] is not None
        lacks = "both" if both else "baseline" if lacking[0] is not None else "now"
        unasked = both and not (before or after) and name in _MEASURED and not self.asked
        growth = Growth.ABSENT if unasked else Growth.UNKNOWN
        why = lacking[0] or lacking[1]
        return BaselineFinding(name, growth, before, after, untold=Untold.NOT_RECORDED, lacks=lacks, lacking=why)

    # --- times ----------------------------------------------------------------------------------------------

    @cached_property
    def _shapes(self) -> list[str]:
        return list(dict.fromkeys(shape for item in (*self.baseline, *self.now) for shape in item.latency))

    @cached_property
    def _among(self) -> int:
        """How many times are looked at: each more is one more chance for noise to look like something."""
        return ("compile" in self.of) + (len(self._shapes) if "latency" in self.of else 0)

    def _compile(self) -> BaselineFinding:
        kept = frozenset[str]().union(*(item.reused for item in (*self.baseline, *self.now)))
        taken = [[item for item in side if item.reused == kept] for side in (self.baseline, self.now)]
        found = [[_number("compile", item) for item in side] for side in taken]
        if missing := self._missing("compile", found):
            return missing
        before, after = (StartValues(tuple(item for item in side if isinstance(item, float))) for side in found)
        left_out = len(self.baseline) + len(self.now) - sum(map(len, taken))
        return self._timed("compile", "", (before, after), None, left_out)

    def _latency(self) -> Iterator[BaselineFinding]:
        if not self._shapes:
            untimed = [[Lacking(Lack.LATENCY)]] * 2
            missing = self._missing("latency", untimed)
            yield from [missing] if missing is not None else ()
        for shape in self._shapes:
            sides = [
                [start.latency.get(shape) or Lacking(Lack.LATENCY) for start in side]
                for side in (self.baseline, self.now)
            ]
            having = [[run for run in side if isinstance(run, LatencyRun)] for side in sides]
            if not all(having):
                lacks = "baseline" if not having[0] else "now"
                before, after = (_values(side, _compiled).values for side in having)
                finding = BaselineFinding("latency", Growth.UNKNOWN, before, after, shape, untold=Untold.NOT_RECORDED)
                yield replace(finding, lacks=lacks, lacking=Lacking(Lack.LATENCY))
                continue
            plain = (_values(having[0], _compiled), _values(having[1], _compiled))
            by_eager = (_values(having[0], _against_eager), _values(having[1], _against_eager))
            yield self._timed("latency", shape, plain, by_eager, sum(len(item.disturbed) for item in plain))

    def _timed(
        self,
        name: str,
        shape: str,
        sides: tuple[StartValues, StartValues],
        by_eager: tuple[StartValues, StartValues] | None,
        left_out: int,
    ) -> BaselineFinding:
        def told(growth: Growth, **more: Any) -> BaselineFinding:
            before, after = sides
            return BaselineFinding(name, growth, before.values, after.values, shape, left_out=left_out, **more)

        if self.unlike:
            return told(Growth.UNKNOWN, untold=Untold.NOT_COMPARABLE)
        few = [side for side in sides if side.estimate is None]
        if few:
            busy = any(side.disturbed for side in few)
            lacks = "both" if len(few) == 2 else "baseline" if sides[0].estimate is None else "now"
            return told(Growth.UNKNOWN, untold=Untold.DISTURBED if busy else Untold.SINGLE_START, lacks=lacks)
        ratio = _ratio(sides, self._among)
        relative = _ratio(by_eager, self._among) if by_eager is not None else None
        most = 1 + self.tolerance
        if ratio is None or ratio.low <= most:
            noise = ratio is not None and ratio.ratio > most
            return told(Growth.NOISE if noise else Growth.KEPT, ratio=ratio, against_eager=relative)
        if by_eager is not None and (relative is None or relative.low <= 1):
            return told(Growth.UNKNOWN, ratio=ratio, against_eager=relative, untold=Untold.EAGER_TOO)
        return told(Growth.MORE, ratio=ratio, against_eager=relative)


def _ratio(sides: tuple[StartValues, StartValues], among: int) -> TimeRatio | None:
    found = compared(*sides, among)
    return None if found is None else TimeRatio(found.ratio, found.low, found.high)


def _number(name: str, start: StartOf) -> float | Lacking:
    """A quantity of a start, or why there is none."""
    if name == "wrong":
        compared_runs = [run for run in start.latency.values() if run.difference is not None]
        if not compared_runs:
            return Lacking(Lack.LATENCY)
        return float(sum(run.difference is not None and run.difference.wrong for run in compared_runs))
    key = "seconds" if name == "compile" else name
    value = start.counted.seconds if name == "compile" else _COUNTS[name](start.counted)
    if value is not None:
        return float(value)
    return lack_of(key, start.capture, start.overview) or Lacking(Lack.COMPILES)


def _values(runs: Sequence[LatencyRun], of: Callable[[LatencyRun, slice], float]) -> StartValues:
    """A value for each process that timed a shape; what others disturbed apart."""
    found = [(value, disturbed(run.busy)) for run in runs for at in run.processes if (value := of(run, at)) > 0]
    return StartValues(tuple(value for value, busy in found if not busy), tuple(value for value, busy in found if busy))


def _compiled(run: LatencyRun, at: slice) -> float:
    return median(run.compiled[at])


def _against_eager(run: LatencyRun, at: slice) -> float:
    eager = median(run.eager[at])
    return median(run.compiled[at]) / eager if eager > 0 else 0.0


# --- what a time depends on ---------------------------------------------------------------------------------


def _unlike(baseline: Sequence[StartOf], now: Sequence[StartOf]) -> Iterator[FactChange]:
    """What is not the same of all starts, or not recorded though a time says nothing without it."""
    sides = [[start.depends for start in side] for side in (baseline, now)]
    names = dict.fromkeys(name for side in sides for facts in side for name in facts)
    for name in names:
        values = [list(dict.fromkeys(facts.get(name, "") for facts in side)) for side in sides]
        if len({*values[0], *values[1]}) > 1:
            yield FactChange(name, *(" or ".join(filter(None, side)) for side in values))
    nameless = [any(not (facts.get("cpu") or facts.get("gpu")) for facts in side) for side in sides]
    if not {"target"} & {*names}:
        yield FactChange("program", "", "")
    if any(nameless) and not {"cpu", "gpu"} & {*names}:
        yield FactChange("machine", "", "")
    if any(not facts.get("torch") for side in sides for facts in side) and "torch" not in names:
        yield FactChange("torch", "", "")


def _facts(start: StartOf) -> dict[str, str]:
    capture = start.capture
    found = {"target": _target(capture), "processes": str(len(start.overview.processes))}
    environment = {**start.overview.environment, **capture.environment}
    found |= {name: str(environment[name]) for name in _ENVIRONMENT if environment.get(name) not in (None, "")}
    found["cache"] = capture.cache_mode
    request = capture.request
    if request is not None:
        options = {name: value for name, value in vars(request).items() if name not in _BESIDE}
        found |= {name: str(value) for name, value in options.items() if value is not None}
        found |= {f"inductor.{name}": value for name, value in request.inductor}
    inputs = capture.target.get("inputs")
    for item in inputs if isinstance(inputs, list) else ():
        if isinstance(item, dict):
            found[f"input {item.get('name', '?')}"] = f"{item.get('dtype', '')} {item.get('shape', '')}".strip()
    return {name: value for name, value in found.items() if value}


def _target(capture: Capture) -> str:
    """What is compiled, wherever its file lies."""
    name = capture.request.title if capture.request is not None else capture.target.get("name")
    return PurePath(name).name if isinstance(name, str) else ""
