"""A price cut into the smallest pieces that something is known of, each with the places it belongs to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from inspector.link.fxtext import FxNode, read_fx
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.link import Link, Origin, Relative, weaker
from inspector.model.price import Known, PartKind, Price, Site, Spot
from inspector.model.stage import Stage
from inspector.price.skid import waited_for

WAITING = "threads wait for one another"
AWAY = "not running"


@dataclass(frozen=True)
class Atom:
    """Some seconds that lie at one place, and at nothing finer that is known."""

    seconds: float
    site: int
    known: Known
    place: tuple[str, int] | None
    """Artifact and line: a kernel's statement, else the site's in the output code; None outside the generated code."""
    samples: int = 0
    instruction: tuple[str, int] | None = None
    """Machine code's artifact and line, where the samples stand."""
    note: str = ""
    """`WAITING`, `AWAY`, or the library that the samples lie in."""


@dataclass(frozen=True)
class Node:
    """A node of Dynamo's graph."""

    compile_id: str
    name: str
    operator: str
    """`silu`."""
    path: tuple[Span, ...]
    """The expressions it lies in, outermost first."""
    module: str


@dataclass(frozen=True)
class Belongs:
    """The nodes that a place belongs to."""

    nodes: tuple[Node, ...]
    link: Origin | None
    """How that is known; None where nothing is."""


