"""From a save to code and to a race: a worker forked from a warm parent beside a new process, in turn, in one run.

    python benchmarks/watch.py [--target path/to/file.py:name] [--rounds N] [--spare]

Each round compiles one text, which no process has seen before, in both ways. Printed are seconds of the clock and, as
a machine is seldom quiet, of the processor that the worker and what it started used: the latter says what a quiet
machine would take at most.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from inspector import protocol
from inspector.client.process import WorkerProcess
from inspector.client.warm import WarmWorkers
from inspector.live import CaptureUpdated, EventArrived, LiveCapture, Update
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

SMALL = """
import torch

class Small(torch.nn.Module):
    def forward(self, x):
        return torch.softmax(x * {number}.5, -1) + x.mean(-1, keepdim=True)
"""
STEPS = ("Inductor's code", "first call", "racing")


def once(
    request: CaptureRequest, workers: Callable[[Path, bool], WorkerProcess] | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of the clock and of the processor until each step."""
    begun, pid = time.perf_counter(), 0
    clock: dict[str, float] = {}
    used: dict[str, float] = {}

    def reached(step: str) -> None:
        if step not in clock:
            clock[step] = time.perf_counter() - begun
            used[step] = processor(pid)

    def on_update(update: Update) -> None:
        nonlocal pid
        match update:
            case CaptureUpdated(capture) if capture.find(Stage.INDUCTOR):
                reached(STEPS[0])
            case EventArrived(protocol.Hello(number)):
                pid = number
            case EventArrived(protocol.Compiled()):
                reached(STEPS[1])
                live.send(protocol.RunLatency(1))
            case EventArrived(protocol.Samples()):
                reached(STEPS[2])
                live.send(protocol.Shutdown())

    live = LiveCapture(request, on_update, workers=workers)
    live.start()
    outcome = live.wait()
    if STEPS[2] not in clock:
        sys.exit(f"{outcome.message} {outcome.hint}")
    return clock, used


def processor(pid: int) -> float:
    """Seconds that a process and its ended children have used; of one that was forked, since then."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(sum(times[:4]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", help="path/to/file.py:name, or a name from the gallery; a small module without it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spare", action="store_true", help="a spare process in place of a fork")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "small.py"
        request = CaptureRequest(target=options.target or f"{file}:Small")
        if options.target is None:
            file.write_text(SMALL.format(number=0))
            request = CaptureRequest(target=f"{file}:Small", inputs=("x=f32[64,256]",))
        parent = Path(folder) / "parent"
        parent.mkdir()
        begun = time.perf_counter()
        workers = WarmWorkers(request, parent, forks=not options.spare)
        try:
            found = rounds(request, file, workers, options.rounds, begun)
        finally:
            workers.close()
    print(f"\n{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians of {options.rounds} rounds, in turn")
    print(f"{'':24}" + "".join(f"{step:>32}" for step in STEPS))
    for name, runs in found.items():
        cells = [
            f"{statistics.median(clock[step] for clock, _ in runs):.2f} s"
            f" ({statistics.median(used[step] for _, used in runs):.2f} s used)"
            for step in STEPS
        ]
        print(f"{name:24}" + "".join(f"{cell:>32}" for cell in cells))


def rounds(
    request: CaptureRequest, file: Path, workers: WarmWorkers, count: int, begun: float
) -> dict[str, list[tuple[dict[str, float], dict[str, float]]]]:
    once(request, workers.worker)  # the header and the probes of this machine are kept from now on
    print(f"the parent was ready, and had compiled once, after {time.perf_counter() - begun:.1f} s", workers.refusal)
    name = "a spare process" if workers.refusal else "forked"
    found: dict[str, list[tuple[dict[str, float], dict[str, float]]]] = {name: [], "a new process": []}
    for number in range(1, count + 1):
        if request.target == f"{file}:Small":
            file.write_text(SMALL.format(number=number))
        if workers.refusal:
            time.sleep(20)  # the next spare one is begun as soon as one is taken, and a person takes longer than this
        found[name].append(once(request, workers.worker))
        found["a new process"].append(once(request, None))
    return found


if __name__ == "__main__":
    main()
