"""Every ATen node as Inductor calculates it, against the same node in eager: where a difference begins.

Each captured ATen graph is compiled once more with all its nodes as outputs, and interpreted in eager on the inputs
that it really gets. The stores that are added keep most of the fusion as it is; where they do not, a node is
calculated as it would be in a kernel of its own. What depends on chance takes eager's random numbers.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Interpreter, Node

from inspector.errors import UsageError
from inspector.model.numerics import NodeNumerics
from inspector.worker.backend import CompiledGraph
from inspector.worker.capture import Capture
from inspector.worker.profiling.deviation import deviation


def compared_nodes(capture: Capture, tolerance: float) -> tuple[CompiledGraph, tuple[NodeNumerics, ...]]:
    """The nodes of the first ATen graph with one that passes the tolerance, or else of the first graph.

    Args:
        tolerance: the largest relative deviation that is let pass.

    Returns:
        The graph and its nodes, in their order; views are left out.

    Raises:
        UsageError: nothing was compiled, or the graph cannot be run by itself.
    """
    seen: dict[int, list[Any]] = {}
    with ExitStack() as stack:
        for number, compiled in enumerate(capture.graphs):
            stack.enter_context(_listening(compiled.result, partial(seen.setdefault, number)))
        torch.manual_seed(capture.request.seed)
        capture.call(capture.compiled, capture.inputs)
    first: tuple[CompiledGraph, tuple[NodeNumerics, ...]] | None = None
    for number, args in sorted(seen.items()):
        compiled = capture.graphs[number]
        found = compiled, _compared(compiled, args, tolerance)
        if any(not node.passes for node in found[1]):
            return found
        first = first or found
    if first is None:
        raise UsageError(
            "There is no ATen graph whose nodes could be compared.",
            "Nothing was compiled, or torch's caches had the code already: leave out --warm.",
        )
    return first


def _compared(compiled: CompiledGraph, args: Sequence[Any], tolerance: float) -> tuple[NodeNumerics, ...]:
    from torch._inductor import config
    from torch._inductor.compile_fx import compile_fx_inner

    wanted = [node for node in compiled.nodes.nodes if _calculates(node)]
    nodes = GraphModule(compiled.owner, _with_outputs(compiled.nodes, wanted))
    try:
        torch.manual_seed(0)
        eager = list(Interpreter(nodes).run(*_copies(args)))
        with _unrecorded(), config.patch(fallback_random=True):
            function = compile_fx_inner(nodes, _copies(args))
        torch.manual_seed(0)
        generated = list(function(_copies(args)))
    except Exception as error:
        words = next(iter(str(error).splitlines()), type(error).__name__)
        raise UsageError(f"The ATen nodes cannot be compared: {words}", "Leave out --nodes.") from error
    found = []
    for node, one, other in zip(wanted, generated, eager, strict=True):
        measured = deviation(one, other)
        found.append(NodeNumerics(node.name, measured, measured.relative <= tolerance))
    return tuple(found)


def _calculates(node: Node) -> bool:
    """Whether a node makes a tensor of its own."""
    if node.op != "call_function" or not isinstance(node.meta.get("val"), Tensor):
        return False
    if node.target is operator.getitem:
        return True
    if not isinstance(node.target, torch._ops.OpOverload):
        return False
    returned = node.target._schema.returns
    return not any(item.alias_info is not None for item in returned)


def _with_outputs(graph: Graph, wanted: Sequence[Node]) -> Graph:
    """A copy of a graph that returns some of its nodes instead."""
    made: dict[Node, Node] = {}
    copied = Graph()
    copied.graph_copy(graph, made)
    copied.output(tuple(made[node] for node in wanted))
    return copied


def _copies(args: Sequence[Any]) -> list[Any]:
    """A graph may write what it is given."""
    return [item.detach().clone() if isinstance(item, Tensor) else item for item in args]


@contextmanager
def _listening(graph: Any, hear: Callable[[list[Any]], object]) -> Iterator[None]:
    """While this lasts, copies of what a compiled graph is called with are handed on."""
    original = getattr(graph, "current_callable", None)
    if original is None:
        yield
        return

    def listening(args: list[Any]) -> Any:
        hear(_copies(args))
        return original(args)

    graph.current_callable = listening
    try:
        yield
    finally:
        graph.current_callable = original


@contextmanager
def _unrecorded() -> Iterator[None]:
    """While this lasts, nothing goes to the structured trace, which is the capture's."""
    log = logging.getLogger("torch.__trace")
    handlers, log.handlers = log.handlers, []
    try:
        yield
    finally:
        log.handlers = handlers
