"""The scheduler's record of one graph: what it fused, what it did not, and what it knew of values and memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ScheduledValue:
    """An operation of the graph, and its value."""

    name: str
    computes: bool
    """False for a view of another value, or for one of several results of another operation."""
    kernels: tuple[str, ...]
    """The kernels that torch lists it for, in the order of their definition; they need not compute it."""
    shape: tuple[str, ...]
    dtype: str
    size: int | None
    """Bytes; 0 for what is no tensor of its own. Of a symbolic shape, for the inputs that the graph was compiled with;
    None where it depends on their values."""
    readers: tuple[str, ...]
    """Operations that use it, through views."""
    output: bool
    """Whether the graph returns it."""


@dataclass(frozen=True, slots=True)
class ScheduledNode:
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
class Buffer:
    """Memory that the code around the kernels names."""

    node: str
    """The node whose value it holds; empty where Inductor does not say, and for an input."""
    size: int | None
    """Bytes; of a symbolic shape, for the inputs that the graph was compiled with."""


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
    groups: tuple[ScheduledNode, ...]
    values: tuple[ScheduledValue, ...]
    decisions: tuple[Decision, ...]
    """In the order in which they were made, the latest about each pair."""
    subgraph: str | None = None
    """The graph within the graph, as Inductor names it; None for the unit's own graph."""
    buffers: Mapping[str, Buffer] = field(default_factory=dict)
    """By name, the graph's inputs among them; empty where the log does not say."""
