"""What passes did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.model.difference import TextDifference
from inspector.model.passes import GraphPasses, NodePresence, PassPlace, PatternMatch
from inspector.model.pieces import PassStep, PieceCell


@dataclass(frozen=True)
class ServerPasses:
    """vLLM's own passes over one piece."""

    submodule: str
    compile_id: str
    passes: tuple[PassStep, ...]


@dataclass(frozen=True)
class PassesDocument:
    """What Inductor's passes did, and vLLM's own."""

    recorded: bool
    """Whether Inductor's were recorded: without that an empty list says nothing."""
    phases: tuple[GraphPasses, ...]
    servers: tuple[ServerPasses, ...]

    @classmethod
    def of(cls, phases: Sequence[GraphPasses], cells: Sequence[PieceCell]) -> PassesDocument:
        """The document."""
        servers = (ServerPasses(cell.submodule, cell.compile_id, cell.passes) for cell in cells)
        return cls(bool(phases), tuple(phases), tuple(servers))


@dataclass(frozen=True)
class PassText:
    """One pass with the graphs before and after it."""

    number: int
    compile_id: str
    phase: str
    name: str
    """Empty for code that torch gives no name."""
    before: str
    after: str
    difference: TextDifference | None
    """With --diff."""


@dataclass(frozen=True)
class PassTexts:
    """The passes that were asked for."""

    passes: tuple[PassText, ...]

    @classmethod
    def of(cls, chosen: Sequence[PassPlace], *, difference: bool) -> PassTexts:
        """The document."""
        from inspector.compare.passes import difference_of

        return cls(
            tuple(
                PassText(
                    place.number,
                    place.passes.compile_id,
                    place.passes.phase.value,
                    place.change.name,
                    place.before,
                    place.change.text,
                    difference_of(place) if difference else None,
                )
                for place in chosen
            )
        )


@dataclass(frozen=True)
class NodeTouch:
    """What one pass did to a node."""

    number: int
    name: str
    """The pass; empty for code that torch gives no name."""
    touch: str
    """`made`, `changed`, `gone`, or `matched` by a pattern alone."""
    instead: tuple[str, ...]
    """Of one that went: what its readers read from then on, where that can be told."""
    patterns: tuple[PatternMatch, ...]
    """Those that have to do with it."""


@dataclass(frozen=True)
class NodeStay:
    """A node in one phase."""

    compile_id: str
    phase: str
    backward: bool
    graph: str
    begins: bool
    """Whether it is in the graph that the phase begins with."""
    ends: bool
    """Whether it is in the one that it ends with."""
    touched: tuple[NodeTouch, ...]


@dataclass(frozen=True)
class NodeWay:
    """One node through the passes."""

    node: str
    phases: tuple[NodeStay, ...]
    """Those in which there is a node of that name; in two phases it need not mean the same thing."""

    @classmethod
    def of(cls, node: str, found: Sequence[NodePresence]) -> NodeWay:
        """The document."""
        return cls(node, tuple(_stay(node, item) for item in found))


def _stay(node: str, found: NodePresence) -> NodeStay:
    passes = found.passes
    touched = (
        NodeTouch(
            place.number,
            place.change.name,
            place.change.touch(node),
            tuple(place.change.instead.get(node, ())),
            place.change.matching(node),
        )
        for place in found.touched
    )
    return NodeStay(
        *(passes.compile_id, passes.phase.value, passes.backward, passes.graph),
        *(found.begins, found.ends, tuple(touched)),
    )
