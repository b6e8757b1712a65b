"""What llama.cpp's scheduler says of its graphs: it compiles nothing on a CPU, but builds, splits and reuses graphs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GgmlTensor:
    """A tensor as the scheduler prints it."""

    name: str
    """At most 20 characters of it, which is all that is printed."""
    size: str
    """`256K`, `2M`: rounded down, as printed."""
    backend: str
    """`CPU`, `CUDA0`, `Metal`…"""


@dataclass(frozen=True)
class GgmlNode:
    """One operation."""

    number: int
    """In the graph; views take numbers and are not printed."""
    operator: str
    """`MUL_MAT`."""
    out: GgmlTensor
    inputs: tuple[GgmlTensor, ...]


@dataclass(frozen=True)
class GgmlSplit:
    """A run of operations that one backend computes."""

    backend: str
    copied: tuple[str, ...]
    """Tensors that are copied to the backend for it."""
    nodes: tuple[GgmlNode, ...]


@dataclass(frozen=True)
class GgmlGraph:
    """A graph, each time that it is built and split."""

    reserved_for: int | None
    """The number of tokens that memory is reserved for with it; None of one that is built to be computed."""
    splits: tuple[GgmlSplit, ...]

    @property
    def nodes(self) -> tuple[GgmlNode, ...]:
        """Of all splits, in order."""
        return tuple(node for split in self.splits for node in split.nodes)

    @property
    def shape(self) -> tuple[object, ...]:
        """What is the same in two graphs that differ in sizes alone."""
        return tuple(
            (
                split.backend,
                tuple((node.operator, node.out.name, *(item.name for item in node.inputs)) for node in split.nodes),
            )
            for split in self.splits
        )


@dataclass(frozen=True)
class GgmlLog:
    """All that one output holds."""

    graphs: tuple[GgmlGraph, ...]
    reused: int | None
    """Graphs that were computed again without being built, as llama.cpp counts them; None where it is not printed."""
    nodes: int | None = None
    """Nodes of the largest graph with those that are not printed, as llama.cpp counts them."""
    system: str = ""
    """What the backends were built for, as llama.cpp prints it."""
    unread: int = 0
    """Lines that begin like a node and cannot be read."""

    @property
    def built(self) -> tuple[GgmlGraph, ...]:
        """Those that were built to be computed."""
        return tuple(graph for graph in self.graphs if graph.reserved_for is None)
