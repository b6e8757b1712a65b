"""Prices a captured target on a GPU: what the GPU does for each statement of the generated code, by its own clock.

The host runs ahead of the GPU, so what a statement takes on the host says little. Where a CPU's statements are clocked,
here each is an event of torch's profiler, which tells what the host was in when it launched a kernel, and (through
NVIDIA's CUPTI) how long the GPU took for it. CUPTI slows the launches, so the whole is a call
without it, and what no kernel fills of that is when the GPU waits for the host.
"""

from __future__ import annotations

import functools
import math
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch._C._profiler import _RecordFunctionFast

from inspector.model.price import PartKind, Price, Site
from inspector.model.profile import Work
from inspector.worker.bench import muted, without_collector
from inspector.worker.capture import TargetCapture
from inspector.worker.gpu_clock import on_gpu, profiled, union
from inspector.worker.outcomes import outcome
from inspector.worker.pricing.clocking import OUTSIDE, Clocked, ClockedPlace, ClockedStatement, Stretch
from inspector.worker.pricing.work import works_of
from inspector.worker.profiling.gpu import launches_counted
from inspector.worker.profiling.gpu_ceilings import gpu_ceilings

_ROUNDS = 4
"""Turns that each way of calling takes, so that drift of the machine hits both."""
_MOST_CALLS = 2000
_MOST_PROFILED = 100
"""Calls in one turn whose every event the profiler keeps in memory."""
_MARK = "inspector.price"
_CONFIDENCE = 1.96
_GRAPH = ClockedPlace(-2, 0)
"""What a CUDA graph launches and no single statement is known to have recorded."""


@dataclass
class _Sum:
    """What the GPU does for one statement."""

    launches: int = 0
    nanoseconds: list[int] = field(default_factory=list)
    """Of each turn."""


def price_on_gpu(capture: TargetCapture, seconds: float, progress: Callable[[str], object]) -> Price:
    """What each statement of the generated code costs on the capture's present inputs.

    Args:
        capture: compiled already, for a CUDA device.
        seconds: how long to call, all together.
        progress: told in words what is going on.
    """
    progress("counting bytes and operations")
    clocked = Clocked(capture.modules)
    with muted():
        for function in (capture.built.call, capture.compiled):
            outcome(capture, function)  # which learns what a call writes
        works, kernel_calls = works_of(capture, clocked, launches_counted)
    limits = gpu_ceilings(capture.request.device, anew=False, progress=progress)
    sums: dict[ClockedPlace, _Sum] = {}
    timed = whole = 0.0
    turns: list[int] = []
    busy = 0
    with without_collector(), muted():
        taken = min(_time(capture, 10) for _ in range(2)) / 10
        calls = max(1, min(_MOST_CALLS, int(seconds / (2 * _ROUNDS) / max(taken, 1e-9))))
        for turn in range(_ROUNDS):
            progress(f"pricing: turn {turn + 1} of {_ROUNDS}")
            whole += _time(capture, calls)
            timed += calls
            turns.append(min(calls, _MOST_PROFILED))
            busy += _turn(capture, clocked, sums, turn, turns[-1])
        capture.put_back()
    call = whole / timed
    idle = max(0.0, call - busy / sum(turns) / 1e9)
    sites = [_site(clocked, place, sums[place], turns, works) for place in sorted(sums)]
    if idle:
        sites.insert(0, Site(PartKind.IDLE, "", "", 0, 1.0, idle, None))
    return Price(
        capture.shape,
        call,
        call,
        int(timed),
        tuple(sites),
        modules=capture.module_paths,
        kernel_calls=kernel_calls,
        ceilings=limits,
        threads=torch.get_num_threads(),
        without=tuple(clocked.without),
        gpu=torch.cuda.get_device_name(torch.device(capture.request.device)),
    )


def _time(capture: TargetCapture, calls: int) -> float:
    """Seconds of so many calls, with the GPU's queue empty before and after."""
    return capture.seconds_of(capture.compiled, calls, torch.cuda.synchronize)


