"""How often `inspector check --baseline` calls noise a growth, and misses one, on made starts.

python benchmarks/baseline_alarms.py [--pairs 2000]

Each pair is a baseline and a check, of compile time and one latency; their noise is log-normal, independent from start
to start. `day` is what all starts of one day have in common, which no interval from one day can hold.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit"))
from baselines import alarms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    pairs = parser.parse_args().pairs
    print(f"{pairs:,} pairs each; of 2 times each: share called more / noise / unknown / ok\n")
    print("starts  spread  day   grown by   more   noise  unknown  ok")
    for starts in (2, 4, 8):
        for spread, day, by in (
            (0.03, 0.0, 1.0),
            (0.10, 0.0, 1.0),
            (0.03, 0.02, 1.0),
            (0.03, 0.05, 1.0),
            (0.03, 0.0, 1.1),
            (0.03, 0.0, 1.2),
            (0.03, 0.0, 1.5),
            (0.10, 0.0, 1.5),
        ):
            found = alarms(pairs, starts, spread=spread, day=day, by=by)
            shares = [found.get(name, 0) / pairs / 2 for name in ("more", "noise", "unknown", "kept")]
            words = "  ".join(f"{share:6.1%}" for share in shares)
            print(f"{starts:<6}  {spread:<6}  {day:<4}  {by:<8}  {words}")


if __name__ == "__main__":
    main()
