"""Prices a captured target: its generated code clocked and sampled, in alternation with calls that nobody looks at."""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from inspector.model.price import Price, Sampling
from inspector.worker.bench import muted, without_collector
from inspector.worker.capture import TargetCapture
from inspector.worker.outcomes import outcome
from inspector.worker.pricing.clocking import Clocked, Stretch
from inspector.worker.pricing.eager import price_of_eager
from inspector.worker.pricing.images import Images
from inspector.worker.pricing.sampling import NotSampled, Sampler, other_threads, period_for
from inspector.worker.pricing.sums import Sums
from inspector.worker.pricing.work import works_of
from inspector.worker.profiling.ceilings import ceilings
from inspector.worker.profiling.processors import Processors

_ROUNDS = 4
"""Turns that each way of calling takes, so that drift of the machine hits all."""
_WAYS = 3
_MOST_CALLS = 1_000
"""Of one turn."""
_BATCH = 0.25
"""Seconds of calls in a row: as many as a ring has room for the samples of."""


@dataclass
class _Plain:
    """Calls that nobody looks at."""

    calls: int = 0
    seconds: float = 0.0
    system: float = 0.0
    """Seconds of all threads in the operating system."""
    faults: int = 0

    def call(self, capture: TargetCapture, calls: int) -> None:
        capture.put_back()
        capture.call(capture.compiled, capture.inputs)  # pays for having been away
        before = resource.getrusage(resource.RUSAGE_SELF)
        self.seconds += capture.seconds_of(capture.compiled, calls)
        after = resource.getrusage(resource.RUSAGE_SELF)
        self.calls += calls
        self.system += after.ru_stime - before.ru_stime
        self.faults += after.ru_minflt - before.ru_minflt


def price_of(capture: TargetCapture, seconds: float, progress: Callable[[str], object], *, eager: bool = True) -> Price:
    """What each part of a compiled call costs on the capture's present inputs, and eager's operators beside it.

    Args:
        capture: compiled already, on a CPU.
        seconds: how long to call, all together.
        progress: told in words what is going on.
        eager: whether eager's operators are clocked too.
    """
    progress("counting bytes and operations")
    clocked, plain = Clocked(capture.modules), _Plain()
    sums = Sums(clocked, threading.get_native_id())
    with muted():
        for function in (capture.built.call, capture.compiled):
            outcome(capture, function)  # which learns what a call writes
        works, kernel_calls = works_of(capture, clocked)
    limits = ceilings(anew=False, progress=progress)
    begun, found = Processors(), None
    with without_collector(), muted():
        taken = min(capture.seconds_of(capture.compiled, 1) for _ in range(3))
        share = seconds / (2 if eager else 1) / (_WAYS * _ROUNDS)
        calls = max(1, min(_MOST_CALLS, int(share / max(taken, 1e-6))))
        most = max(1, int(_BATCH / max(taken, 1e-6)))
        batches = [min(most, calls - first) for first in range(0, calls, most)]
        try:
            sampler, failure = Sampler(period_for(torch.get_num_threads())), ""
        except NotSampled as error:
            sampler, failure = None, str(error)
        try:
            for turn in range(_ROUNDS):
                progress(f"pricing: turn {turn + 1} of {_ROUNDS}")
                plain.call(capture, calls)
                _clock(capture, clocked, sums, batches)
                if sampler is not None:
                    _sample(capture, clocked, sums, batches, sampler)
            sampling = Sampling(failure=failure) if sampler is None else _told(sampler, sums)
        finally:
            if sampler is not None:
                sampler.close()
        if eager:
            progress("pricing: eager's operators")
            found = price_of_eager(capture, seconds / 2)
        capture.put_back()
    sites, spots = sums.frozen(works)
    return Price(
        capture.shape,
        sums.seconds / sums.calls,
        plain.seconds / plain.calls,
        sums.calls,
        sites,
        spots,
        sampling,
        found,
        modules=capture.module_paths,
        kernel_calls=kernel_calls,
        ceilings=limits,
        threads=torch.get_num_threads(),
        busy=begun.others(),
        system=None if capture.mutates else plain.system / plain.calls,
        faults=None if capture.mutates else plain.faults / plain.calls,
        without=tuple(clocked.without),
    )


def _clock(capture: TargetCapture, clocked: Clocked, sums: Sums, batches: Sequence[int]) -> None:
    with clocked.running():
        for calls in batches:
            for stretches in _called(capture, clocked, calls):
                sums.add(stretches)


def _sample(capture: TargetCapture, clocked: Clocked, sums: Sums, batches: Sequence[int], sampler: Sampler) -> None:
    with clocked.running():
        for calls in batches:
            with sampler.running():
                found = _called(capture, clocked, calls)
            sums.add_sampled(found, sampler.take(), Images())


def _called(capture: TargetCapture, clocked: Clocked, calls: int) -> list[list[Stretch]]:
    """Calls as a loop makes them, after one that pays for our having been away; where they write what the next one
    begins from, each is put back before."""

    def run(repeats: int, begin: Callable[[], None]) -> None:
        def one(*args: Any, **kwargs: Any) -> Any:
            begin()
            return capture.compiled(*args, **kwargs)

        capture.call.repeat(one, capture.inputs, repeats)

    found: list[list[Stretch]] = []
    for repeats in [1] * (calls + 1) if capture.mutates else [calls + 1]:
        capture.put_back()
        found += clocked.calls(partial(run, repeats))
    return found[1:]


def _told(sampler: Sampler, sums: Sums) -> Sampling:
    clocked, sampled = sums.seconds / sums.calls, sums.sampled_seconds / sums.sampled_calls
    return Sampling(
        sampler.clock,
        sampler.precise,
        sampler.seconds,
        sums.samples,
        sampler.lost,
        len(sampler.threads),
        len(other_threads() - sampler.threads),
        slowdown=sampled / clocked - 1,
    )
