"""Dynamo ↔ pre-grad ↔ joint ↔ ATen ↔ post-grad: nodes of neighbouring FX graphs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from inspector.link.facts import NodeFacts, Provenance
from inspector.link.fxtext import FxNode, FxText, read_fx
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.link import Origin, weaker

_RETARGETED = {("view", "reshape")}
"""Operators that a pass swaps in place, so that the node stays the same."""


@dataclass(frozen=True)
class Graph:
    """A graph's artifact and what its text says."""

    artifact: Artifact
    text: FxText

    @classmethod
    def of(cls, artifact: Artifact) -> Graph:
        """Reads the artifact's text."""
        return cls(artifact, read_fx(artifact.text))

    def span(self, name: str) -> Span | None:
        """Where a node, or `true_graph_0.mul` of a graph within, is defined; None if the text does not define it."""
        node = self.node(name)
        return None if node is None else span_of(self.artifact, node)

    def node(self, name: str) -> FxNode | None:
        """The node of that name, as `span` takes it."""
        return self.text.nodes.get(name) or self.text.inner.get(name)

    def last_of(self, names: Iterable[str], path: str = "") -> str | None:
        """Of several nodes of one graph, whose path stands before their names, the one that is computed last."""
        found = [(span.start, name) for name in names if (span := self.span(path + name)) is not None]
        return max(found)[1] if found else None

    @property
    def names(self) -> tuple[str, ...]:
        """All that it defines, as `span` takes them."""
        return (*self.text.nodes, *self.text.inner)

    def within(self, subgraph: str | None) -> str | None:
        """What stands before the names of a graph's nodes: empty for the graph itself, `true_graph_0.` for one within.

        Args:
            subgraph: as Inductor names it, which joins the modules on the way with underscores; None for the graph.

        Returns:
            None where the text has no such graph, or more than one.
        """
        if subgraph is None:
            return ""
        found = [path for path in self._paths if path.replace(".", "_") == f"{subgraph}_"]
        return found[0] if len(found) == 1 else None

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        """The paths of the graphs within, `true_graph_0.`."""
        return tuple(dict.fromkeys(name.rpartition(".")[0] + "." for name in self.text.inner))


def span_of(artifact: Artifact, node: FxNode) -> Span:
    """The node's definition, from its name to the end of the expression."""
    return Span(artifact.id, Position(node.line, node.col), Position(node.end_line, node.end_col))


def link_same_names(earlier: Graph, later: Graph, *, only: Iterable[str] | None = None) -> Tally:
    """Ties nodes that kept their name.

    Within one graph object FX never gives a name twice, and the passes between these stages keep the graph or copy
    it with its names: same name, operator and type is the same node. A node that changed operator or layout is only
    `aligned`; one that changed its dtype or shape as well is not taken for the same.

    Args:
        only: the names in the later graph to look at; None means all, those of graphs within included.
    """
    tally = Tally()
    for name in later.names if only is None else only:
        before, after = earlier.node(name), later.node(name)
        if before is None or after is None:
            continue
        origin = _identity(before, after)
        if origin is None:
            tally.gap("nodes that share a name but neither type nor operator")
        else:
            tally.link(span_of(earlier.artifact, before), span_of(later.artifact, after), origin)
    return tally


def _identity(before: FxNode, after: FxNode) -> Origin | None:
    old, new = _packet(before.operator), _packet(after.operator)
    same_type = before.type == after.type or not before.type or not after.type
    same_operator = old == new or (old, new) in _RETARGETED or before.placeholder or after.placeholder
    if same_type and same_operator:
        return Origin.EXACT
    same_shape = _shape(before.type) == _shape(after.type)
    return Origin.ALIGNED if same_shape and (same_operator or same_type) else None


def _packet(operator: str) -> str:
    """`mm` of `torch.ops.aten.mm.default`."""
    parts = operator.split(".")
    return parts[3] if operator.startswith("torch.ops.") and len(parts) > 3 else operator


def _shape(type_: str) -> str:
    """`f32[1, 8]` of `f32[1, 8][8, 1]cpu`."""
    return type_.split("]", 1)[0]


def link_origins(
    earlier: Iterable[Graph], later: Graph, facts: Mapping[str, NodeFacts], *, keeps_names: bool = False
) -> tuple[Tally, set[str]]:
    """Ties nodes to the ones that the compiler says they were made from.

    A pass that takes a node out which changes nothing (a view that is undone, `x * 1`) hands its origins on to the node
    that stays. Where a node is still the one of its name, what does something else is no origin of it: it is gone.

    Args:
        keeps_names: whether a node that came over unchanged has kept its name.

    Returns:
        The links, and the names of the later nodes that found at least one ancestor.
    """
    tally = Tally()
    found: set[str] = set()
    graphs = tuple(earlier)
    for fact in facts.values():
        span = later.span(fact.name) if fact.origins else None
        handed_on = _handed_on(graphs, later, fact) if keeps_names else frozenset[str]()
        for origin in fact.origins if span is not None else ():
            if origin in handed_on:
                continue
            spans = [ancestor for graph in graphs if (ancestor := graph.span(origin)) is not None]
            for ancestor in spans:
                assert span is not None
                tally.link(ancestor, span, Origin.EXACT)
            if spans:
                found.add(fact.name)
            else:
                tally.gap("recorded ancestors that the earlier graph's text does not define")
    return tally, found


