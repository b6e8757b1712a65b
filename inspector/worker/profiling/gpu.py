"""Profiles a target on the GPU: what each kernel takes by the GPU's own clock, and how long the GPU waits for the host.

The host launches kernels ahead of the GPU, so its own times say little about the GPU's. A call is therefore taken
apart by what the GPU does: the kernels of each ATen operator, each Triton kernel under its name in the capture, and
what is left of the call by the clock, when the GPU waits. CUPTI hardly slows kernels down, but it slows the launches;
so the whole is a call without the profiler.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch._C._profiler import _RecordFunctionFast

from inspector.errors import UsageError
from inspector.model.profile import Argument, KernelCall, Part, Profile, ProfileRow, SideProfile, Work
from inspector.worker.bench import muted, without_collector
from inspector.worker.capture import TargetCapture
from inspector.worker.gpu_clock import on_gpu, profiled, union
from inspector.worker.outcomes import outcome
from inspector.worker.profiling.marks import PREFIX, Modules, argument
from inspector.worker.profiling.work import Account, count, inside
from inspector.worker.triton_kernels import tuners_of

IDLE = "GPU idle, waiting for the host"
_ROUNDS = 4
"""Turns that each side takes, so that drift of the machine hits both."""
_MOST_CALLS = 2000
_MOST_PROFILED = 200
"""Calls in one turn whose every event the profiler keeps in memory."""
_TRACED = 3
"""Calls of each side that the Chrome trace holds."""


class _Kernel(NamedTuple):
    """One piece of the GPU's work."""

    name: str
    part: Part
    compile_id: str
    call: object
    """What of the host it belongs to: an operator may launch several kernels."""
    start: int
    """Nanoseconds on the profiler's clock."""
    end: int


@dataclass
class _Side:
    call: Callable[..., Any]
    counted: Collection[str] = ()
    """Operators whose work is known."""
    calls: int = 1
    """In one turn."""
    undisturbed: float = 0.0
    timed: int = 0
    profiled: int = 0
    kernels: list[_Kernel] = field(default_factory=list)
    busy: int = 0
    """Nanoseconds that the GPU was at work in the profiled calls."""


def profile_on_gpu(
    capture: TargetCapture, seconds: float, progress: Callable[[str], object], trace: Path | None = None
) -> Profile:
    """Eager and compiled side by side on the capture's present inputs.

    Args:
        capture: compiled already, for a CUDA device.
        seconds: how long to call, both sides together.
        progress: told in words what is going on.
        trace: where to write some calls as a Chrome trace, by torch's own hand; None for nowhere.

    Raises:
        UsageError: the trace cannot be written.
    """
    progress("counting bytes and operations")
    call, inputs, modules = capture.call, capture.inputs, capture.modules
    eager, compiled = Account(), Account()
    with muted():
        for function in (capture.built.call, capture.compiled):
            outcome(capture, function)  # which learns what a call writes
        outputs = count(lambda: capture.called(capture.built.call), eager)
        capture.put_back()
        with inside(capture.graphs, compiled), launches_counted(modules) as kernels:
            call(capture.compiled, inputs)
        capture.put_back()
    work = eager.by_name(), compiled.by_name()
    sides = _Side(capture.built.call, work[0]), _Side(capture.compiled, work[1])
    with without_collector(), muted():
        for side in sides:
            side.calls = _calls(capture, side, seconds / (4 * _ROUNDS))
        for turn in range(_ROUNDS):
            for name, side in zip(("eager", "compiled"), sides, strict=True):
                progress(f"profiling: {name}, turn {turn + 1} of {_ROUNDS}")
                _turn(capture, side)
        if trace is not None:
            _write_trace(capture, sides, trace)
    return Profile(
        capture.shape,
        _summed(sides[0], work[0]),
        _summed(sides[1], work[1]),
        least=eager.least(outputs),
        kernel_calls=kernels(),
        threads=torch.get_num_threads(),
        gpu=torch.cuda.get_device_name(torch.device(capture.request.device)),
        wholes=tuple(sorted(eager.wholes | compiled.wholes)),
        failure=eager.failure,
    )


