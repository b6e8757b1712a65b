"""What the benchmark scripts share: the machine in one line, runs taken in turn, and how a ratio is printed."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))  # a script that imports this runs from a checkout, installed or not

Side = Callable[[], float]
"""One run; returns what it measured, in seconds."""


def machine() -> str:
    """The machine and the versions, in one line that a table can carry."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB · Python {platform.python_version()}"
        f" · torch {version('torch')} · Textual {version('textual')}"
    )


def in_turn(a: Side, b: Side, pairs: int, *, warmup: int = 0) -> list[tuple[float, float]]:
    """Runs `a` and `b` alternately, the order swapped in every other pair, so that drift hits both."""
    for _ in range(warmup):
        a()
        b()
    results = []
    for number in range(pairs):
        if number % 2:
            second = b()
            first = a()
        else:
            first = a()
            second = b()
        results.append((first, second))
        print(f"  pair {number + 1}: {first:.4g} s, {second:.4g} s, ratio {second / first:.3f}", flush=True)
    return results


def report(what: str, a: str, b: str, pairs: Sequence[tuple[float, float]], limit: float) -> float:
    """Prints both medians and the median of the pairs' ratios b / a; returns that ratio."""
    ratios = sorted(second / first for first, second in pairs)
    ratio = statistics.median(ratios)
    median_a, median_b = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    print(f"{what}: {a} {median_a:.4g} s · {b} {median_b:.4g} s")
    print(
        f"{what}: ratio {ratio:.3f} (median of {len(ratios)} pairs, {ratios[0]:.3f} to {ratios[-1]:.3f})"
        f" · asked for: at most {limit} · {'held' if ratio <= limit else 'MISSED'}"
    )
    return ratio


def timed_process(command: Sequence[str], environment: Mapping[str, str], **kwargs: object) -> float:
    """Wall seconds of a whole process; its failure is this script's failure, with its output."""
    start = time.perf_counter()
    done = subprocess.run(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **kwargs
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout.decode(errors='replace')[-4000:]}")
    return seconds


class Scratch:
    """A fresh folder that is gone at the end of the `with`."""

    def __enter__(self) -> Path:
        self.path = Path(tempfile.mkdtemp(prefix="inspector-bench-"))
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
