"""What `--passes` costs: captures with and without it in turn, by their first compiled call and their bundle's size.

    python -m benchmarks.passes_cost [--pairs 3] [TARGET…]

The toolchain's answers are kept; code generation is done in each. Beside the difference stands what the recorder itself
says that looking took, which noise of other work has a smaller part in.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from common import Scratch, machine

from inspector.bundle import read

TARGETS = ("llama-mlp", "gpt2-block", "llama-tiny --train")


def capture(folder: Path, target: list[str], *options: str) -> tuple[float, Path]:
    """Seconds of the first compiled call, and the bundle."""
    bundle = folder / "bundle"
    command = [sys.executable, "-m", "inspector", "capture", *target, *options, "--json", "--force", "-o", str(bundle)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout)["first_call_seconds"]), bundle


def size(bundle: Path) -> float:
    """KiB of its files."""
    return sum(file.stat().st_size for file in bundle.rglob("*") if file.is_file()) / 1024


def measure(target: list[str], pairs: int) -> str:
    """One row of the table."""
    without, with_passes, looking, sizes = [], [], [], (0.0, 0.0)
    changes = 0
    with Scratch() as folder:
        capture(folder, target)  # keeps the toolchain's answers
        for pair in range(pairs):
            for passes in (False, True) if pair % 2 else (True, False):
                seconds, bundle = capture(folder, target, *(["--passes"] if passes else []))
                (with_passes if passes else without).append(seconds)
                sizes = (sizes[0], size(bundle)) if passes else (size(bundle), sizes[1])
                if passes:
                    found = read(bundle).passes
                    looking.append(sum(item.looking for item in found))
                    changes = sum(len(item.changes) for item in found)
    middle = [statistics.median(values) for values in (without, with_passes, looking)]
    words = f"{middle[0]:.2f} s | {middle[1]:.2f} s | {middle[2]:.3f} s | {sizes[0]:.0f} → {sizes[1]:.0f} KiB"
    return f"| {' '.join(target)} | {changes} | {words} |"


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), metavar="TARGET", help="with options, in quotes")
    options = parser.parse_args()
    print(machine())
    print("| target | changes | first call without | with | looking | bundle |")
    for target in options.targets:
        print(measure(target.split(), options.pairs), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
