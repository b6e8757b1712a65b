"""Where the ATen nodes that were compared are defined, and which lines of Python they come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from inspector.link.fxtext import FxNode, read_fx
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.frame import Frame
from inspector.model.numerics import NodeNumerics, NodesOfGraph, Numerics, Roundings
from inspector.model.stage import Stage


def placed(numerics: Numerics, capture: Capture) -> Numerics:
    """The numerics with each node's line in its ATen graph, and the line of Python that it comes from."""
    numerics = replace(numerics, roundings=_placed_roundings(numerics, capture))
    nodes = [node for graph in numerics.node_graphs for node in _placed_nodes(graph, capture)]
    return replace(numerics, nodes=tuple(nodes))


def _placed_nodes(nodes: NodesOfGraph, capture: Capture) -> Iterator[NodeNumerics]:
    graph = graph_of(nodes, capture)
    if graph is None:
        yield from nodes.nodes
        return
    defined = read_fx(graph.text).nodes
    for node in nodes.nodes:
        text = defined.get(node.node)
        yield node if text is None else replace(node, line=text.line, source=_source(text, graph, capture))


def _placed_roundings(numerics: Numerics, capture: Capture) -> Roundings | None:
    found = numerics.roundings
    if found is None:
        return None
    places: list[Frame] = []
    for graph in (*capture.find(Stage.ATEN), *capture.find(Stage.ATEN_BACKWARD)):
        defined = read_fx(graph.text).nodes
        if not places and all(name in defined for name in found.nodes):
            sources = (_source(defined[name], graph, capture) for name in found.nodes)
            places = [source for source in sources if source is not None]
    return replace(found, places=tuple(dict.fromkeys(places)))


def graph_of(nodes: NodesOfGraph, capture: Capture) -> Artifact | None:
    """The ATen graph whose nodes were compared: of several parts the one that has most of them; None without any."""
    names = {node.node for node in nodes.nodes}
    texts = capture.find(Stage.ATEN_BACKWARD if nodes.backward else Stage.ATEN, nodes.compile_id)
    return max(texts, key=lambda item: len(names & read_fx(item.text).nodes.keys()), default=None)


def lines_calling(graph: Artifact, operator: str) -> tuple[int, ...]:
    """The lines of a graph, from 1, that call an operator as the profiler names it, `aten::mm`.

    One that works in place, `aten::add_`, stands in a graph as the one that does not.
    """
    namespace, _, name = operator.partition("::")
    wanted = {f"torch.ops.{namespace}.{each}." for each in (name, name.removesuffix("_"))}
    text = read_fx(graph.text)
    nodes = (*text.nodes.values(), *text.inner.values())
    return tuple(sorted(node.line for node in nodes if f"{node.operator}.".startswith(tuple(wanted))))


def _source(node: FxNode, graph: Artifact, capture: Capture) -> Frame | None:
    """The line of Python that the links lead to: of several the one that the graph's own comment names."""
    found = [
        ((artifact.path, relative.span.start.line) != node.place, relative.origin.rank, relative.span.start, artifact)
        for name, relatives in capture.index.relatives(graph.id, node.line).by_artifact.items()
        if (artifact := capture.by_id.get(name)) is not None and artifact.stage is Stage.SOURCE
        for relative in relatives
    ]
    if not found:
        return None
    _, _, start, artifact = min(found, key=lambda item: item[:3])
    code = artifact.lines[start.line - 1].strip() if start.line <= len(artifact.lines) else ""
    return Frame(artifact.path or artifact.id.partition(":")[2], start.line, "", code)
