"""What became of each kernel: the same, changed, split, merged, added or removed, and by which figures one sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from inspector.compare.kernel_groups import GroupedKernel, KernelGroup, group_kernels
from inspector.compare.meanings import Meanings
from inspector.compare.sides import CompileSide
from inspector.compare.texts import only_one_side, text_of
from inspector.link.kernel_facts import kernel_facts
from inspector.model.artifact import Artifact
from inspector.model.difference import Change, FactChange, KernelChange, KernelDifference, TextDifference, largest
from inspector.model.stage import Stage
from inspector.say.kernels import CODE
from inspector.say.units import size

_CALLS = "calls to "
_NONE = "none in its text"


def compare_kernels(known: Meanings, groups: Sequence[KernelGroup] | None = None) -> tuple[KernelDifference, ...]:
    """The kernels of two compilations whose graphs `known` has aligned, in the order of the first side."""
    return tuple(_difference(known, group) for group in (group_kernels(known) if groups is None else groups))


def _difference(known: Meanings, group: KernelGroup) -> KernelDifference:
    nodes_a = {meaning: name for kernel in group.a for meaning, name in kernel.nodes.items()}
    nodes_b = {meaning: name for kernel in group.b for meaning, name in kernel.nodes.items()}
    texts = tuple(_texts(known, group))
    return KernelDifference(
        _change(group, texts, nodes_a.keys() == nodes_b.keys()),
        tuple(kernel.name for kernel in group.a),
        tuple(kernel.name for kernel in group.b),
        tuple(name for meaning, name in nodes_a.items() if meaning in nodes_b),
        tuple(name for meaning, name in nodes_a.items() if meaning not in nodes_b),
        tuple(name for meaning, name in nodes_b.items() if meaning not in nodes_a),
        texts,
        tuple(_facts(known, group)),
    )


def _change(group: KernelGroup, texts: Sequence[TextDifference], same_nodes: bool) -> KernelChange:
    counts = len(group.a), len(group.b)
    if counts == (1, 1):
        whole = largest(text.change for text in texts)  # one C++ and other flags make another kernel
        return KernelChange(whole.value) if same_nodes and whole.alike else KernelChange.CHANGED
    if 0 in counts:
        return KernelChange.REMOVED if counts[0] else KernelChange.ADDED
    if 1 in counts:
        return KernelChange.SPLIT if counts[0] == 1 else KernelChange.MERGED
    return KernelChange.REGROUPED


def _texts(known: Meanings, group: KernelGroup) -> Iterator[TextDifference]:
    """One kernel against one; of more the two that share the most operations."""
    if group.a and group.b:
        ours, theirs = max(
            ((a, b) for a in group.a for b in group.b),
            key=lambda pair: len(pair[0].nodes.keys() & pair[1].nodes.keys()),
        )
        yield known.compare(_title(ours, theirs), ours.artifact, theirs.artifact).difference
        below_a, below_b = known.sides[0].lower(ours.artifact), known.sides[1].lower(theirs.artifact)
        for stage in sorted(below_a.keys() & below_b.keys(), key=lambda stage: stage.order):
            title = f"{stage} {_title(ours, theirs).removeprefix('kernel ')}"
            yield known.compare(title, below_a[stage], below_b[stage]).difference
    else:
        change = Change.REMOVED if group.a else Change.ADDED
        for kernel in (*group.a, *group.b):
            yield only_one_side(f"kernel {kernel.name}", text_of(kernel.artifact), change, Stage.KERNEL, kernel.name)


def _title(a: GroupedKernel, b: GroupedKernel) -> str:
    return f"kernel {a.name}" if a.name == b.name else f"kernel {a.name} → {b.name}"


# --- figures ------------------------------------------------------------------------------------------------


def _facts(known: Meanings, group: KernelGroup) -> Iterator[FactChange]:
    """Figures that differ; of several kernels together what can be added up."""
    both = tuple(zip(known.sides, (group.a, group.b), strict=True))
    machine = all(_code(side, kernel) is not None for side, kernels in both for kernel in kernels)
    ours, theirs = (_figures(side, kernels, machine=machine) for side, kernels in both)
    for name in dict.fromkeys((*ours, *theirs)):
        none = "0" if name.startswith(_CALLS) else ""
        a, b = ours.get(name, none), theirs.get(name, none)
        if a != b:
            yield FactChange(name, a, b)


def _code(side: CompileSide, kernel: GroupedKernel) -> Artifact | None:
    """What runs of a kernel, on a CPU or on a GPU."""
    below = side.lower(kernel.artifact)
    return next((below[stage] for stage in CODE if stage in below), None)


def _figures(side: CompileSide, kernels: Sequence[GroupedKernel], *, machine: bool) -> dict[str, str]:
    """Figures by name; those of the machine code only where every kernel in question has it."""
    found = {"kernels": str(len(kernels))}
    fusions = [side.capture.fusion_of.get(key) for kernel in kernels if (key := kernel.artifact.key) is not None]
    saved = [fusion.saved_bytes if fusion is not None else None for fusion in fusions]
    if kernels and None not in saved:
        found["saved"] = size(sum(size for size in saved if size is not None))
    facts = [kernel_facts(kernel.artifact, _code(side, kernel)) for kernel in kernels]
    if machine and kernels:
        found["instructions"] = str(sum(item.instructions for item in facts))
        found["spilled registers"] = str(sum(len(item.spills) for item in facts))
        calls = Counter(call.name for item in facts for call in item.calls for _ in call.lines)
        found |= {f"{_CALLS}{name}": str(times) for name, times in calls.items()}
        widest = [item.vector_bits for item in facts if item.vector_bits]
        found["widest register"] = f"{max(widest)} bits" if widest else "none"
    if len(facts) == 1:
        (only,) = facts
        found["loops"] = ", ".join(f"{loop.variable} < {loop.end} by {loop.step}" for loop in only.loops) or _NONE
        found["threads"] = _NONE if only.threads is None else str(only.threads)
        found["elements at once"] = _NONE if only.lanes is None else str(only.lanes)
    return found
