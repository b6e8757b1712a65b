"""Whether the race's interval covers what changes from race to race: the same race again and again, in new processes.

    python -m benchmarks.race_repeats [--target softmax ...] [--races 6] [--samples 200] [--starts 3]

Of each target the races' intervals within one start, how many pairs of them lie apart, and how many of the single
races' speed-ups lie in the interval that groups of so many starts give.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.common import machine
from inspector.model.latency import LatencyRun, LatencySummary, joined, summarise


def main() -> None:
    """Races, and prints one line for each target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", help="a target's command line, instead of softmax and layer-norm")
    parser.add_argument("--races", type=int, default=6)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--starts", type=int, default=3, help="processes of one group")
    options = parser.parse_args()
    print(machine())
    for target in options.target or ("softmax", "layer-norm"):
        report(target, [race(target, options.samples) for _ in range(options.races)], options.starts)


def race(target: str, samples: int) -> LatencyRun:
    """One race in a process of its own."""
    words = [*target.split(), "--samples", str(samples), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "inspector", "latency", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{target} failed:\n{done.stderr[-2000:]}")
    run = json.loads(done.stdout)["runs"][0]
    return LatencyRun(run["shape"], tuple(run["eager"]), tuple(run["compiled"]))


def report(target: str, runs: Sequence[LatencyRun], starts: int) -> None:
    """Prints how far single races agree, and what groups of starts cover."""
    single = [summarise(run) for run in runs]
    print(f"{target}: " + ", ".join(words(found) for found in single))
    pairs = list(itertools.combinations(filter(None, (found.speedup_interval for found in single)), 2))
    apart = sum(one[1] < other[0] or other[1] < one[0] for one, other in pairs)
    print(f"{target}: {apart} of {len(pairs)} pairs of races have intervals that lie apart")
    held = tried = 0
    for chosen in itertools.combinations(range(len(runs)), starts):
        (run,) = joined([(runs[number],) for number in chosen])
        low, high = summarise(run).speedup_interval or (0.0, 0.0)
        others = [found.speedup for number, found in enumerate(single) if number not in chosen]
        tried += len(others)
        held += sum(low <= (speedup or 0.0) <= high for speedup in others)
    print(f"{target}: the interval over {starts} starts holds {held} of {tried} further races' speed-ups")


def words(found: LatencySummary) -> str:
    """`1.93 (1.88–1.99)`."""
    low, high = found.speedup_interval or (0.0, 0.0)
    return f"{found.speedup:.2f} ({low:.2f}–{high:.2f})"


if __name__ == "__main__":
    main()
