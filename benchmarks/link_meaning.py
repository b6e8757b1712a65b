"""Judges links by what the linked texts do: chains from expressions to instructions, loads and stores, buffers.

    python benchmarks/link_meaning.py [--train] [--outside] [TARGET…]

Each target is captured in a worker of its own and judged as `tests/chain_meaning.py` does, which uses nothing of the
linker's. Prints a Markdown table of what was judged and what was wrong, then each fault. `--outside` takes the modules
of `outside_modules.py` instead of the gallery's. Exits with 1 where anything is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

from chain_meaning import judge_buffers, judge_chains, judge_values  # noqa: E402

import inspector  # noqa: E402
from inspector.targets import catalog  # noqa: E402

COLUMNS = {
    "expressions": ("expressions",),
    "their statements": ("statements",),
    "functions they call": ("calls of functions",),
    "loads, stores": ("loads", "stores", "store_reductions"),
    "buffers": ("buffers",),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="targets (default: the gallery but for those that take minutes)")
    parser.add_argument("--train", action="store_true", help="capture the backward pass too")
    parser.add_argument("--outside", action="store_true", help="the modules of outside_modules.py")
    arguments = parser.parse_args()
    gallery = [item.name for item in catalog() if not item.warning]
    targets = dict.fromkeys(arguments.targets or gallery, arguments.train)
    if arguments.outside:
        from outside_modules import NAMES, TRAINED

        targets = {f"{HERE / 'outside_modules.py'}:{name}": name in TRAINED for name in NAMES}
    print("| target |", " | ".join(COLUMNS), "|")
    print("| --- |" + " ---: |" * len(COLUMNS))
    faults: list[str] = []
    for target, train in targets.items():
        capture = inspector.capture(target, train=train)
        counted: Counter[str] = Counter()
        name = target.rpartition(":")[2] + (", training" if train else "")
        for judged in (judge_chains(capture), judge_buffers(capture), judge_values(capture)):
            counted += judged.counted
            faults += [f"{name}: {fault}" for fault in judged.faults]
        cells = [_cell(counted, parts) for parts in COLUMNS.values()]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print("\n" + "\n".join(faults or ["Nothing is wrong of what was judged."]))
    return 1 if faults else 0


def _cell(counted: Counter[str], parts: tuple[str, ...]) -> str:
    total, wrong = (sum(counted[f"{part}{end}"] for part in parts) for end in ("", ", wrong"))
    return f"{total}, {wrong} wrong" if wrong else str(total)


if __name__ == "__main__":
    sys.exit(main())
