"""Loops of machine code as llvm-mca models them: what they take where all data is near and nothing is waited for.

Modelled beside measured tells what a loop waits for: about the same, a port or a chain of operations; several times as
long, memory or whatever else the model does not know.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.jsontext import Malformed, load
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.price import Loop, Price
from inspector.programs import output_of

_JUMP = re.compile(r"^j\w+\s+.*?(\.L\d+)$")
_CALL = re.compile(r"^call\b")
_MOST = 16
"""Loops that are modelled: those with the most samples."""
_SECONDS = 20
_CHAIN = 1.3
"""How many times what its resources need an iteration takes, from which on it waits for its own results."""

Run = Callable[[Sequence[str]], str]


def modelled(price: Price, capture: Capture, run: Run | None = None) -> Price:
    """The price with its loops modelled, for the processor of this machine.

    Args:
        price: located.
        capture: of the same run.
        run: gives what a command writes; None runs llvm-mca where it is installed.
    """
    if price.gpu:
        return price
    found = list(_loops(price, capture))
    if not found:
        return replace(price, modelling="no loop of machine code has a sample")
    program = shutil.which("llvm-mca") if run is None else "llvm-mca"
    if program is None:
        return replace(price, modelling="llvm-mca is not installed (Debian, Ubuntu: apt install llvm)")
    ask = run or (lambda command: output_of(command, _SECONDS))
    loops = []
    for item, first, last in found:
        try:
            loops.append(_modelled(ask, program, item, first, last))
        except (OSError, subprocess.SubprocessError, Malformed, KeyError, IndexError, TypeError, ValueError) as error:
            return replace(price, loops=tuple(loops), modelling=f"llvm-mca did not model {item.kernel}: {error}")
    return replace(price, loops=tuple(loops), modelling="")


def _loops(price: Price, capture: Capture) -> Iterator[tuple[Artifact, int, int]]:
    """The innermost loops that have samples, those with most first: listing, first and last line."""
    samples: dict[tuple[str, int, int], int] = {}
    for spot in price.spots:
        item = capture.by_id.get(spot.artifact) if spot.line else None
        if item is None:
            continue
        around = [(first, last) for first, last in loops_in(item.text) if first <= spot.line <= last]
        if around:
            first, last = min(around, key=lambda loop: loop[1] - loop[0])
            samples[item.id, first, last] = samples.get((item.id, first, last), 0) + spot.samples
    for name, first, last in sorted(samples, key=lambda key: -samples[key])[:_MOST]:
        yield capture.by_id[name], first, last


def loops_in(text: str) -> list[tuple[int, int]]:
    """From a label to the last jump back to it, as lines of a listing."""
    labels: dict[str, int] = {}
    found: dict[str, int] = {}
    for number, words in enumerate(text.split("\n"), 1):
        if words.startswith(".L") and words.endswith(":"):
            labels[words[:-1]] = number
        elif (match := _JUMP.match(words.strip())) and match[1] in labels:
            found[match[1]] = number
    return [(labels[label], last) for label, last in found.items()]


def _modelled(run: Run, program: str, item: Artifact, first: int, last: int) -> Loop:
    body = item.lines[first - 1 : last]
    kept = [words for words in body if not _CALL.match(words.strip())]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "loop.s")
        file.write_text("\n".join((".intel_syntax noprefix", *kept, "")), encoding="utf-8")
        data: Any = load(run([program, "-mcpu=native", "-json", str(file)]).encode())
    region = data["CodeRegions"][0]
    summary = region["SummaryView"]
    cycles = float(summary["TotalCycles"]) / int(summary["Iterations"])
    needed = float(summary["BlockRThroughput"])
    resources, instructions = data["TargetInfo"]["Resources"], len(region["Instructions"])
    uses = [
        (float(use["ResourceUsage"]), str(resources[use["ResourceIndex"]]).partition(".")[0])
        for use in region["ResourcePressureView"]["ResourcePressureInfo"]
        if use["InstructionIndex"] == instructions
    ]
    busiest = max(uses, default=(0.0, ""))
    words = "its own results, one iteration after the other" if cycles > _CHAIN * max(needed, 1.0) else busiest[1]
    return Loop(item.id, first, last, cycles, words, str(data["TargetInfo"]["CPUName"]), calls=len(kept) < len(body))
