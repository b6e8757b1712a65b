"""Which kernels of one compilation compute what which kernels of another compute."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass

from inspector.compare.meanings import Meanings
from inspector.compare.reading import read_program
from inspector.compare.sides import CompileSide, unit_of
from inspector.compare.texts import text_of
from inspector.link.outputcode import read_output_code
from inspector.model.artifact import Artifact
from inspector.model.stage import Stage

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class GroupedKernel:
    """One kernel and what it computes."""

    artifact: Artifact
    nodes: Mapping[str, str]
    """What its operations mean on both sides → what this side calls them."""

    @property
    def name(self) -> str:
        """Its name in the output code."""
        return self.artifact.kernel or ""


@dataclass(frozen=True)
class KernelGroup:
    """Kernels that together compute the same operations."""

    a: tuple[GroupedKernel, ...]
    b: tuple[GroupedKernel, ...]


def group_kernels(known: Meanings) -> list[KernelGroup]:
    """The kernels of both sides by what they compute, in the order of the first side; each is in one group.

    Kernels of equal operations come first, so that an operation computed anew in several kernels ties no others
    together; then those that share any; last those whose text is the same, where a log does not say what they compute.
    """
    read = next(
        (
            read
            for read in (_fused, _linked)
            if all(any(read(side, item) for item in side.kernels) for side in known.sides)
        ),
        _listed,
    )
    a, b = (list(_kernels(known, side, read)) for side in (0, 1))
    groups = _matching(a, b, lambda kernel: frozenset(kernel.nodes) or None)
    groups += _overlapping(a, b)
    groups += _matching(
        a, b, lambda kernel: tuple(item.key for item in read_program(text_of(kernel.artifact)).statements)
    )
    groups += [KernelGroup((kernel,), ()) for kernel in a] + [KernelGroup((), (kernel,)) for kernel in b]
    place = {kernel.id: index for index, kernel in enumerate(known.sides[0].kernels)}
    return sorted(groups, key=lambda group: place[group.a[0].artifact.id] if group.a else len(place))


def _matching(
    a: list[GroupedKernel], b: list[GroupedKernel], meaning: Callable[[GroupedKernel], Hashable | None]
) -> list[KernelGroup]:
    """Takes kernels of equal meaning out of both lists, the n-th with the n-th."""
    waiting: defaultdict[Hashable, list[GroupedKernel]] = defaultdict(list)
    for kernel in b:
        waiting[meaning(kernel)].append(kernel)
    groups = []
    for kernel in list(a):
        key = meaning(kernel)
        if key is not None and waiting[key]:
            other = waiting[key].pop(0)
            groups.append(KernelGroup((kernel,), (other,)))
            a.remove(kernel)
            b.remove(other)
    return groups


def _overlapping(a: list[GroupedKernel], b: list[GroupedKernel]) -> list[KernelGroup]:
    """Takes out of both lists what hangs together by shared operations."""
    computing: defaultdict[str, list[GroupedKernel]] = defaultdict(list)
    for kernel in (*a, *b):
        for node in kernel.nodes:
            computing[node].append(kernel)
    ours, groups = list(a), []
    for start in ours:
        if start not in a:
            continue
        found = [start]
        for kernel in found:
            found += [other for node in kernel.nodes for other in computing[node] if other not in found]
        first, second = (tuple(kernel for kernel in side if kernel in found) for side in (a, b))
        if second:
            groups.append(KernelGroup(first, second))
            a[:] = [kernel for kernel in a if kernel not in first]
            b[:] = [kernel for kernel in b if kernel not in second]
    return groups


_Read = Callable[[CompileSide, Artifact], tuple[str, ...]]


def _kernels(known: Meanings, side: int, read: _Read) -> Iterator[GroupedKernel]:
    """One side's kernels; what they compute is read the same way for both, for the ways count views differently."""
    compiled = known.sides[side]
    for artifact in compiled.kernels:
        unit = unit_of(artifact)
        yield GroupedKernel(artifact, {known.node(side, unit, node): node for node in read(compiled, artifact)})


def _fused(compiled: CompileSide, kernel: Artifact) -> tuple[str, ...]:
    """The post-grad nodes that the scheduler's record names."""
    fusion = compiled.capture.fusion_of.get(kernel.key) if kernel.key is not None else None
    return fusion.nodes if fusion else ()


def _linked(compiled: CompileSide, kernel: Artifact) -> tuple[str, ...]:
    """The post-grad nodes that links tie to any part of a kernel."""
    graphs = {item.id: item for (stage, _), item in compiled.texts.items() if stage is Stage.POST_GRAD}
    spans = (link.a for link in compiled.linked.into.get(kernel.id, ()) if link.a.artifact in graphs)
    found = (_WORD.match(graphs[span.artifact].lines[span.start.line - 1], span.start.col) for span in spans)
    return tuple(dict.fromkeys(match[0] for match in found if match))


def _listed(compiled: CompileSide, kernel: Artifact) -> tuple[str, ...]:
    """The post-grad nodes that the comment above the kernel's definition lists."""
    unit = unit_of(kernel)
    codes = (item for (stage, _), item in compiled.texts.items() if stage is Stage.INDUCTOR and unit_of(item) == unit)
    definitions = (item for code in codes for item in read_output_code(code.text).kernels)
    return next((item.post_grad for item in definitions if item.name == kernel.kernel), ())
