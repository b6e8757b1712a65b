"""Profiles a captured target: eager and compiled in alternation, with torch's profiler and without it."""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch._C._profiler import _RecordFunctionFast
from torch.profiler import ProfilerActivity, profile

from inspector.errors import UsageError
from inspector.model.profile import Part, Profile, ProfileRow, SideProfile
from inspector.model.profile_events import Event, sums
from inspector.worker.bench import muted, without_collector
from inspector.worker.capture import TargetCapture
from inspector.worker.outcomes import outcome
from inspector.worker.profiling.marks import PREFIX, counted, named_for_the_profiler
from inspector.worker.profiling.processors import Processors
from inspector.worker.profiling.work import Account, count, inside

_CALL = "inspector.call"
"""The event around one call of the target; its own time is what lies between all others."""
_ROUNDS = 4
"""Turns that each side takes, so that drift of the machine hits both."""
_MOST_CALLS = 400
_TRACED = 3
"""Calls of each side that the Chrome trace holds: the last ones."""


@dataclass
class _Side:
    call: Callable[..., Any]
    calls: int = 1
    """In one turn."""
    profiled: float = 0.0
    undisturbed: float = 0.0
    turns: int = 0
    events: list[Event] = field(default_factory=list)


def profile_of(
    capture: TargetCapture, seconds: float, progress: Callable[[str], object], trace: Path | None = None
) -> Profile:
    """Eager and compiled side by side on the capture's present inputs.

    Args:
        capture: compiled already.
        seconds: how long to call, both sides together, with the profiler and without.
        progress: told in words what is going on.
        trace: where to write some calls as a Chrome trace; None for nowhere.

    Raises:
        UsageError: the trace cannot be written.
    """
    modules = capture.modules
    progress("counting bytes and operations")
    call, inputs = capture.call, capture.inputs
    eager, compiled = Account(), Account()
    with muted():
        for function in (capture.built.call, capture.compiled):
            outcome(capture, function)  # which learns what a call writes
        outputs = count(lambda: capture.called(capture.built.call), eager)
        capture.put_back()
        with inside(capture.graphs, compiled), counted(modules) as kernels:
            call(capture.compiled, inputs)
        capture.put_back()
    progress("profiling")
    sides = _Side(capture.built.call), _Side(capture.compiled)
    with named_for_the_profiler(modules), without_collector(), muted():
        for side in sides:
            side.calls = _calls(capture, side, seconds / (4 * _ROUNDS))
        begun = Processors()
        for turn in range(_ROUNDS):
            for name, side in zip(("eager", "compiled"), sides, strict=True):
                progress(f"profiling: {name}, turn {turn + 1} of {_ROUNDS}")
                _turn(capture, side)
        capture.put_back()
        busy = begun.others()
    if trace is not None:
        _write_trace(trace, dict(zip(("eager", "compiled"), sides, strict=True)))
    return Profile(
        capture.shape,
        _summed(sides[0], eager),
        _summed(sides[1], compiled),
        least=eager.least(outputs),
        kernel_calls=kernels(),
        threads=torch.get_num_threads(),
        busy=busy,
        wholes=tuple(sorted(eager.wholes | compiled.wholes)),
        failure=eager.failure,
    )


def _calls(capture: TargetCapture, side: _Side, budget: float) -> int:
    """How many calls fit into a turn's half."""
    for _ in range(2):
        taken = capture.seconds_of(side.call, 1)
    return max(1, min(_MOST_CALLS, int(budget / max(taken, 1e-9))))


def _turn(capture: TargetCapture, side: _Side) -> None:
    call, inputs = capture.call, capture.inputs
    capture.put_back()
    call(side.call, inputs)  # pays for having been away
    side.undisturbed += capture.seconds_of(side.call, side.calls)
    capture.put_back()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        call(side.call, inputs)
        for _ in range(side.calls):
            capture.put_back()
            begun = time.perf_counter()
            with _RecordFunctionFast(_CALL):
                call.repeat(side.call, inputs, 1)
            side.profiled += time.perf_counter() - begun
    results = profiler.profiler.kineto_results
    side.events += _within_calls(
        [Event(item.name(), item.start_ns(), item.duration_ns(), item.start_thread_id()) for item in results.events()]
    )
    side.turns += 1


def _within_calls(found: Sequence[Event]) -> list[Event]:
    """The events that begin while a call runs, on whatever thread: what puts the state back belongs to none."""
    calls = sorted((event.start, event.start + event.duration) for event in found if event.name == _CALL)
    starts = [start for start, _ in calls]
    kept = []
    for event in found:
        place = bisect_right(starts, event.start) - 1
        if place >= 0 and event.start <= calls[place][1]:
            kept.append(event)
    return kept


def _summed(side: _Side, account: Account) -> SideProfile:
    """The rows of one side, a call of the target each."""
    calls = side.calls * side.turns
    rows = []
    for name, found in sums(side.events).items():
        part, shown, compile_id = _kind(name)
        rows.append(
            ProfileRow(
                shown,
                part,
                found.calls / calls,
                found.own / calls / 1e9,
                (found.own if part is Part.PYTHON else found.total) / calls / 1e9,
                compile_id,
                account.counted(shown, found.calls / calls) if part is Part.OPERATOR else None,
            )
        )
    rows.sort(key=lambda row: -row.own)
    return SideProfile(calls, side.profiled / calls, side.undisturbed / calls, tuple(rows))


def _kind(name: str) -> tuple[Part, str, str]:
    """What an event is, what to call it, and a kernel's compile id."""
    if name == _CALL:
        return Part.PYTHON, "Python, allocation and calling", ""
    if name.startswith(PREFIX):
        compile_id, _, kernel = name.removeprefix(PREFIX).rpartition("/")
        return Part.KERNEL, kernel, compile_id
    operator = "::" in name and " " not in name and not name.startswith("autograd::")
    return (Part.OPERATOR if operator else Part.RUNTIME), name, ""


def _write_trace(path: Path, sides: dict[str, _Side]) -> None:
    """Chrome's format: a process for each side, microseconds since its first event."""
    events: list[dict[str, Any]] = []
    for pid, (name, side) in enumerate(sides.items(), 1):
        events.append({"name": "process_name", "ph": "M", "pid": pid, "args": {"name": name}})
        begins = sorted(event.start for event in side.events if event.name == _CALL)
        first = begins[-min(_TRACED, len(begins))]
        for event in side.events:
            if event.start < first:
                continue
            part, shown, compile_id = _kind(event.name)
            events.append(
                {
                    "name": shown if part is not Part.PYTHON else "call",
                    "cat": part.value,
                    "ph": "X",
                    "pid": pid,
                    "tid": event.thread,
                    "ts": (event.start - first) / 1e3,
                    "dur": event.duration / 1e3,
                    "args": {"compile_id": compile_id} if compile_id else {},
                }
            )
    try:
        path.write_text(json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