class _Marks:
    """Events of the profiler's, one for each statement: at each reading of the clock one ends and the next begins."""

    def __init__(self) -> None:
        self._open: Any = None

    def __enter__(self) -> _Marks:
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.__exit__(None, None, None)

    def now(self) -> int:
        self._open.__exit__(None, None, None)
        self._begin()
        return time.perf_counter_ns()

    def _begin(self) -> None:
        self._open = _RecordFunctionFast(_MARK)
        self._open.__enter__()


def _turn(capture: TargetCapture, clocked: Clocked, sums: dict[ClockedPlace, _Sum], turn: int, calls: int) -> int:
    """Calls under the profiler; the nanoseconds that the GPU is at work."""
    marks = _Marks()
    stretches: list[Stretch] = []

    def run() -> None:
        with marks:
            stretches.extend(
                clocked.call(functools.partial(capture.call.repeat, capture.compiled, capture.inputs, calls))
            )

    with clocked.running(marks.now):
        with marks:
            capture.call.repeat(capture.compiled, capture.inputs, 1)  # pays for having been away
        events = profiled(run)
    starts = sorted(event.start_ns() for event in events if event.name() == _MARK and not on_gpu(event))
    hosts = {
        event.correlation_id(): event
        for event in sorted(events, key=_is_operator)
        if event.correlation_id() and not on_gpu(event)
    }
    work = [event for event in events if on_gpu(event)]
    named = _sites_named(clocked)
    graphs = {event.correlation_id() for event in events if not on_gpu(event) and "GraphLaunch" in event.name()}
    for event in work:
        host = hosts.get(event.linked_correlation_id())
        number = bisect_right(starts, host.start_ns()) - 1 if host is not None else -1
        place = stretches[number].place if len(starts) == len(stretches) and number >= 0 else OUTSIDE
        if event.correlation_id() in graphs:
            place = named.get(event.name(), _GRAPH)
        found = sums.setdefault(place, _Sum())
        found.launches += 1
        found.nanoseconds += [0] * (turn + 1 - len(found.nanoseconds))
        found.nanoseconds[turn] += event.duration_ns()
    return union((event.start_ns(), event.start_ns() + event.duration_ns()) for event in work)


def _is_operator(event: Any) -> bool:
    """Sorts what answers for a number last: CUDA's own calls are numbered apart from operators, and numbers meet."""
    return "::" in event.name() or event.name() == _MARK


def _sites_named(clocked: Clocked) -> Mapping[str, ClockedPlace]:
    """Kernel → the statement that launches it, where there is one alone: a CUDA graph's are known by that."""
    found: dict[str, set[ClockedPlace]] = {}
    for place, statement in clocked.statements.items():
        if statement.part is PartKind.KERNEL:
            found.setdefault(statement.name, set()).add(place)
    return {name: next(iter(places)) for name, places in found.items() if len(places) == 1}


def _site(
    clocked: Clocked, place: ClockedPlace, found: _Sum, turns: Sequence[int], works: Mapping[ClockedPlace, Work]
) -> Site:
    calls = sum(turns)
    means = [nanoseconds / count for nanoseconds, count in zip(found.nanoseconds, turns, strict=False)]
    means += [0.0] * (len(turns) - len(means))
    mean = sum(found.nanoseconds) / calls
    variance = sum((each - mean) ** 2 for each in means) / (len(means) - 1)
    if place == OUTSIDE:
        statement = ClockedStatement(PartKind.OUTSIDE, "")
    elif place == _GRAPH:
        statement = ClockedStatement(PartKind.LIBRARY, "a CUDA graph")
    else:
        statement = clocked.statement(place)
    inside = place.module >= 0
    return Site(
        statement.part,
        statement.name,
        clocked.file(place),
        place.line,
        found.launches / calls if statement.part is PartKind.KERNEL else 1.0,
        mean / 1e9,
        _CONFIDENCE * math.sqrt(variance / len(means)) / 1e9,
        work=works.get(place),
        compile_id=clocked.modules[place.module][0] if inside else "",
    )
