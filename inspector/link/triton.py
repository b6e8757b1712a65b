"""Triton kernel ↔ TTIR ↔ TTGIR ↔ LLVM IR ↔ PTX ↔ SASS: from the locations that each of them carries.

Every stage names the lines of the kernel's own file, so each is tied to the kernel; and neighbours are tied where they
name the very same place, its column and the calls it was inlined through included. Machine code says which line of the
PTX it was assembled from, which is finer still, so it is tied to the PTX by that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import TypeVar

from inspector.link.facts import GpuKernel
from inspector.link.inductor import whole
from inspector.link.listing import Chain, Listing
from inspector.link.outputcode import KernelDefinition
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact, Span
from inspector.model.link import Origin
from inspector.model.stage import Stage

STAGES = (Stage.TTIR, Stage.TTGIR, Stage.LLIR, Stage.PTX, Stage.SASS)
"""What Triton makes of a kernel, in order."""
_FUNCTION = {
    Stage.TTIR: re.compile(r"\btt\.func public @([\w$.]+)\("),
    Stage.TTGIR: re.compile(r"\btt\.func public @([\w$.]+)\("),
    Stage.LLIR: re.compile(r"^define .*?@([\w$.]+)\("),
}
"""Where a stage begins the function that is launched."""
_MOST = 1024
"""Pairs of places that one location may make between two neighbours: a helper inlined everywhere says little."""

_T = TypeVar("_T")


def link_stages(kernel: Artifact, definition: KernelDefinition, gpu: GpuKernel) -> Tally:
    """Ties a kernel's text to all that Triton made of it, and each of these texts to the next."""
    tally = Tally()
    file, shift = _file_of(kernel, definition, gpu)
    last = len(kernel.lines)
    present = [stage for stage in STAGES if stage in gpu.artifacts]
    ptx = gpu.listings.get(Stage.PTX)
    for stage in present:
        artifact, listing = gpu.artifacts[stage], gpu.listings[stage]
        places = _kernel_lines(listing, ptx if stage is Stage.SASS else None, file)
        if not any(places):
            tally.link(whole(kernel), whole(artifact), Origin.KERNEL)
        for lines, span in _runs(artifact, places):
            for line in sorted(lines):
                if 1 <= line - shift <= last:
                    tally.link(Span.of_lines(kernel.id, line - shift), span, Origin.DEBUG_INFO)
    for one, other in pairwise(present):
        if one is Stage.PTX and any(gpu.listings[other].ptx_lines):
            _link_by_ptx_line(gpu, tally)
        else:
            _link_by_place(gpu, one, other, tally)
    return tally


def _file_of(kernel: Artifact, definition: KernelDefinition, gpu: GpuKernel) -> tuple[str, int]:
    """The file that the stages name, and how many lines further down the kernel's text stands in it.

    A stage says where the function that it compiles is defined. That need not be the file that runs: where equal code
    was compiled before, as a template is when it is tried out, Triton's cache answers with that one's places. Where no
    stage says it, the file is the one that holds the kernel's string from its first character.
    """
    for stage, pattern in _FUNCTION.items():
        listing = gpu.listings.get(stage)
        for line, places in zip(listing.text.split("\n"), listing.places, strict=False) if listing is not None else ():
            if places and (match := pattern.search(line)) is not None:
                file, defined, _ = min(places)[-1]
                starts = [f"def {name}(" for name in (match[1], definition.name)]
                numbers = [
                    number
                    for start in [*starts, "def "]
                    for number, text in enumerate(kernel.lines, 1)
                    if text.startswith(start)
                ]
                if numbers:
                    return file, defined - numbers[0]
    return gpu.file, definition.first_line - definition.string_line


def _kernel_lines(listing: Listing, ptx: Listing | None, file: str) -> Sequence[frozenset[int]]:
    """For each line the kernel file's lines that it comes from; machine code takes its PTX's, which are finer."""
    own = listing.kernel_lines(file)
    if ptx is None:
        return own
    of_ptx = dict(zip(ptx.written, ptx.kernel_lines(file), strict=True))
    return [of_ptx.get(line) or lines for line, lines in zip(listing.ptx_lines, own, strict=True)]


def _runs(artifact: Artifact, keys: Iterable[_T]) -> Iterator[tuple[_T, Span]]:
    """Neighbouring lines of one key as one span; lines without a key are left out."""
    for key, group in groupby(enumerate(keys, start=1), lambda item: item[1]):
        if key:
            numbers = [number for number, _ in group]
            yield key, Span.of_lines(artifact.id, numbers[0], numbers[-1])


def _by_place(artifact: Artifact, listing: Listing) -> dict[Chain, list[Span]]:
    found: dict[Chain, list[Span]] = {}
    for places, span in _runs(artifact, listing.places):
        for chain in places:
            found.setdefault(chain, []).append(span)
    return found


def _link_by_place(gpu: GpuKernel, one: Stage, other: Stage, tally: Tally) -> None:
    before = _by_place(gpu.artifacts[one], gpu.listings[one])
    after = _by_place(gpu.artifacts[other], gpu.listings[other])
    for chain, spans in before.items():
        found = after.get(chain, [])
        if len(spans) * len(found) > _MOST:
            tally.gap(f"places of a kernel that stand too often in its {one.short} and {other.short} to be told apart")
            continue
        for a in spans:
            for b in found:
                tally.link(a, b, Origin.DEBUG_INFO)


def _link_by_ptx_line(gpu: GpuKernel, tally: Tally) -> None:
    ptx, sass = gpu.artifacts[Stage.PTX], gpu.artifacts[Stage.SASS]
    shown = {written: line for line, written in enumerate(gpu.listings[Stage.PTX].written, start=1)}
    lines = [shown.get(line, 0) for line in gpu.listings[Stage.SASS].ptx_lines]
    for line, span in _runs(sass, lines):
        tally.link(Span.of_lines(ptx.id, line), span, Origin.DEBUG_INFO)
