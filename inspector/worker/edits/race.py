"""Eager, compiled and edited, timed in turn in one process, so that what drifts hits all three."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from inspector.model.edit import EditRace
from inspector.model.latency import FEWEST_PAIRS
from inspector.worker.bench import SHORTEST_SAMPLE, WARM_UP_CALLS, muted, synchroniser, without_collector
from inspector.worker.capture import TargetCapture
from inspector.worker.edits.build import KernelPlace
from inspector.worker.private import swapped
from inspector.worker.profiling.processors import Processors, share

_CHUNK = 0.25
"""Seconds after which it is said that it goes on, and asked whether it is to."""
_LONGEST = 4.0
"""How many times the seconds that were asked for a slow target may take, for the fewest rounds that say anything."""


def race(
    capture: TargetCapture, place: KernelPlace, edited: Any, seconds: float, go_on: Callable[[], bool]
) -> EditRace | None:
    """Times all three; None where it is not to go on before there are enough rounds.

    Args:
        seconds: how long, warm-up not counted.
        go_on: called a few times a second.
    """
    synchronise = synchroniser(capture.request.device)

    def timed(kernel: Any, function: Callable[..., Any], calls: int) -> float:
        with swapped(place.module, place.name, kernel):
            if calls > 1:
                capture.seconds_of(function, 1, synchronise)  # pays for having been away
            return capture.seconds_of(function, calls, synchronise) / calls

    sides = [
        partial(timed, kernel, function)
        for kernel, function in (
            (place.own, capture.built.call),
            (place.own, capture.compiled),
            (edited, capture.compiled),
        )
    ]
    times: tuple[list[float], ...] = ([], [], [])
    with muted():
        calls = _warm_up(sides)
    processors = Processors()
    begun = said = time.perf_counter()
    while not _enough(len(times[0]), time.perf_counter() - begun, seconds):
        if time.perf_counter() - said > _CHUNK:
            said = time.perf_counter()
            if not go_on():
                break
        order = (0, 1, 2) if len(times[0]) % 2 else (2, 1, 0)
        with without_collector(), muted():
            for side in order:
                times[side].append(sides[side](calls))
    capture.put_back()
    if len(times[0]) < FEWEST_PAIRS:
        return None
    eager, compiled, now = (tuple(item) for item in times)
    return EditRace(capture.shape, eager, compiled, now, calls, share(*processors.spent()))


def _enough(rounds: int, spent: float, seconds: float) -> bool:
    if rounds < FEWEST_PAIRS:
        return spent > _LONGEST * seconds and rounds > 0
    return spent > seconds


def _warm_up(sides: Sequence[Callable[[int], float]]) -> int:
    """Calls each until caches are warm; returns how many calls make a sample long enough."""
    for _ in range(WARM_UP_CALLS):
        for side in sides:
            side(1)
    calls = 1
    with without_collector():
        while min(side(calls) for side in sides) * calls < SHORTEST_SAMPLE:
            calls *= 2
    return calls
