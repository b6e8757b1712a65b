"""How often the race's 95 % interval holds the true ratio, on made races: `python -m benchmarks.interval_coverage`.

The samples are as those of machines: they drift, and neighbours are alike. 1,000 races of each kind, seeds 0 to 999.
"""

from __future__ import annotations

import argparse
import math
import random

from inspector.model.latency import LatencyRun, summarise

KINDS = (
    ("60 pairs, independent", 60, 0.0, 0.0),
    ("1,000 pairs, independent", 1000, 0.0, 0.0),
    ("400 pairs, both sides drift by 40 %", 400, 0.0, 0.4),
    ("400 pairs, one side disturbed for 5 at a time", 400, 5.0, 0.0),
    ("400 pairs, for 20 at a time, drift 20 %", 400, 20.0, 0.2),
    ("1,000 pairs, for 60 at a time", 1000, 60.0, 0.0),
)


def held(pairs: int, length: float, drift: float, seed: int) -> bool:
    """Whether the interval of one race holds its ratio, exp(0.4)."""
    chance = random.Random(seed)
    keeps = math.exp(-1 / length) if length else 0.0
    apart = [chance.gauss(0, 0.05) if length else 0.0]
    while len(apart) < pairs:
        apart.append(keeps * apart[-1] + (chance.gauss(0, 0.05 * math.sqrt(1 - keeps**2)) if length else 0.0))
    common = [drift * at / pairs for at in range(pairs)]
    eager = tuple(math.exp(0.4 + both + chance.gauss(0, 0.05)) for both in common)
    compiled = tuple(math.exp(both + own + chance.gauss(0, 0.05)) for both, own in zip(common, apart, strict=True))
    low, high = summarise(LatencyRun("made", eager, compiled)).speedup_interval or (0.0, 0.0)
    return low <= math.exp(0.4) <= high


def main() -> None:
    """Prints a row for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=1000)
    races = parser.parse_args().races
    for name, pairs, length, drift in KINDS:
        found = sum(held(pairs, length, drift, seed) for seed in range(races))
        print(f"{name:<48} {found / races:6.1%} of {races}")


if __name__ == "__main__":
    main()
