"""What `inspector run` costs a program: the same program plainly and recorded, in turn, each in a new process.

    python benchmarks/record_cost.py [--pairs N]

The program compiles six functions (two of them trained), recompiles one, and is done; every process gets an empty
cache folder, so both sides generate and build everything. CPU time is that of the process and all that it waited for.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import machine

PROGRAM = """
import torch
from torch import nn

torch.manual_seed(0)

class Block(nn.Module):
    def __init__(self, width, act):
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.act = act

    def forward(self, x):
        return x + self.down(self.act(self.up(self.norm(x))))

acts = [nn.functional.gelu, nn.functional.silu, torch.tanh, torch.relu, torch.sigmoid, nn.functional.softplus]
for number, act in enumerate(acts):
    torch._dynamo.reset()
    block = Block(64, act)
    compiled = torch.compile(block)
    if number < 2:
        compiled(torch.randn(8, 64)).sum().backward()
    else:
        with torch.no_grad():
            compiled(torch.randn(8, 64))
    if number == 0:
        compiled(torch.randn(4, 64)).sum().backward()
"""


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def once(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one process."""
    with tempfile.TemporaryDirectory() as caches:
        environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": f"{caches}/inductor", "TMPDIR": caches}
        began, before = time.perf_counter(), children_cpu()
        subprocess.run(command, cwd=folder, env=environment, check=True, stderr=subprocess.DEVNULL)
        return time.perf_counter() - began, children_cpu() - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "program.py").write_text(PROGRAM)
        plain = [sys.executable, "program.py"]
        sides: dict[str, list[tuple[float, float]]] = {"plain": [], "recorded": []}
        for number in range(pairs):
            recorded = [sys.executable, "-m", "inspector", "run", "-o", f"logs{number}", "program.py"]
            order = [("plain", plain), ("recorded", recorded)]
            for side, command in order if number % 2 == 0 else reversed(order):
                sides[side].append(once(command, folder))
        size = sum(path.stat().st_size for path in (folder / "logs0").iterdir())
    print("| | plain | recorded | ratio of each pair |\n|---|---:|---:|---|")
    for index, what in enumerate(("wall time", "CPU time")):
        a, b = ([times[index] for times in sides[side]] for side in ("plain", "recorded"))
        ratios = sorted(two / one for one, two in zip(a, b, strict=True))
        spread = f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
        print(f"| {what} | {statistics.median(a):.2f} s | {statistics.median(b):.2f} s | {spread} |")
    print(f"\nThe log: {size / 2**20:.1f} MiB.")


if __name__ == "__main__":
    main()
