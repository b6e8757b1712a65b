"""How well the runner's medians agree with `torch.utils.benchmark` on the same modules, in the same process.

    python benchmarks/latency_agreement.py [--target llama-mlp ...] [--rounds 20] [--seconds 0.5]

In each round the runner takes pairs, then Timer times the same two callables on the same inputs with as many
threads. Rounds are short and many, so that the machine's drift hits both; the medians are over all rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import Scratch, machine

from inspector.model.request import CaptureRequest

LIMIT = 0.03


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", help="a target, instead of llama-mlp and softmax")
    parser.add_argument("--seconds", type=float, default=0.5, help="seconds of samples in a round, for each of both")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, help="torch's threads; the default is torch's own")
    options = parser.parse_args()
    print(machine())
    held = True
    # A parallel region of microseconds would measure how OpenMP's threads wake up: the small one gets one thread.
    chosen = [(target, options.threads) for target in options.target or ()]
    for target, threads in chosen or [("llama-mlp", options.threads), ("softmax", options.threads or 1)]:
        with Scratch() as folder:
            held &= agree(
                CaptureRequest(target=target, threads=threads, torch_logs=()),
                folder,
                options.seconds,
                options.rounds,
            )
    return 0 if held else 1


def agree(request: CaptureRequest, folder: Path, seconds: float, rounds: int) -> bool:
    """Prints a target's ratios, runner / Timer; whether both are within the limit."""
    from inspector.worker import settings

    os.environ["TORCH_TRACE"] = str(folder / "trace")
    settings.prepare_environment(request, folder)
    settings.configure_torch(request)

    import torch

    from inspector.worker.capture import TargetCapture

    torch._dynamo.reset()
    capture = TargetCapture(request, print)
    capture.run()
    functions = {"eager": capture.built.call, "compiled": capture.compiled}
    ours: dict[str, list[float]] = {name: [] for name in functions}
    theirs: dict[str, list[float]] = {name: [] for name in functions}
    runner = Runner(capture)
    for _ in range(rounds):
        for name, samples in runner.samples(seconds).items():
            ours[name] += samples
        for name, function in functions.items():
            theirs[name] += timer(capture, function, seconds)
    capture.close()
    held = True
    for name in functions:
        one, other = statistics.median(ours[name]), statistics.median(theirs[name])
        held &= abs(one / other - 1) <= LIMIT
        print(
            f"{request.target} {name}: runner {one * 1e6:.2f} µs · Timer {other * 1e6:.2f} µs · ratio {one / other:.3f}"
            f" · asked for: within {LIMIT:.0%} · {'held' if abs(one / other - 1) <= LIMIT else 'MISSED'}"
        )
    return held


class Runner:
    """The worker's runner without a worker: what it would send is kept."""

    def __init__(self, capture: Any) -> None:
        from inspector.worker.bench import LatencyBench

        self._events: list[Any] = []
        self._latency = LatencyBench(capture, self)  # type: ignore[arg-type]
        self._latency.run(None)
        self._latency.step()  # warms up

    def send(self, event: Any) -> None:
        """What a channel does with an event."""
        self._events.append(event)

    def samples(self, seconds: float) -> dict[str, list[float]]:
        """Samples of so many seconds for each of both, seconds a call."""
        from inspector.protocol import Samples

        self._events.clear()
        ends = time.perf_counter() + 2 * seconds
        while time.perf_counter() < ends:
            self._latency.step()
        batches = [event for event in self._events if isinstance(event, Samples)]
        return {name: [value for batch in batches for value in getattr(batch, name)] for name in ("eager", "compiled")}


def timer(capture: Any, function: Callable[..., Any], seconds: float) -> list[float]:
    """Timer's samples with the runner's threads, seconds a call."""
    import torch
    from torch.utils.benchmark import Timer

    args, kwargs = capture.inputs
    with torch.no_grad():
        timed = Timer(
            "function(*args, **kwargs)",
            globals={"function": function, "args": args, "kwargs": kwargs},
            num_threads=torch.get_num_threads(),
        )
        return list(timed.blocked_autorange(min_run_time=seconds).times)


if __name__ == "__main__":
    sys.exit(main())
