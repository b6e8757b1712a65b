"""What a capture costs, and what keeping the toolchain's answers saves: whole processes, from start to exit.

    python benchmarks/capture_overhead.py [--pairs 5] [--kept]

Without --kept: a cold `torch.compile` of the Llama MLP in a plain script, against `inspector capture llama-mlp --cold`.
With --kept: the same plain script, against `inspector capture llama-mlp` from its second capture on.
Both sides of a pair get a temporary folder and caches of their own that nothing has touched.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from common import Scratch, in_turn, machine, report, timed_process

PLAIN = """
import torch
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaMLP

torch.manual_seed(0)
mlp = LlamaMLP(LlamaConfig(hidden_size=2048, intermediate_size=8192)).eval()
x = torch.randn(1, 8, 2048)
with torch.no_grad():
    torch.compile(mlp)(x)
"""


def fresh(folder: Path, **extra: str) -> dict[str, str]:
    """The environment of a machine that has never compiled anything."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    dropped = ("TORCHINDUCTOR_CACHE_DIR", "TORCH_TRACE", "TORCH_LOGS", "INDUCTOR_PROVENANCE")
    environment = {key: value for key, value in os.environ.items() if key not in dropped}
    return {**environment, "TMPDIR": str(temporary), **extra}


def plain() -> float:
    """A user's own script, cold."""
    with Scratch() as folder:
        return timed_process([sys.executable, "-c", PLAIN], fresh(folder))


def capture(*options: str, cache: Path | None = None) -> float:
    """`inspector capture llama-mlp`, bundle written and all."""
    with Scratch() as folder:
        command = [sys.executable, "-m", "inspector", "capture", "llama-mlp", "-o", str(folder / "bundle"), *options]
        return timed_process(command, fresh(folder, XDG_CACHE_HOME=str(cache or folder / "cache")))


def main() -> int:
    """Prints the pairs, the medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--kept", action="store_true", help="the second capture on, against a cold torch.compile")
    options = parser.parse_args()
    print(machine())
    if not options.kept:
        pairs = in_turn(plain, lambda: capture("--cold"), options.pairs)
        return report("cold capture", "plain torch.compile", "inspector capture --cold", pairs, 1.05) > 1.05
    with Scratch() as cache:
        print(f"  first capture, which fills the cache: {capture(cache=cache):.2f} s")
        pairs = in_turn(plain, lambda: capture(cache=cache), options.pairs)
        return report("kept capture", "plain cold torch.compile", "inspector capture", pairs, 0.5) > 0.5


if __name__ == "__main__":
    sys.exit(main())
