"""What a kernel's fusion saved and what stayed outside, from the scheduler's record.

A value is saved where no kernel writes it: it is no output of the graph, every operation that uses it stands in a
kernel that computes it, and no kernel stores it. It counts `size × (1 + reads)`: the write, and one read for each
operation that uses it, against a kernel for each operation. A value computed anew in several kernels has one write to
save, but in each of them its own reads. Values kept in a thread's scratch buffer between the loops of one kernel count
as saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inspector.link.fusion_words import in_words
from inspector.model.fusion import Intermediate, KernelFusion, Neighbour


@dataclass(frozen=True, slots=True)
class Value:
    """An operation in some kernels, and its value."""

    name: str
    computes: bool
    """False for a view of another value, or for one of several results of another operation."""
    kernels: tuple[str, ...]
    """The kernels that compute it, in the order of their definition."""
    shape: tuple[str, ...]
    dtype: str
    size: int
    """Bytes; 0 for what is no tensor of its own."""
    readers: tuple[str, ...]
    """Operations that use it, through views."""
    output: bool
    """Whether the graph returns it."""


@dataclass(frozen=True, slots=True)
class Group:
    """One of the scheduler's final nodes: the loops of a kernel, or the call of a library function."""

    loops: tuple[str, ...]
    """As the scheduler names them, `op3`."""
    extern: str
    """The library function; empty for loops."""
    nodes: tuple[str, ...]
    ranges: tuple[tuple[str, ...], ...]
    """Sizes that the loops run over, and those of the reduction inside."""
    reads: frozenset[str]
    """Buffers."""
    writes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the scheduler said to the fusion of two of its nodes."""

    a: frozenset[str]
    """The loops of one side."""
    b: frozenset[str]
    fused: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """All that the scheduler's record says about one graph."""

    kernels: Mapping[str, tuple[str, ...]]
    """Kernel → its loops."""
    stored: Mapping[str, frozenset[str]]
    """Kernel → the operations whose values it writes to memory."""
    groups: tuple[Group, ...]
    values: tuple[Value, ...]
    decisions: tuple[Decision, ...]
    """In the order in which they were made, the latest about each pair."""


def explain_fusion(scheduled: Scheduled, compile_id: str) -> tuple[KernelFusion, ...]:
    """What became of every kernel of one graph, in the order of their definition."""
    stored = frozenset(name for names in scheduled.stored.values() for name in names)
    kernels_of = {value.name: frozenset(value.kernels) for value in scheduled.values}
    found = []
    for kernel, loops in scheduled.kernels.items():
        own = [value for value in scheduled.values if kernel in value.kernels]
        found.append(
            KernelFusion(
                compile_id,
                kernel,
                _computed(kernel, scheduled),
                len(loops),
                tuple(_intermediates(kernel, own, stored, kernels_of)),
                tuple(_neighbours(kernel, scheduled)),
            )
        )
    return tuple(found)


def _intermediates(
    kernel: str, own: Sequence[Value], stored: frozenset[str], kernels_of: Mapping[str, frozenset[str]]
) -> Iterator[Intermediate]:
    for value in own:
        if not value.size or value.output or value.name in stored:
            continue
        within = frozenset(value.kernels)
        if not value.readers or any(not within & kernels_of.get(reader, frozenset()) for reader in value.readers):
            continue  # somebody reads it from memory, or nobody needs it
        reads = sum(kernel in kernels_of[reader] for reader in value.readers)
        yield Intermediate(value.name, value.shape, value.dtype, value.size, reads, value.kernels[0] == kernel)


def _neighbours(kernel: str, scheduled: Scheduled) -> Iterator[Neighbour]:
    """What shares data with a kernel: the library calls and the other kernels, in the order of their running."""
    loops = frozenset(scheduled.kernels[kernel])
    mine = [group for group in scheduled.groups if loops.intersection(group.loops)]
    reads = frozenset(name for group in mine for name in group.reads)
    writes = frozenset(name for group in mine for name in group.writes)
    told = [item for item in scheduled.decisions if not item.fused and bool(item.a & loops) != bool(item.b & loops)]
    for name, groups in _others(kernel, scheduled):
        theirs = frozenset(loop for group in groups for loop in group.loops)
        relation = next(filter(None, (_relation(group, reads, writes) for group in groups)), "")
        said = [item for item in told if item.a | item.b <= loops | theirs]
        if not relation or (relation == "beside" and not said):
            continue
        nodes = groups[0].nodes or _computed(name, scheduled)
        extern = groups[0].extern
        why = in_words(said[-1].reason) if said else _unsaid(groups[0], mine)
        yield Neighbour(extern or name, nodes, relation, why, said[-1].reason if said else "")


def _others(kernel: str, scheduled: Scheduled) -> Iterator[tuple[str, list[Group]]]:
    """Every library call, and every other kernel with its groups; what needs no code is left out."""
    names = {loop: name for name, members in scheduled.kernels.items() for loop in members}
    found: dict[str, list[Group]] = {}
    for group in scheduled.groups:
        name = names.get(group.loops[0], f"\0{group.loops[0]}" if group.extern else "")
        if name and name != kernel:
            found.setdefault(name, []).append(group)
    yield from found.items()


def _computed(kernel: str, scheduled: Scheduled) -> tuple[str, ...]:
    return tuple(value.name for value in scheduled.values if value.computes and kernel in value.kernels)


def _relation(group: Group, reads: frozenset[str], writes: frozenset[str]) -> str:
    """How a group stands to a kernel that reads and writes these buffers; empty where they share nothing."""
    if group.writes & reads:
        return "before"
    if group.reads & writes:
        return "after"
    return "beside" if group.reads & reads else ""


def _unsaid(group: Group, mine: Sequence[Group]) -> str:
    """A sentence where the scheduler gave no reason: only what can be seen."""
    if group.extern:
        return "A library function, whose code Inductor does not write: the scheduler does not consider it."
    ours = next((item.ranges for item in mine if item.ranges), ())
    if group.ranges and ours and group.ranges != ours:
        return (
            f"The code generator refused without a word; their loops differ: {_ranges(ours)} here, "
            f"{_ranges(group.ranges)} there."
        )
    return "torch logged no reason."


def _ranges(ranges: Sequence[Sequence[str]]) -> str:
    """`8 × 2048`, and the reduction behind a bar: `8 | 2048`."""
    return " | ".join(" × ".join(sizes) or "1" for sizes in ranges if sizes) or "1"
