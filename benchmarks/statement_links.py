"""How many kernel statements get their FX nodes, and what the recording costs in compile CPU time.

    python benchmarks/statement_links.py [--record statements|fusion|both] [--pairs 3] [CASE…]

`fusion` measures the record of what was fused, and what was not and why, instead; `both` the two together.

Each pair is two fresh processes, one plain and one recording, in turns first. Both compile every case once, after a
warm-up, and leave the building of the kernels out: the time is the compiler's own Python, so a C++ compiler's seconds
hide nothing. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
RECORDED = {
    "statements": frozenset(("statements",)),
    "fusion": frozenset(("fusion",)),
    "both": frozenset(("statements", "fusion")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", help="names of cases (default: all)")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of fresh processes (default: 3)")
    parser.add_argument(
        "--record", choices=tuple(RECORDED), default="statements", help="what is recorded (default: statements)"
    )
    parser.add_argument("--child", choices=("plain", "recording"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "worker")]
    if arguments.child:
        recorded = RECORDED[arguments.record] if arguments.child == "recording" else frozenset[str]()
        print(json.dumps(measure(arguments.cases, recorded)))
        return
    with tempfile.TemporaryDirectory() as cache:
        run_child("plain", arguments.record, ["softmax"], cache)  # finds out about the machine once
        pairs = []
        for number in range(arguments.pairs):
            order = ("plain", "recording") if number % 2 else ("recording", "plain")
            pairs.append({which: run_child(which, arguments.record, arguments.cases, cache) for which in order})
    print_table(pairs, RECORDED[arguments.record])


def run_child(which: str, record: str, cases: list[str], cache: str) -> dict[str, Any]:
    """One fresh process; what `measure` found in it."""
    import os

    environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": cache, "TORCHINDUCTOR_COMPILE_THREADS": "1"}
    command = [sys.executable, __file__, "--child", which, "--record", record, *cases]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(names: list[str], recorded: frozenset[str]) -> dict[str, Any]:
    """Compile each case in this process: CPU seconds, a hash of the output code, statements and linked ones.

    Args:
        recorded: what is recorded meanwhile, of `statements` and `fusion`.
    """
    import torch
    from kernel_text import statement_lines
    from statement_modules import CASES, Case, generated_code

    from inspector.worker import records as side_records
    from inspector.worker.direction import Direction
    from inspector.worker.fusion import FusionLog
    from inspector.worker.statements import KernelStatements, record_statements

    generated_code(Case(lambda x: torch.softmax(x.sin(), -1).sum(), (torch.randn(8, 40),)))
    found = {}
    for name in names or CASES:
        case = CASES[name]()
        records: list[KernelStatements] = []
        written: list[str] = []
        gc.collect()  # so that no case pays for another's garbage
        with contextlib.ExitStack() as stack:
            start = time.process_time()
            state = stack.enter_context(record_statements(records.append)) if "statements" in recorded else None
            if "fusion" in recorded:
                stack.enter_context(mock.patch.object(side_records, "write", keep_in(written)))
                stack.enter_context(FusionLog(Direction()).recording())
            codes = generated_code(case)
            stack.close()
            seconds = time.process_time() - start
        if state is not None and state.reason:
            raise SystemExit(state.reason)
        statements = [set(statement_lines(record.source)) for record in records]
        linked = [
            {line.line for line in record.lines} & wanted for record, wanted in zip(records, statements, strict=True)
        ]
        alone = [line for record in records for line in record.lines if len(line.nodes) + len(line.others) == 1]
        found[name] = {
            "cpu": seconds,
            "code": hashlib.sha256("\0".join(codes).encode()).hexdigest(),
            "kernels": len(records) or sum(len(json.loads(text)["kernels"]) for text in written),
            "statements": sum(map(len, statements)),
            "linked": sum(map(len, linked)),
            "alone": len(alone) / max(1, sum(len(record.lines) for record in records)),
        }
    return found


def keep_in(written: list[str]) -> Callable[[str, Mapping[str, Any]], None]:
    """Takes side records as the trace does: as JSON, made at once; any but a fusion record says that one failed."""

    def write(name: str, payload: Mapping[str, Any]) -> None:
        if name != "fusion":
            raise SystemExit(str(payload))
        written.append(json.dumps(payload, default=str))

    return write


def print_table(pairs: list[dict[str, dict[str, Any]]], recorded: frozenset[str]) -> None:
    print("| module | kernels | statements | linked | % | to one node | code identical | CPU s plain | CPU ratio |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |")
    names = list(pairs[0]["plain"])
    for name in names:
        facts = pairs[0]["recording"][name]
        same = len({run[name]["code"] for pair in pairs for run in pair.values()}) == 1
        plain = statistics.median(pair["plain"][name]["cpu"] for pair in pairs)
        ratio = statistics.median(pair["recording"][name]["cpu"] / pair["plain"][name]["cpu"] for pair in pairs)
        share = facts["linked"] / max(1, facts["statements"])
        counted = f"{facts['statements']} | {facts['linked']} | {share:.1%} | {facts['alone']:.0%}"
        counted = counted if "statements" in recorded else "– | – | – | –"
        print(f"| {name} | {facts['kernels']} | {counted} | {'yes' if same else 'NO'} | {plain:.2f} | {ratio:.3f} |")
    totals = [{which: sum(run[name]["cpu"] for name in names) for which, run in pair.items()} for pair in pairs]
    ratios = sorted(total["recording"] / total["plain"] for total in totals)
    statements = sum(pairs[0]["recording"][name]["statements"] for name in names)
    linked = sum(pairs[0]["recording"][name]["linked"] for name in names)
    if "statements" in recorded:
        print(f"\n{linked} of {statements} statements linked ({linked / statements:.2%}).")
    print(f"\nRecorded: {' and '.join(sorted(recorded))}.")
    print(
        f"Compile CPU time, recording / plain, all modules: median {statistics.median(ratios):.3f} of {len(ratios)} ",
        end="",
    )
    print(f"pairs ({ratios[0]:.3f} … {ratios[-1]:.3f}).")


if __name__ == "__main__":
    main()
