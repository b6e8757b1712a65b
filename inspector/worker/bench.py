"""The live latency runner: eager against compiled in alternation, so that drift of the machine hits both alike.

On a GPU a sample begins and ends with an empty queue and makes many calls in between, so it is the time of a call among
others: the longer one of what the host takes to launch it and what the GPU takes to run it.
"""

from __future__ import annotations

import gc
import itertools
import math
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

from inspector.protocol import Compared, GpuBusy, LatencyState, Samples
from inspector.worker.capture import TargetCapture
from inspector.worker.channel import Channel
from inspector.worker.gpu_clock import busy_seconds
from inspector.worker.outcomes import compared, depends_on_chance, draws_apart, outcome
from inspector.worker.profiling.deviation import deviation
from inspector.worker.profiling.processors import Processors, share
from inspector.worker.ran import graphs_in

SHORTEST_SAMPLE = 5e-3
"""Seconds that a sample takes at least, by averaging over calls: far above what reading the clock costs, and as
long as the blocks of `torch.utils.benchmark`, so that what the other one left in the caches counts as little."""
BATCH_SECONDS = 0.1
"""Seconds of samples that travel in one event."""
WARM_UP_SECONDS = 0.2
WARM_UP_CALLS = 3
FILLING_GPU = 20
"""Samples' worth of calls that the GPU is asked about: it clocks lower once it has been busy for a while."""
MOST_ON_GPU = 200
"""Calls whose kernels the GPU is asked about: each kernel is an event in memory."""


class LatencyBench:
    """Times the capture's target, a batch of pairs at a time, so that requests are heard in between."""

    def __init__(self, capture: TargetCapture, channel: Channel) -> None:
        self.running = False
        self._capture = capture
        self._channel = channel
        self._synchronise = synchroniser(capture.request.device)
        self._series = 0
        self._calls = 0
        """Calls a sample averages over; 0 before the series was warmed up."""
        self._spent = 0.0, 0.0
        """Seconds of the processors that others used while samples were taken, and of all there were."""
        self._left: int | None = None
        """Pairs to take before stopping; None goes on."""

    @property
    def series(self) -> int:
        """The number of the present series."""
        return self._series

    def run(self, samples: int | None) -> None:
        """Begins, or goes on with the same series, for so many pairs or until paused."""
        self._left = samples
        self.running = True
        self._tell("running" if self._calls else "warming")

    def pause(self) -> None:
        """Stops between two pairs; nothing is lost."""
        if self.running:
            self.running = False
            self._tell("paused")

    def restart(self) -> None:
        """Begins a new series: the old one was thrown away, or the inputs are others. Runs on if it was running."""
        self._series += 1
        self._calls = 0
        self._spent = 0.0, 0.0
        self._tell("warming" if self.running else "idle")

    def step(self) -> None:
        """Takes one batch of pairs and sends it, after warming up where the series is new."""
        if not self._calls:
            self._compare()
            with muted():
                self._calls = self._warm_up()
                self._look_at_gpu()
            self._tell("running")
        eager: list[float] = []
        compiled: list[float] = []
        processors = Processors()
        ends = time.perf_counter() + BATCH_SECONDS
        with without_collector(), muted():
            while (not eager or time.perf_counter() < ends) and self._left != 0:
                eager.append(self._sample(self._capture.built.call))
                compiled.append(self._sample(self._capture.compiled))
                if self._left is not None:
                    self._left -= 1
        if eager:
            (used, whole), (used_now, whole_now) = self._spent, processors.spent()
            self._spent = used + used_now, whole + whole_now
            shape, tokens = self._capture.shape, self._capture.tokens
            busy = share(*self._spent)
            self._channel.send(Samples(shape, eager, compiled, self._series, tokens, self._calls, busy))
        self._capture.put_back()
        if self._left == 0:
            self.running = False
            self._tell("idle")

    def _tell(self, state: str) -> None:
        self._channel.send(LatencyState(state, self._series))

    def _compare(self) -> None:
        """Compares what one call each comes to, and learns what the target writes and how much of it runs compiled."""
        with muted():
            eager = outcome(self._capture, self._capture.built.call)
            with graphs_in() as graphs:
                compiled = outcome(self._capture, self._capture.compiled)
            found = compared(eager, compiled)
            chance = draws_apart(self._capture, found, chance=depends_on_chance(self._capture, eager))
        pairs = [deviation(pair.compiled, pair.eager) for pair in found.pairs]
        self._channel.send(
            Compared(
                self._series,
                _largest(item.absolute for item in pairs),
                _largest(item.relative for item in pairs),
                elements=sum(item.elements or 0 for item in pairs),
                values=found.values,
                differing=sum(item.differing for item in pairs),
                beyond=sum(item.beyond for item in pairs),
                unlike=list(found.unlike),
                writes=list(eager.changes),
                writes_compiled=list(compiled.changes),
                chance=chance,
                graphs=graphs(),
            )
        )

    def _look_at_gpu(self) -> None:
        """Says how much of a call the GPU is at work: of small kernels, what is timed is the host launching them."""
        if torch.device(self._capture.request.device).type != "cuda":
            return
        call, inputs = self._capture.call, self._capture.inputs
        calls = min(self._calls * FILLING_GPU, MOST_ON_GPU)
        eager, compiled = (
            busy_seconds(partial(call.repeat, function, inputs, calls)) / calls
            for function in (self._capture.built.call, self._capture.compiled)
        )
        self._channel.send(GpuBusy(self._series, eager, compiled))

    def _warm_up(self) -> int:
        """Calls both until caches are warm; returns how many calls make a sample long enough."""
        functions = (self._capture.built.call, self._capture.compiled)
        ends = time.perf_counter() + WARM_UP_SECONDS
        for done in itertools.count():
            if done >= WARM_UP_CALLS and time.perf_counter() > ends:
                break
            for function in functions:
                self._call(function)
        calls = 1
        with without_collector():
            while min(self._time(function, calls) for function in functions) < SHORTEST_SAMPLE:
                calls *= 2
        return calls

    def _call(self, function: Callable[..., Any]) -> Any:
        self._capture.put_back()
        return self._capture.call(function, self._capture.inputs)

    def _sample(self, function: Callable[..., Any]) -> float:
        """Seconds a call, over one sample."""
        if self._calls > 1:
            self._call(function)  # pays for having been away; a call that fills a sample alone hardly feels it
        return self._time(function, self._calls) / self._calls

    def _time(self, function: Callable[..., Any], calls: int) -> float:
        return self._capture.seconds_of(function, calls, self._synchronise)


def _largest(values: Iterable[float]) -> float:
    """The largest one, 0 of none; NaN wins, so that it is never hidden."""
    return max(values, key=lambda value: math.inf if math.isnan(value) else value, default=0.0)


def synchroniser(device: str) -> Callable[[], None]:
    """What to call so that everything that was asked of the device is done."""
    kind = torch.device(device).type
    if kind == "cpu":
        return lambda: None
    return lambda: torch.accelerator.synchronize(device)


@contextmanager
def muted() -> Iterator[None]:
    """Drops what the target prints to stdout: thousands of calls would bury the log of the capture.

    The descriptor is pointed elsewhere, so that Dynamo's guards see the same objects and kernels' `printf` is caught
    too; both sides still pay for printing. Standard error stays: crash reports and torch's own logs go there.
    """
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def without_collector() -> Iterator[None]:
    """Keeps the garbage collector from running in the middle of a sample."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