def _calls(capture: TargetCapture, side: _Side, budget: float) -> int:
    """How many calls fit into a turn's half."""
    taken = min(_time(capture, side, 10) for _ in range(2)) / 10
    return max(1, min(_MOST_CALLS, int(budget / max(taken, 1e-9))))


def _time(capture: TargetCapture, side: _Side, calls: int) -> float:
    """Seconds of so many calls, with the GPU's queue empty before and after."""
    return capture.seconds_of(side.call, calls, torch.cuda.synchronize)


def _turn(capture: TargetCapture, side: _Side) -> None:
    side.undisturbed += _time(capture, side, side.calls)
    side.timed += side.calls
    calls = min(side.calls, _MOST_PROFILED)
    with _named(capture.modules):
        events = profiled(functools.partial(capture.call.repeat, side.call, capture.inputs, calls))
    names = {name: compile_id for compile_id, module in reversed(capture.modules) for name, _ in tuners_of(module)}
    found = list(_kernels(events, names, side.counted))
    side.kernels += found
    side.busy += union((kernel.start, kernel.end) for kernel in found)
    side.profiled += calls


def _kernels(events: Sequence[Any], names: Mapping[str, str], counted: Collection[str] = ()) -> Iterator[_Kernel]:
    """The GPU's work among the profiler's events, each with what the host launched it for.

    CUPTI numbers the launches; the profiler links each to the operator that was running then. What a CUDA graph
    launches was recorded earlier and belongs to no operator: Triton's kernels are known by their names then.

    Args:
        names: Triton kernel → a compile id that has one of that name.
        counted: operators whose work is known. One of them answers for what it calls to launch its kernels.
    """
    hosts = [event for event in events if not on_gpu(event) and event.correlation_id()]
    by_number = {event.correlation_id(): event for event in sorted(hosts, key=_launches)}
    marks = sorted((event for event in events if event.name().startswith(PREFIX)), key=lambda event: event.start_ns())
    starts = [mark.start_ns() for mark in marks]
    parents = _parents(event for event in events if not on_gpu(event) and "::" in event.name())
    for event in events:
        if not on_gpu(event):
            continue
        start, end = event.start_ns(), event.start_ns() + event.duration_ns()
        host = by_number.get(event.linked_correlation_id())
        place = bisect_right(starts, host.start_ns()) - 1 if host is not None else -1
        mark = marks[place] if place >= 0 else None
        if mark is not None and host is not None and host.start_ns() >= mark.start_ns() + mark.duration_ns():
            mark = None
        if mark is None and event.name() in names:
            yield _Kernel(event.name(), Part.KERNEL, names[event.name()], start, start, end)
        elif mark is not None:
            compile_id, _, name = mark.name().removeprefix(PREFIX).rpartition("/")
            yield _Kernel(name, Part.KERNEL, compile_id, mark.start_ns(), start, end)
        elif host is None or "::" not in host.name() or " " in host.name():
            yield _Kernel(event.name(), Part.RUNTIME, "", event.correlation_id(), start, end)
        else:
            above: Any = host
            while above is not None and above.name() not in counted:
                above = parents.get(above.correlation_id())
            owner = above or host
            yield _Kernel(owner.name(), Part.OPERATOR, "", owner.correlation_id(), start, end)


def _launches(event: Any) -> tuple[bool, bool]:
    """Sorts what answers for a number last: CUDA's own calls are numbered apart from operators, and numbers meet."""
    return "::" in event.name() or event.name().startswith(PREFIX), not event.linked_correlation_id()


