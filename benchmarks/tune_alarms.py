"""How often a search over settings recommends one of many that change nothing: `python benchmarks/tune_alarms.py`.

Whole searches on a machine that is made up (`tests/made_tuning.py`): every candidate is as fast as what there is; calls
differ from sample to sample, processes from start to start. Seeds 0, 1, 2…; no real machine is involved. The second
part has one candidate that saves a known part, and counts how often it is found.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

from made_tuning import SMALL, Machine, search  # noqa: E402

KINDS = (
    ("processes alike, samples 3 % apart", 0.0, 0.03),
    ("processes 1 % apart, samples 3 %", 0.01, 0.03),
    ("processes 2 % apart, samples 3 %", 0.02, 0.03),
    ("processes 5 % apart, samples 20 %", 0.05, 0.2),
)


def main() -> None:
    """Prints a row for each kind, and one for each saving."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=500)
    count = parser.parse_args().searches
    for name, start, noise in KINDS:
        found = 0
        for seed in range(count):
            found += bool(search(Machine(seed, start=start, noise=noise, capture=SMALL)).recommended)
        print(f"nothing pays: {name:<40} {found} of {count} recommend something ({found / count:.1%})", flush=True)
    for saved in (0.01, 0.02, 0.03, 0.05, 0.1):
        found = 0
        for seed in range(count // 5):
            machine = Machine(seed, {"cpp.simdlen=256": 1 - saved}, start=0.01, capture=SMALL)
            found += "cpp.simdlen=256" in search(machine).recommended
        print(f"one saves {saved:4.0%}: recommended in {found} of {count // 5} searches", flush=True)


if __name__ == "__main__":
    main()