class Joined:
    """One price with the links of its capture."""

    def __init__(self, capture: Capture, price: Price) -> None:
        self.capture, self.price = capture, price
        self._relatives: dict[tuple[str, int], Mapping[str, Sequence[Relative]]] = {}
        self._belongs: dict[tuple[str, int], Belongs] = {}
        self._texts: dict[str, dict[int, FxNode]] = {}
        self._nodes: dict[tuple[str, int], tuple[Node, Origin] | None] = {}

    @cached_property
    def atoms(self) -> tuple[Atom, ...]:
        """All of them: their seconds add up to the price's parts."""
        return tuple(
            atom
            for number, site in enumerate(self.price.sites)
            for atom in self._atoms_of(number, site)
            if atom.seconds
        )

    def _atoms_of(self, number: int, site: Site) -> Iterator[Atom]:
        place = (site.artifact, site.line) if site.artifact else None
        spots = [spot for spot in self.price.spots_of.get(number, ()) if not spot.waiting]
        total = sum(spot.samples for spot in spots)
        split = self.price.split(site)
        if site.part in (PartKind.WRAPPER, PartKind.OUTSIDE):
            yield Atom(site.seconds, number, Known.CLOCKED, place, total)
            return
        if split.waiting:
            yield Atom(split.waiting, number, Known.SAMPLED, place, site.sampled.waiting, note=WAITING)
        if split.away:
            yield Atom(split.away, number, Known.SAMPLED, place, note=AWAY)
        if site.part is PartKind.LIBRARY or not total:
            known = Known.CLOCKED if split.working == site.seconds else Known.SAMPLED
            yield Atom(split.working, number, known, place, total)
            return
        known = self.price.sampling.known
        for spot in spots:
            seconds = split.working * spot.samples / total
            statement = self._statement(spot) if spot.line else None
            instruction = (spot.artifact, spot.line) if spot.line else None
            exact = known if spot.line and not spot.below else Known.SAMPLED
            yield Atom(seconds, number, exact, statement or place, spot.samples, instruction, spot.below)

    def _statement(self, spot: Spot) -> tuple[str, int] | None:
        """The kernel's statement that a sample is charged to."""
        listing = self.capture.by_id.get(spot.artifact)
        if listing is None:
            return None
        moved = spot.line if spot.below or self.price.sampling.precise else waited_for(listing.text, spot.line)
        found = self.relatives((spot.artifact, moved))
        kernels = [
            (name, relative.span.start.line)
            for name, relatives in found.items()
            if (item := self.capture.by_id.get(name)) is not None
            and item.stage is Stage.KERNEL
            and item.key == listing.key
            for relative in relatives
            if relative.origin is not Origin.KERNEL
        ]
        return kernels[0] if len(set(kernels)) == 1 else None

    def relatives(self, place: tuple[str, int]) -> Mapping[str, Sequence[Relative]]:
        """What belongs to a line of an artifact, by artifact."""
        if place not in self._relatives:
            self._relatives[place] = self.capture.index.relatives(*place).by_artifact
        return self._relatives[place]

    def belongs(self, atom: Atom) -> Belongs:
        """The nodes of Dynamo's graphs that an atom belongs to."""
        if atom.place is None:
            return Belongs((), None)
        if atom.place not in self._belongs:
            self._belongs[atom.place] = self._look_up(*atom.place)
        return self._belongs[atom.place]

    def _look_up(self, artifact: str, line: int) -> Belongs:
        found: dict[Node, Origin] = {}
        for name, relatives in self.relatives((artifact, line)).items():
            graph = self.capture.by_id.get(name)
            if graph is None or graph.stage is not Stage.DYNAMO:
                continue
            for relative in relatives:
                if (node := self._node(graph, relative.span)) is not None:
                    found[node[0]] = weaker(relative.origin, node[1])
        best = min(found.values(), key=lambda item: item.rank, default=None)
        return Belongs(tuple(node for node, origin in found.items() if origin is best), best)

    def _node(self, graph: Artifact, span: Span) -> tuple[Node, Origin] | None:
        key = (graph.id, span.start.line)
        if key not in self._nodes:
            self._nodes[key] = self._read_node(graph, span)
        return self._nodes[key]

    def _read_node(self, graph: Artifact, span: Span) -> tuple[Node, Origin] | None:
        if graph.id not in self._texts:
            self._texts[graph.id] = {node.line: node for node in read_fx(graph.text).nodes.values()}
        text = self._texts[graph.id].get(span.start.line)
        if text is None or text.placeholder:
            return None
        links = self._frames.get((graph.id, span.start.line), [])
        sources = [link.a for link in links]
        origin = max((Origin.EXACT, *(link.origin for link in links)), key=lambda item: item.rank)
        compile_id = graph.compile_id or ""
        module = module_path(self.price.modules.get(compile_id, {}).get(text.name, ""))
        operator = _operator(graph.lines[text.line - 1]) or text.name
        return Node(compile_id, text.name, operator, self._path(text, sources), module), origin

    def _path(self, node: FxNode, spans: list[Span]) -> tuple[Span, ...]:
        """The expressions that these lie in, outermost first: callers before what they call, and whatever holds
        another's text before that, since it has no less of each part of this order."""
        closed = {around for span in spans for around in (*self._containers(span), span)}

        def named(span: Span) -> bool:
            item = self.capture.by_id.get(span.artifact)
            return item is not None and node.place is not None and (item.path, span.start.line) == tuple(node.place)[:2]

        within = {item for span in closed if named(span) for item in (span, *filter(span.holds, closed))}
        return tuple(
            sorted(
                closed,
                key=lambda span: (span in within, -self._weights[span], span.start, _backwards(span.end)),
            )
        )

    def _containers(self, span: Span) -> Iterator[Span]:
        for other in self._expressions.get(span.artifact, ()):
            if other != span and other.holds(span):
                yield other

    @cached_property
    def _expressions(self) -> dict[str, tuple[Span, ...]]:
        """Source → the expressions that nodes were made from."""
        found: dict[str, dict[Span, None]] = {}
        for span in self._made:
            found.setdefault(span.artifact, {})[span] = None
        return {name: tuple(spans) for name, spans in found.items()}

    @cached_property
    def _frames(self) -> dict[tuple[str, int], list[Link]]:
        """Dynamo's graph and line → the links to the expressions that led to the node there."""
        graphs = {item.id for item in self.capture.find(Stage.DYNAMO)}
        sources = {item.id for item in self.capture.find(Stage.SOURCE)}
        found: dict[tuple[str, int], list[Link]] = {}
        for link in self.capture.links:
            if link.b.artifact in graphs and link.a.artifact in sources:
                found.setdefault((link.b.artifact, link.b.start.line), []).append(link)
        return found

    @cached_property
    def _made(self) -> dict[Span, set[Span]]:
        """Expression → the nodes that were made from it."""
        graphs = {item.id for item in self.capture.artifacts if item.stage in (Stage.DYNAMO, Stage.JOINT, Stage.ATEN)}
        sources = {item.id for item in self.capture.find(Stage.SOURCE)}
        found: dict[Span, set[Span]] = {}
        for link in self.capture.links:
            if link.a.artifact in sources and link.b.artifact in graphs:
                found.setdefault(link.a, set()).add(link.b)
        return found

    @cached_property
    def _weights(self) -> dict[Span, int]:
        """Expression → how many nodes were made from it and from what stands in it: what calls others has more."""
        found = {span: set(nodes) for span, nodes in self._made.items()}
        for span, nodes in self._made.items():
            for around in self._containers(span):
                found[around] |= nodes
        return {span: len(nodes) for span, nodes in found.items()}

    def path_of(self, atom: Atom) -> tuple[tuple[Span, ...], bool]:
        """The expressions that an atom lies in, outermost first, and whether that is all that there is to know: with
        several nodes, those that all of them lie in."""
        found = self.belongs(atom)
        paths = [node.path for node in found.nodes]
        if not paths:
            return (), True
        common = tuple(span for span in paths[0] if all(span in path for path in paths[1:]))
        return common, all(path == common for path in paths)

    def of_site(self, number: int) -> Atom:
        """A site as a whole."""
        site = self.price.sites[number]
        place = (site.artifact, site.line) if site.artifact else None
        return Atom(site.seconds, number, Known.CLOCKED, place)

    def module_of(self, atom: Atom) -> str | None:
        """The innermost module that all of an atom's nodes lie in; None where it has none."""
        paths = [node.module.split(".") if node.module else [] for node in self.belongs(atom).nodes]
        if not paths:
            return None
        common = []
        for parts in zip(*paths, strict=False):
            if len(set(parts)) > 1:
                break
            common.append(parts[0])
        return ".".join(common)


def _operator(line: str) -> str:
    """What a line of Dynamo's graph does: `silu`, `mul` of an infix one; empty where it cannot be read."""
    right = line.partition(" = ")[2].partition(";")[0].strip()
    try:
        tree = ast.parse(right, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    match tree:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name
        case ast.BinOp(op=op) | ast.UnaryOp(op=op):
            return _INFIX.get(type(op), type(op).__name__.lower())
        case ast.Compare(ops=[op, *_]):
            return type(op).__name__.lower()
        case ast.Subscript():
            return "getitem"
    return ""


_INFIX: Mapping[type[ast.AST], str] = {ast.Mult: "mul", ast.MatMult: "matmul", ast.USub: "neg"}
"""Names that torch has, where Python's own are others."""


def module_path(path: str) -> str:
    """`model.layers.0.mlp` of torch's `L['self'].model.layers.0.mlp`; empty of the outermost module."""
    return path.removeprefix("L['self']").removeprefix(".")


def _backwards(position: Position) -> tuple[int, int]:
    return -position.line, -position.col
