"""What Inductor's passes did to a graph, one after another: recorded with `--passes` alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from inspector.model.pieces import PassStep


class PassPhase(StrEnum):
    """When a pass runs, in the order of the compiler."""

    PRE_GRAD = "pre_grad"
    """Over Dynamo's graph, before AOTAutograd."""
    JOINT = "joint"
    """Over AOTAutograd's graph, before forward and backward are parted; without a backward over the ATen graph."""
    POST_GRAD = "post_grad"
    """Over the ATen graph that is lowered, forward and backward each."""

    @property
    def words(self) -> str:
        """`pre-grad`."""
        return self.value.replace("_", "-")


class PassNode(NamedTuple):
    """A node that came or went."""

    name: str
    target: str
    """What it calls: `aten.add.Tensor`."""


@dataclass(frozen=True)
class PatternMatch:
    """A pattern that matched, and whose replacement or function was carried out."""

    name: str
    """torch's name for the pattern, else that of the function that it calls; empty where it has neither."""
    at: str
    """The node that it was found at, the last of those that matched."""
    nodes: tuple[str, ...]
    """The nodes that matched."""
    gone: tuple[str, ...] = ()
    """Nodes that went while it was carried out."""
    added: tuple[str, ...] = ()


@dataclass(frozen=True)
class PassChange:
    """A pass that changed the graph, with the graph after it."""

    name: str
    """torch's name for the pass; empty for code between two passes that torch gives no name."""
    text: str
    """The graph after it, as torch prints it."""
    nodes_before: int
    nodes_after: int
    added: tuple[PassNode, ...] = ()
    gone: tuple[PassNode, ...] = ()
    changed: tuple[str, ...] = ()
    """Nodes that are there before and after, and call or read something else."""
    moved: bool = False
    """Whether nodes that are there before and after stand in another order."""
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Node that went → what its readers read in its place, where that can be told by the places of their inputs."""
    patterns: tuple[PatternMatch, ...] = ()
    """In the order in which they were carried out."""
    seconds: float | None = None
    """What it took, without what looking at it took; None for code between passes."""
    between: tuple[str, ...] = ()
    """Of code without a name: the pass before and the pass after it, each empty where there is none."""

    @property
    def step(self) -> PassStep:
        """By operators, as vLLM's own passes are told."""
        gone, added = (Counter(node.target for node in nodes) for nodes in (self.gone, self.added))
        return PassStep(self.name, same=False, removed=dict(gone - added), added=dict(added - gone))

    def touch(self, node: str) -> str:
        """What it did to a node: `made`, `changed`, `gone`, `matched` by a pattern alone; empty for nothing."""
        if any(item.name == node for item in self.gone):
            return "gone"
        if any(item.name == node for item in self.added):
            return "made"
        if node in self.changed:
            return "changed"
        return "matched" if self.matching(node) else ""

    def matching(self, node: str) -> tuple[PatternMatch, ...]:
        """The matches that have to do with a node."""
        return tuple(item for item in self.patterns if node in (*item.nodes, *item.gone, *item.added))


@dataclass(frozen=True)
class GraphPasses:
    """One phase's passes over one graph."""

    compile_id: str
    phase: PassPhase
    changes: tuple[PassChange, ...]
    """Those that changed it, in order."""
    nodes: tuple[str, ...] = ()
    """The nodes of the graph before the first."""
    before: str = ""
    """That graph, as torch prints it; empty where no pass changed it."""
    digest: str = ""
    """Of the graph after the last, `text_digest` of what torch prints: that of the stage with the same text."""
    backward: bool = False
    graph: str = ""
    """Of a graph within another, what stands before its nodes' names there: `true_graph_0.`."""
    piece: int | None = None
    """Number of the graph within its compile, where the log numbers them."""
    ran: int = 0
    """Passes that ran: those that torch gives a name."""
    same: tuple[str, ...] = ()
    """Passes that ran and left the graph as it was, in order."""
    same_seconds: float = 0.0
    """What those took together."""
    idle_matches: int = 0
    """Patterns that matched in these."""
    seconds: float = 0.0
    """What the phase took, without what looking at it took."""
    looking: float = 0.0
    """What looking took."""
    failed: str = ""
    """The pass that an exception came from, which ended the phase; empty where all ran."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The graph before the first change and after each."""
        return (self.before, *(change.text for change in self.changes)) if self.changes else ()


class PassPlace(NamedTuple):
    """One change among all phases."""

    number: int
    """From 1, over all phases that are listed."""
    passes: GraphPasses
    change: PassChange
    before: str
    """The graph before it."""


def numbered(phases: Iterable[GraphPasses]) -> Mapping[int, str]:
    """`id` of a phase → which of its compile's graphs it is about, `graph 2`; only where one compile has several."""
    listed = tuple(phases)
    pieces: dict[str, dict[int | None, None]] = {}
    for passes in listed:
        pieces.setdefault(passes.compile_id, {})[passes.piece] = None
    return {
        id(passes): f"graph {list(pieces[passes.compile_id]).index(passes.piece) + 1}"
        for passes in listed
        if len(pieces[passes.compile_id]) > 1
    }


def places(phases: Iterable[GraphPasses]) -> tuple[PassPlace, ...]:
    """Every change of some phases, numbered."""
    found: list[PassPlace] = []
    for passes in phases:
        for before, change in zip(passes.texts, passes.changes, strict=False):
            found.append(PassPlace(len(found) + 1, passes, change, before))
    return tuple(found)


class NodePresence(NamedTuple):
    """A node in one phase."""

    passes: GraphPasses
    begins: bool
    """Whether it is in the graph that the phase begins with."""
    ends: bool
    """Whether it is in the one that it ends with."""
    touched: tuple[PassPlace, ...]
    """What made it, changed it, matched it or took it."""


def follow(phases: Iterable[GraphPasses], node: str) -> tuple[NodePresence, ...]:
    """A node through the phases in which it is; a name in two phases need not mean the same thing."""
    found = []
    listed = tuple(phases)
    every = places(listed)
    for passes in listed:
        begins = ends = node in passes.nodes
        touched = tuple(place for place in every if place.passes is passes and place.change.touch(node))
        for place in touched:
            ends = {"made": True, "gone": False}.get(place.change.touch(node), ends)
        if begins or touched:
            found.append(NodePresence(passes, begins, ends, touched))
    return tuple(found)


def known_nodes(phases: Iterable[GraphPasses]) -> tuple[str, ...]:
    """Every node that any phase's graph ever has."""
    names: dict[str, None] = {}
    for passes in phases:
        names |= dict.fromkeys(passes.nodes)
        names |= dict.fromkeys(node.name for change in passes.changes for node in change.added)
    return tuple(names)
