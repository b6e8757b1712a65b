"""Samples of each machine instruction that Nsight Compute took, put to the lines of a capture's SASS."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from inspector.errors import UsageError
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.price import PartKind, Price, Sampled, Sampling, Spot
from inspector.model.stage import Stage

COMMAND = "ncu -i REPORT --page source --print-source sass --csv"
"""What makes the text that is read here."""
STALLS = {
    "barrier": "waits at a barrier for other warps of its block",
    "branch_resolving": "waits for a branch's target",
    "dispatch": "the dispatcher holds it back",
    "drain": "waits for its stores to leave at the end",
    "gmma": "waits for the tensor cores",
    "imc": "waits for a constant",
    "lg": "waits for room in the queue of local and global memory",
    "long_sb": "waits for global or local memory",
    "math": "waits for a unit that calculates",
    "membar": "waits at a memory barrier",
    "mio": "waits for room in the queue of shared memory and special functions",
    "misc": "other",
    "no_inst": "waits for the next instruction",
    "not_selected": "ready, another warp was chosen",
    "selected": "issues",
    "short_sb": "waits for shared memory or a special function",
    "sleep": "asleep",
    "tex": "waits for room in the queue of textures",
    "wait": "waits a fixed number of cycles",
}
"""What a warp waits for, after "Warp Stall Reasons" in Nsight Compute's profiling guide."""
_STALL = "stall_"
_NOT_ISSUED = "(Not Issued)"
_PADDING = "NOP"


class Instruction(NamedTuple):
    """One of a report."""

    opcode: str
    samples: int
    stalls: Mapping[str, int]
    """Reason, as `long_sb` → samples."""


@dataclass
class Launch:
    """One launch of a kernel in a report."""

    kernel: str
    instructions: list[Instruction] = field(default_factory=list)


def read_report(text: str) -> tuple[Launch, ...]:
    """The launches in what `COMMAND` prints, in its order.

    Raises:
        UsageError: it is no such text, or one without samples.
    """
    launches: list[Launch] = []
    heading: list[str] = []
    try:
        for row in csv.reader(text.splitlines()):
            if row[:1] == ["Kernel Name"]:
                launches.append(Launch(row[1] if len(row) > 1 else ""))
            elif "Source" in row and "# Samples" in row:
                heading = row
            elif launches and heading and len(row) == len(heading):
                launches[-1].instructions.append(_instruction(dict(zip(heading, row, strict=True))))
    except (csv.Error, ValueError) as error:
        raise UsageError(
            f"This is no report of Nsight Compute's as CSV: {error}.", f"Make it with `{COMMAND}`."
        ) from None
    if not any(launch.instructions for launch in launches):
        raise UsageError(
            "No instruction of a kernel has samples in it.",
            f"Record with `ncu --section SourceCounters --section WarpStateStats`, and print with `{COMMAND}`.",
        )
    return tuple(launches)


def _instruction(row: Mapping[str, str]) -> Instruction:
    stalls = {
        name.removeprefix(_STALL): count
        for name, value in row.items()
        if name.startswith(_STALL) and not name.endswith(_NOT_ISSUED) and (count := _count(value))
    }
    return Instruction(opcode(row["Source"]), _count(row["# Samples"]), stalls)


def _count(text: str) -> int:
    number = int(text.replace(",", "")) if text.strip() not in ("", "-") else 0
    if not 0 <= number < 2**63:
        raise ValueError(f"{text} is no number of samples")
    return number


def opcode(instruction: str) -> str:
    """`LDG.E.128` of `@!P0 LDG.E.128 R8, desc[UR4][R2.64] ;`."""
    words = instruction.split()
    words = words[1:] if words and words[0].startswith("@") else words
    return words[0].rstrip(";") if words else ""


def joined_with(price: Price, capture: Capture, launches: Sequence[Launch]) -> Price:
    """A price with a report's samples at the lines of its kernels' SASS.

    A kernel is the same where its name is, and all its opcodes in their order; the `NOP`s behind the last are padding.
    Where several statements launch it, each has the samples of all its launches: they tell how its time is divided.
    """
    reported: dict[str, list[Launch]] = {}
    for launch in launches:
        reported.setdefault(launch.kernel, []).append(launch)
    spots: list[Spot] = []
    sites = list(price.sites)
    other, missing = dict[str, None](), dict[str, None]()
    for number, site in enumerate(price.sites):
        if site.part is not PartKind.KERNEL:
            continue
        listing = _listing(capture, site.compile_id, site.name)
        found = reported.get(site.name)
        if found is None or listing is None:
            missing[site.name] = None
            continue
        numbers, opcodes = _code(listing)
        same = [launch for launch in found if _padded(launch.instructions, len(opcodes)) == opcodes]
        if not same:
            other[site.name] = None
            continue
        here = [spot for spot in _spots(number, listing.id, numbers, same) if spot.samples]
        spots += here
        sites[number] = replace(site, sampled=Sampled(working=sum(spot.samples for spot in here)))
    clock = "Nsight Compute's sampler" if spots else ""
    samples = sum(spot.samples for spot in spots)
    sampling = Sampling(clock, precise=1, samples=samples, other=tuple(other), missing=tuple(missing))
    return replace(price, sites=tuple(sites), spots=tuple(spots), sampling=sampling)


def _listing(capture: Capture, compile_id: str, kernel: str) -> Artifact | None:
    return next(
        (item for item in capture.find(Stage.SASS) if item.kernel == kernel and item.compile_id == compile_id), None
    )


def _code(listing: Artifact) -> tuple[list[int], list[str]]:
    """The numbers of the lines that hold instructions, and their opcodes; the others are labels."""
    rows = [(number, line) for number, line in enumerate(listing.lines, 1) if line.rstrip().endswith(";")]
    return [number for number, _ in rows], [opcode(line) for _, line in rows]


def _padded(instructions: Sequence[Instruction], length: int) -> list[str]:
    """The opcodes of a report, without the padding behind the last that counts."""
    opcodes = [instruction.opcode for instruction in instructions]
    return opcodes[:length] if all(code == _PADDING for code in opcodes[length:]) else opcodes


def _spots(site: int, listing: str, numbers: Sequence[int], launches: Sequence[Launch]) -> Iterator[Spot]:
    for index, number in enumerate(numbers):
        stalls: Counter[str] = Counter()
        for launch in launches:
            stalls.update(launch.instructions[index].stalls)
        samples = sum(launch.instructions[index].samples for launch in launches)
        yield Spot(site, "", 0, samples, artifact=listing, line=number, stalls=tuple(stalls.most_common()))
