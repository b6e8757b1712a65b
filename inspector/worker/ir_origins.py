"""What each of the scheduler's operations was made for: the loop IR's text names buffers, not graph nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from inspector.worker.statements.hooks import NODE


def describe_operations(nodes: Iterable[Any]) -> list[dict[str, Any]]:
    """The operations of a schedule, fused ones taken apart.

    Args:
        nodes: the scheduler's nodes, as it hands them to its own log.

    Returns:
        For each operation `name` (`op2`), the `buffers` it writes, the graph `nodes` it was made from, the `node`
        whose value it computes (None where Inductor does not say that it is exactly one), and for the definitions in
        its loop body `lines`: `body.exp`, as the text has them, to the graph node each was traced for.
    """
    from torch._inductor.virtualized import V

    graph = V.graph.module.graph
    return [_operation(node, graph) for node in _single(nodes)]


def graph_within() -> str | None:
    """The name of the graph within the graph that is being scheduled; None for the graph itself."""
    from torch._inductor.graph import SubgraphLowering
    from torch._inductor.virtualized import V

    return str(V.graph.name) if isinstance(V.graph, SubgraphLowering) else None


def _single(nodes: Iterable[Any]) -> Iterator[Any]:
    for node in nodes:
        parts = node.get_nodes()
        if len(parts) == 1 and parts[0] is node:
            yield node
        else:
            yield from _single(parts)


def _operation(node: Any, graph: Any) -> dict[str, Any]:
    made = getattr(node, "node", None)
    exact = made.get_origin_node() if made is not None else None
    origins = made.origins if made is not None else ()
    return {
        "name": node.get_name(),
        "buffers": [buffer.get_name() for buffer in node.get_outputs()],
        "node": exact.name if exact is not None and exact.graph is graph else None,
        "nodes": [origin.name for origin in origins if origin.graph is graph],
        "lines": dict(_lines(getattr(node, "_body", None))),
    }


def _lines(body: Any) -> Iterator[tuple[str, str]]:
    """Each definition in a loop body that was traced while the statement recorder listened."""
    if body is None:
        return
    for block, traced in (("body", body.root_block), *body.subblocks.items()):
        for node in traced.graph.nodes:
            if name := node.meta.get(NODE):
                yield f"{block}.{node.name}", name
