"""Prices of code whose cost is known by construction, and of the gallery: does the truth come out, do the parts add up?

    python -m benchmarks.price_truth [--threads N] [TARGET…]

The first table is two functions: in one a loop is eight times as long as another, one expression runs twice, and
divisions stand beside additions on the same data; in the other one operator sleeps and another spins in one thread. A
ratio holds within 15 %, or its stated error where that is wider. The second table has the
gallery's targets: the parts against the clock of other calls, and what clocks and samples cost. Alone on the machine;
it says how busy others kept it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import Scratch, machine

MODULE = """
import time

import torch


@torch.library.custom_op("price_truth::sleeps", mutates_args=())
def sleeps(x: torch.Tensor) -> torch.Tensor:
    time.sleep(0.02)
    return x.clone()


@sleeps.register_fake
def _(x):
    return torch.empty_like(x)


@torch.library.custom_op("price_truth::spins", mutates_args=())
def spins(x: torch.Tensor) -> torch.Tensor:
    end = time.perf_counter() + 0.02
    while time.perf_counter() < end:
        pass
    return x.clone()


@spins.register_fake
def _(x):
    return torch.empty_like(x)


def once(x):
    return torch.erf(x)


def twice(x):
    return torch.erf(x)


def truth(short, long, a, b, c, d):
    one = once(a), twice(b), twice(c)
    divided = short / (short / (short / (short + 1.5)))
    added = short + (short + (short + (short + 1.5)))
    return one, divided, added, torch.tanh(long), torch.tanh(d)


def waits(d):
    return sleeps(d), spins(d)


def computing():
    sizes = 100_000, 160_000, 30_000, 30_001, 30_002, 20_000  # which all stay in the cache
    return truth, tuple(torch.rand(size) + 0.5 for size in sizes)


def waiting():
    return waits, (torch.rand(200_000),)
"""
CLAIMS = (
    ("a loop 8 times as long", "torch.tanh(long)", "torch.tanh(d)", 8.0),
    ("one expression run twice", "twice(b)", "once(a)", 1.0),
    ("the line that ran twice", "twice: torch.erf(x)", "once: torch.erf(x)", 2.0),
)
TARGETS = ("llama-mlp --seq 8", "llama-mlp --seq 128", "llama-decoder-layer", "softmax", "layer-norm", "llama-tiny")
NOT_AT_WORK = ("threads wait for one another", "not running")


def priced(words: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "inspector", "price", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    (price,) = json.loads(done.stdout)["prices"]
    return price  # type: ignore[no-any-return]


def at_work(row: dict[str, Any]) -> float:
    """Seconds without waiting: what others do to the machine is no part of the truth."""
    return sum(seconds for name, seconds in row["parts"] if name not in NOT_AT_WORK)


def truths(threads: str, kept: Path | None) -> None:
    with Scratch() as folder:
        file = Path(folder, "truth.py")
        file.write_text(MODULE, encoding="utf-8")
        words = ["--threads", threads, "--seconds", "12", "--no-eager"]
        bundle = str(Path(folder, "bundle"))
        price = priced([f"{file}:computing", *words, "-o", bundle])
        statements = priced([bundle, "--by", "statement"])
        waited = priced([f"{file}:waiting", *words])
    if kept:
        kept.write_text(json.dumps([price, statements, waited]), encoding="utf-8")
    if not any(row["span"] for row in statements["rows"]):
        sys.exit("Nothing to hold against anything: no statement of the kernel is known by its machine code.")
    rows = {row["label"]: row for row in price["rows"]}
    erf = [row for row in price["rows"] if row["label"] == "torch.erf(x)"]
    rows["once: torch.erf(x)"], rows["twice: torch.erf(x)"] = sorted(erf, key=lambda row: row["span"]["start"])
    print("| truth | expected | found | |\n|---|---:|---:|---|")
    for name, one, other, expected in CLAIMS:
        a, b = rows[one], rows[other]
        found = at_work(a) / at_work(b)
        error = (a["error"] / a["seconds"]) ** 2 + (b["error"] / b["seconds"]) ** 2
        within = max(0.15, error**0.5)
        verdict = "held" if abs(found / expected - 1) <= within else "MISSED"
        print(f"| {name} | {expected:g} × | {found:.2f} × | {verdict} (within {within:.0%}) |")
    divisions = sum(row["seconds"] for row in statements["rows"] if " / " in row["label"] and row["span"])
    additions = sum(row["seconds"] for row in statements["rows"] if " + " in row["label"] and row["span"])
    verdict = "held" if divisions > additions else "MISSED"
    print(f"| 3 divisions against 5 additions | more | {divisions / max(additions, 1e-12):.1f} × | {verdict} |")
    rows = {row["label"]: row for row in waited["rows"]}
    slept, spun = rows["sleeps(d)"], rows["spins(d)"]
    for name, row in (("sleeps", slept), ("spins in one thread for", spun)):
        verdict = "held" if row["seconds"] >= 0.02 else "MISSED"
        print(f"| an operator that {name} 20 ms | ≥ 20 ms | {row['seconds'] * 1e3:.1f} ms | {verdict} |")
    verdict = "held" if at_work(spun) > 3 * at_work(slept) else "MISSED"
    words = [f"{at_work(row) * 1e3:.1f} ms" for row in (spun, slept)]
    print(f"| who spins is at work, who sleeps is not | more | {', '.join(words)} | {verdict} |")
    told(price)


def told(price: dict[str, Any]) -> None:
    busy = price["busy"]
    print(f"\nothers used {busy:.0%} of the machine\n" if busy is not None else "\nhow busy others were is not known\n")


def sums(targets: list[str], threads: str) -> None:
    print("| target | a call | parts | of it | with clocks | with samples too | samples | strays | others |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for words in targets:
        price = priced([*words.split(), "--threads", threads, "--by", "part"])
        parts = sum(row["seconds"] for row in price["rows"])
        sampling = price["sampling"]
        strays = sum(site["sampled"]["strays"] for site in price["sites"])
        print(
            f"| {words} | {price['undisturbed'] * 1e3:.3f} ms | {parts * 1e3:.3f} ms "
            f"| {parts / price['undisturbed']:.1%} | {price['seconds'] / price['undisturbed'] - 1:+.1%} "
            f"| {sampling['slowdown'] or 0:+.1%} | {sampling['samples']:,} | {strays} | {price['busy'] or 0:.0%} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    parser.add_argument("--threads", default="2")
    parser.add_argument("--keep", type=Path, help="a file for the prices of the first table, as JSON")
    args = parser.parse_args()
    print(f"{machine()} · {args.threads} threads\n")
    truths(args.threads, args.keep)
    sums(args.targets, args.threads)


if __name__ == "__main__":
    main()