def _parents(events: Iterable[Any]) -> dict[int, Any]:
    """Correlation number of an operator → the operator that called it; left out where none did."""
    found: dict[int, Any] = {}
    stacks: dict[int, list[Any]] = {}
    for event in sorted(events, key=lambda event: (event.start_ns(), -event.duration_ns())):
        stack = stacks.setdefault(event.start_thread_id(), [])
        while stack and stack[-1].start_ns() + stack[-1].duration_ns() <= event.start_ns():
            stack.pop()
        if stack:
            found[event.correlation_id()] = stack[-1]
        stack.append(event)
    return found


def _summed(side: _Side, work: dict[str, Work]) -> SideProfile:
    """The rows of one side, a call of the target each."""
    length: Counter[tuple[str, Part, str]] = Counter()
    launched: dict[tuple[str, Part, str], set[object]] = {}
    for turn, kernel in enumerate(side.kernels):
        key = (kernel.name, kernel.part, kernel.compile_id)
        length[key] += kernel.end - kernel.start
        launched.setdefault(key, set()).add(kernel.call or turn)
    calls = max(1, side.profiled)
    rows = [
        ProfileRow(
            name,
            part,
            len(launched[name, part, compile_id]) / calls,
            taken / calls / 1e9,
            taken / calls / 1e9,
            compile_id,
            work.get(name) if part is Part.OPERATOR else None,
        )
        for (name, part, compile_id), taken in length.items()
    ]
    whole = side.undisturbed / side.timed
    idle = max(0.0, whole - side.busy / calls / 1e9)
    if idle:
        rows.append(ProfileRow(IDLE, Part.PYTHON, 1.0, idle, idle))
    rows.sort(key=lambda row: -row.own)
    return SideProfile(side.profiled, whole, whole, tuple(rows))


def _write_trace(capture: TargetCapture, sides: Sequence[_Side], path: Path) -> None:
    def run() -> None:
        for name, side in zip(("eager", "compiled"), sides, strict=True):
            with torch.profiler.record_function(name):
                capture.call.repeat(side.call, capture.inputs, _TRACED)
                torch.cuda.synchronize()

    try:
        with _named(capture.modules):
            profiled(run, trace=path)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.") from error


@contextmanager
def _wrapped(modules: Modules, make: Callable[[str, str, Any], Any]) -> Iterator[None]:
    """While this lasts, what launches each Triton kernel is what `make(compile_id, name, run)` returns."""
    tuners = {
        id(tuner): (tuner, compile_id, name) for compile_id, module in modules for name, tuner in tuners_of(module)
    }
    own = {number: vars(tuner)["run"] for number, (tuner, _, _) in tuners.items() if "run" in vars(tuner)}
    try:
        for tuner, compile_id, name in tuners.values():
            tuner.run = make(compile_id, name, tuner.run)
        yield
    finally:
        for number, (tuner, _, _) in tuners.items():
            vars(tuner).pop("run", None)
            vars(tuner).update({"run": own[number]} if number in own else {})


@contextmanager
def _named(modules: Modules) -> Iterator[None]:
    """While this lasts, the profiler has an event of the host's around each launch of a Triton kernel."""

    def make(compile_id: str, name: str, run: Any) -> Any:
        mark = f"{PREFIX}{compile_id}/{name}"

        def marked(*args: Any, **kwargs: Any) -> Any:
            with _RecordFunctionFast(mark):
                return run(*args, **kwargs)

        return marked

    with _wrapped(modules, make):
        yield


@contextmanager
def launches_counted(modules: Modules) -> Iterator[Callable[[], tuple[KernelCall, ...]]]:
    """While this lasts, the arguments of every launch are kept; yields what returns them so far."""
    seen: Counter[tuple[str, str, tuple[Argument, ...]]] = Counter()

    def make(compile_id: str, name: str, run: Any) -> Any:
        def listening(*args: Any, **kwargs: Any) -> Any:
            seen[compile_id, name, tuple(map(argument, args))] += 1
            return run(*args, **kwargs)

        return listening

    with _wrapped(modules, make):
        yield lambda: tuple(KernelCall(*key, count) for key, count in seen.items())
