"""Profiles of several targets as one Markdown table: do the parts add up, what does profiling cost, how near the limit.

    python -m benchmarks.profile_sums [TARGET…]

Each argument is one quoted command line: "llama-mlp --seq 8". Alone on the machine; ceilings are measured anew first.
"""

from __future__ import annotations

import json
import subprocess
import sys

TARGETS = (
    "llama-mlp --seq 1",
    "llama-mlp --seq 128",
    "llama-decoder-layer",
    "softmax",
    "layer-norm",
    "gpt2-mlp --dtype bf16",
    "llama-rmsnorm --train",
    "llama-tiny",
)


def main() -> None:
    print("| target | side | a call | parts add up to | while profiled | the call's limit | rows without a limit |")
    print("|---|---|---|---|---|---|---|")
    for number, words in enumerate(sys.argv[1:] or TARGETS):
        command = [sys.executable, "-m", "inspector", "profile", *words.split(), "--json"]
        done = subprocess.run(command + ["--ceilings"] * (number == 0), capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"| {words} | {done.stderr.strip()} | | | | | |")
            continue
        (profile,) = json.loads(done.stdout)["profiles"]
        speeds = (profile["ceilings"]["read"]["median"], profile["ceilings"]["copy"]["median"])
        floor = (profile["least"]["read"] + profile["least"]["written"]) / max(speeds)
        for name in ("eager", "compiled"):
            side = profile[name]
            blank = sum(row["own"] for row in side["rows"] if row["limit"] is None) / side["seconds"]
            print(
                f"| {words} | {name} | {side['undisturbed'] * 1e3:.3f} ms | {side['coverage']:.2%} "
                f"| {side['disturbance']:+.1%} | memory {floor / side['undisturbed']:.0%} | {blank:.1%} of the time |"
            )


if __name__ == "__main__":
    main()
