"""How much of the machine others used while something was measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


class Processors:
    """What the machine's processors have done since this was made."""

    def __init__(self) -> None:
        self._own = time.process_time()
        self._times = psutil.cpu_times()

    def others(self) -> float | None:
        """Share of all processors' time that other processes used, 0 to 1; None where it is not counted."""
        return share(*self.spent())

    def spent(self) -> tuple[float, float]:
        """Seconds of all processors that other processes used, and of all there were; both 0 where not counted."""
        spent = {name: now - before for name, now, before in self._differences()}
        spent.pop("guest", None)  # Linux counts a guest's time as its host's too
        spent.pop("guest_nice", None)
        whole = sum(spent.values())
        idle = spent.get("idle", 0.0) + spent.get("iowait", 0.0)
        return whole - idle - (time.process_time() - self._own), max(0.0, whole)

    def _differences(self) -> Iterator[tuple[str, float, float]]:
        now = psutil.cpu_times()
        for name in now._fields:
            yield name, getattr(now, name), getattr(self._times, name)


def share(used: float, whole: float) -> float | None:
    """What others used of so many seconds, 0 to 1; None of none."""
    return min(1.0, max(0.0, used / whole)) if whole > 0 else None


class RunningTime:
    """How much of some threads' wall time this process really ran, over several stretches."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._wall = self._own = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """One stretch, in which all threads have work."""
        wall, own = time.perf_counter(), time.process_time()
        yield
        self._wall += time.perf_counter() - wall
        self._own += time.process_time() - own

    @property
    def share(self) -> float | None:
        """0 to 1; None before there was any."""
        return min(1.0, self._own / (self._wall * self._threads)) if self._wall else None