def _handed_on(earlier: Iterable[Graph], later: Graph, fact: NodeFacts) -> frozenset[str]:
    """The recorded origins of a node that it only got because they were taken out."""
    after = later.node(fact.name)
    before = next((node for graph in earlier if (node := graph.node(fact.name)) is not None), None)
    if after is None or before is None or fact.name not in fact.origins or _identity(before, after) is not Origin.EXACT:
        return frozenset()
    others = {name: node for name in fact.origins for graph in earlier if (node := graph.node(name)) is not None}
    return frozenset(name for name, node in others.items() if _packet(node.operator) != _packet(before.operator))


def link_provenance(earlier: Graph, aten: Graph | None, later: Graph, provenance: Provenance) -> Tally:
    """Ties pre-grad to post-grad nodes by torch's own mapping, as far as it says what a node was made from."""
    tally = Tally()
    for post, pres in provenance.post_to_pre.items():
        after = later.text.nodes.get(post)
        told = [node for pre in pres if (node := earlier.text.nodes.get(pre)) is not None]
        gaps = len(pres) if after is None else len(pres) - len(told)
        tally.gap("entries of torch's node mapping that name a node which its graph does not define", gaps)
        if after is not None:
            before = None if aten is None else aten.text.nodes.get(post)
            for node, origin in _made_from(told, before, after):
                tally.link(span_of(earlier.artifact, node), span_of(later.artifact, after), origin)
    return tally


def link_through_post_grad(dynamo: Graph, aten: Graph, post_grad: Graph, provenance: Provenance) -> Tally:
    """Ties Dynamo to ATen nodes where torch maps Dynamo to post-grad and the post-grad node is still the ATen one."""
    tally = Tally()
    for post, pres in provenance.post_to_pre.items():
        before, after = aten.text.nodes.get(post), post_grad.text.nodes.get(post)
        origin = _identity(before, after) if before is not None and after is not None else None
        if before is None or after is None or origin is None:
            continue
        told = [node for pre in pres if (node := dynamo.text.nodes.get(pre)) is not None]
        for node, known in _made_from(told, before, after):
            tally.link(span_of(dynamo.artifact, node), span_of(aten.artifact, before), weaker(origin, known))
    return tally


def _made_from(told: Sequence[FxNode], before: FxNode | None, after: FxNode) -> Iterator[tuple[FxNode, Origin]]:
    """Of the nodes that torch says a post-grad node comes from, those it may be made from, and how that is known.

    torch's list grows when a pass takes nodes out: it hands their origins on to what stays, and to what takes their
    place. A node that is still the ATen one was made from one of them: one on the line that both name, if any is.
    What a pass put in may be made from all of them.

    Args:
        before: the ATen node of that name; None where there is none.
    """
    same_line = [node for node in told if None in (node.place, after.place) or node.place == after.place]
    kept = before is not None and _identity(before, after) is Origin.EXACT
    found = same_line if kept and same_line else told
    for node in found:
        yield node, Origin.EXACT if len(found) == len(same_line) == 1 else Origin.ALIGNED


def link_by_line(dynamo: Graph, aten: Graph, *, skip: set[str]) -> Tally:
    """Ties ATen nodes to the only Dynamo node that comes from the same source line; where several do, to none."""
    tally = Tally()
    by_place: defaultdict[tuple[str, int], list[FxNode]] = defaultdict(list)
    for node in dynamo.text.nodes.values():
        if node.place is not None:
            by_place[node.place].append(node)
    for node in aten.text.nodes.values():
        candidates = by_place.get(node.place, []) if node.place is not None and node.name not in skip else []
        if len(candidates) == 1:
            tally.link(span_of(dynamo.artifact, candidates[0]), span_of(aten.artifact, node), Origin.ALIGNED)
    return tally


def link_saved(forward: Graph, backward: Graph, facts: Mapping[str, NodeFacts] | None) -> Tally:
    """Ties forward nodes to the backward graph's inputs that they were saved for, and to those of their gradient.

    Which nodes compute a node's gradient is what autograd's own numbering says; a log without it has the inputs only.
    """
    names = [name for name in backward.text.placeholders if name in forward.text.nodes]
    tally = link_same_names(forward, backward, only=sorted(names))
    for fact in (facts or {}).values():
        gradient = backward.span(fact.name) if fact.forward else None
        for name in fact.forward if gradient is not None else ():
            assert gradient is not None
            if (span := forward.span(name)) is not None:
                tally.link(span, gradient, Origin.EXACT)
            else:
                tally.gap("forward nodes of gradients that the forward graph's text does not define")
    return tally


def link_made(earlier: Graph, later: Graph, facts: Mapping[str, NodeFacts] | None) -> Tally:
    """Ties two neighbouring graphs: by recorded ancestors, and by name where none is recorded."""
    tally, known = link_origins([earlier], later, facts or {}, keeps_names=True)
    tally.extend([link_same_names(earlier, later, only=[name for name in later.names if name not in known])])
    return tally


def link_after_dynamo(
    earlier: Iterable[Graph],
    later: Graph,
    facts: Mapping[str, NodeFacts] | None,
    provenance: Provenance | None,
    post_grad: Graph | None,
) -> Tally:
    """Ties Dynamo's graph to the first one that AOTAutograd traced anew, where names mean nothing.

    Recorded ancestors come first; a log without them has torch's node mapping, which skips this stage, and one
    without that has the source lines in both texts.
    """
    graphs = tuple(earlier)
    if facts is not None:
        return link_origins(graphs, later, facts)[0]
    tally = Tally()
    known: set[str] = set()
    if provenance is not None and post_grad is not None:
        tally.extend(link_through_post_grad(graph, later, post_grad, provenance) for graph in graphs)
        known = {name for name in provenance.post_to_pre if name in later.text.nodes}
    tally.extend(link_by_line(graph, later, skip=known) for graph in graphs)
    return tally
