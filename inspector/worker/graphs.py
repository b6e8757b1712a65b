"""An FX graph as a side record: its text, and for every node the facts that a text cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch.fx import Graph, GraphModule, Node

from inspector.worker.patterns import REPLACES
from inspector.worker.stacks import Stack, dynamo_name

StackOf = Callable[[Node], Stack]


class WrittenGraph(NamedTuple):
    """A graph whose record was written, as later stages refer to it."""

    paths: Mapping[int, str]
    """`id` of each `torch.fx.Graph`, by which torch's `NodeSource` names it → its path, as `graphs_within` has it."""
    names: frozenset[str]
    """Of all nodes, those of graphs within after their path: `true_graph_0.mul`."""
    forward_of: Mapping[str, tuple[str, ...]]
    """Backward node → the forward nodes whose gradient it computes; empty but for a joint graph."""

    @classmethod
    def of(cls, module: GraphModule) -> WrittenGraph:
        """What to remember of a graph."""
        found = dict(graphs_within(module))
        names = frozenset(path + node.name for path, graph in found.items() for node in graph.nodes)
        return cls({id(graph): path for path, graph in found.items()}, names, tied_by_autograd(module))


class Forward(NamedTuple):
    """What ties a backward graph to its forward graph."""

    forward_of: Mapping[str, tuple[str, ...]]
    """As in `WrittenGraph`."""
    names: frozenset[str]
    """The forward graph's nodes."""

    def ties(self, node: Node) -> list[str]:
        """The forward graph's nodes whose gradient a node computes."""
        return [name for name in self.forward_of.get(node.name, ()) if name in self.names]


class GraphOrigin(NamedTuple):
    """Where a graph's nodes come from."""

    before: WrittenGraph
    """The stage before."""
    keeps_names: bool
    """Whether a node that came over unchanged has kept its name: so from the joint graph to its two halves, and
    from ATen to post-grad; not from Dynamo to AOTAutograd, which names everything anew."""


def graphs_within(module: GraphModule, path: str = "") -> Iterator[tuple[str, Graph]]:
    """A graph and those nested in it (the branches of `torch.cond`), as the graph's text holds them.

    Yields:
        What stands before the names of its nodes, empty for the graph itself and else `true_graph_0.`; and the graph.
    """
    yield path, module.graph
    for name, child in module.named_children():
        if isinstance(child, GraphModule):
            yield from graphs_within(child, f"{path}{name}.")


def describe(
    module: GraphModule, stack_of: StackOf, origin: GraphOrigin | None, forward: Forward | None = None
) -> dict[str, Any]:
    """A graph's text with shapes, strides and dtypes, and its nodes' facts.

    Args:
        stack_of: where a node comes from in the user's files.
        origin: the stage before; None where there is none.
        forward: what ties a backward graph to its forward graph; None for other graphs.

    Returns:
        `text` and `nodes`, as `inspector_graph` records hold them; those of graphs within have `true_graph_0.` and the
        like before their names.
    """
    return {
        "text": module.print_readable(print_output=False, include_stride=True, include_device=True),
        "nodes": facts_of(module, stack_of, origin, forward),
    }


def facts_of(
    module: GraphModule, stack_of: StackOf, origin: GraphOrigin | None = None, forward: Forward | None = None
) -> list[dict[str, Any]]:
    """The `nodes` of `describe`."""
    return [
        _facts(node, path, stack_of, origin, None if path else forward)
        for path, graph in graphs_within(module)
        for node in graph.nodes
    ]


def _facts(
    node: Node, path: str, stack_of: StackOf, origin: GraphOrigin | None, forward: Forward | None
) -> dict[str, Any]:
    ties = {} if forward is None else {"forward": forward.ties(node)}
    return {
        "name": path + node.name,
        "op": node.op,
        "target": node.target if isinstance(node.target, str) else spell_target(node.target),
        **_value(node),
        # Of a sum of gradients torch has the place of one of its parts, which the others are not from.
        "stack": [] if node.meta.get("is_gradient_acc") else [place._asdict() for place in stack_of(node)],
        "from": [] if origin is None else ancestors(node, origin, path),
        **ties,
    }


def spell_target(target: Any) -> str:
    """What a node calls, by its name."""
    if isinstance(target, torch._ops.OpOverload):
        return str(target)
    module, name = getattr(target, "__module__", None), getattr(target, "__qualname__", None)
    return f"{module}.{name}" if module and name else str(target)


def _value(node: Node) -> dict[str, Any]:
    """Shape, dtype, stride and device of a node that is one tensor; all None for others. Symbolic sizes are text."""
    value = node.meta.get("val", node.meta.get("example_value"))
    if not isinstance(value, torch.Tensor):
        return {"shape": None, "dtype": None, "stride": None, "device": None}
    strided = value.layout == torch.strided
    return {
        "shape": [_size(size) for size in value.shape],
        "dtype": str(value.dtype).removeprefix("torch."),
        "stride": [_size(size) for size in value.stride()] if strided else None,
        "device": str(value.device),
    }


def _size(size: int | torch.SymInt) -> int | str:
    return size if isinstance(size, int) else str(size)


def ancestors(node: Node, origin: GraphOrigin, path: str = "") -> list[str]:
    """The names of the nodes in the stage before that torch says this one was made from.

    torch says so in `meta["from_node"]`, a tree of sources; in the name, where that is kept; and for nodes of the
    backward pass by the forward node whose gradient they compute. Of what a pattern put in, the worker has heard
    what it took the place of.

    Args:
        path: of the node's graph; the last of these says nothing about which graph within it means.
    """
    before = origin.before
    found = [
        before.paths[source.graph_id] + source.name for source in _sources(node) if source.graph_id in before.paths
    ]
    if origin.keeps_names:
        found.insert(0, path + node.name)
        found += [path + name for name in node.meta.get(REPLACES, ())]
    elif not found and not path:
        found = list(filter(None, [dynamo_name(node)]))
    return [name for name in dict.fromkeys(found) if name in before.names]


def tied_by_autograd(module: GraphModule) -> dict[str, tuple[str, ...]]:
    """Backward node → forward nodes of a joint graph, by the number that autograd gives each of its own nodes.

    The first forward node with a number made the autograd node; what follows it with the same number belongs to it
    only if it comes from the same call, for an operation without a gradient takes no number of its own.
    """
    made: dict[int, list[Node]] = {}
    ties: dict[str, tuple[str, ...]] = {}
    for node in module.graph.nodes:
        number = node.meta.get("seq_nr")
        if number is None or node.op != "call_function":
            continue
        if node.meta.get("partitioner_tag") != "is_backward":
            first = made.setdefault(number, [])
            if not first or (dynamo_name(node) is not None and dynamo_name(node) == dynamo_name(first[0])):
                first.append(node)
        elif not node.meta.get("is_gradient_acc"):
            ties[node.name] = tuple(forward.name for forward in made.get(number, ()))
    return ties


def _sources(node: Node) -> Iterator[Any]:
    """Every `NodeSource` below a node, nearest first."""
    pending = list(node.meta.get("from_node") or ())
    while pending:
        source = pending.pop(0)
        yield source
        pending[:0] = source.from_node
