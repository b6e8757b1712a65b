"""Every ATen node as Inductor calculates it, against the same node in eager: where a difference begins.

Each captured ATen graph is compiled once more with all its nodes as outputs, and interpreted in eager on the inputs
that it really gets. The stores that are added keep most of the fusion as it is; where they do not, a node is
calculated as it would be in a kernel of its own. Where they make a difference go away that the captured code has (a
copy that is an output is not left out), nodes are compiled one at a time beside the graph's own outputs. What depends
on chance takes eager's random numbers.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Interpreter, Node

from inspector.errors import UsageError
from inspector.model.numerics import Deviation, NodeNumerics, Numerics
from inspector.worker.backend import CompiledGraph
from inspector.worker.capture import Capture
from inspector.worker.profiling.deviation import deviation
from inspector.worker.profiling.graphs import as_compiled, called_graphs, copies, eagerly, outputs_of, unrecorded


def compared_nodes(capture: Capture, numerics: Numerics, progress: Callable[[str], object]) -> Numerics:
    """The numerics with the nodes of the first ATen graph with one beyond the tolerance, or else of the first graph.

    Args:
        numerics: of the results, with the tolerance.
        progress: told in words what is going on, before each compile.

    Raises:
        UsageError: nothing was compiled, or the graph cannot be run by itself.
    """
    seen = called_graphs(capture)
    if not seen:
        raise UsageError(
            "There is no ATen graph whose nodes could be compared.",
            "Nothing was compiled, or torch's caches had the code already: leave out --warm.",
        )
    found = []
    for compiled, args in seen:
        nodes = _Nodes(compiled, args, capture.patches, numerics)
        found.append(
            replace(numerics, nodes=nodes.together(), compile_id=compiled.compile_id, backward=compiled.backward)
        )
        if found[-1].first is not None:
            return found[-1]
        if not numerics.chance and nodes.result_parts():
            return replace(found[-1], nodes=nodes.one_at_a_time(progress), apart=True)
    return found[0]


@dataclass
class _Nodes:
    """The nodes of one graph."""

    compiled: CompiledGraph
    args: Sequence[Any]
    patches: dict[str, Any]
    """Inductor's configuration for the capture."""
    numerics: Numerics
    """Whose tolerance is held to."""
    _known: dict[Node, NodeNumerics] = field(default_factory=dict)
    """What was compiled one at a time."""

    def together(self) -> tuple[NodeNumerics, ...]:
        """All of them, compiled as the outputs of one graph."""
        wanted = [node for node in self.compiled.nodes.nodes if _calculates(node)]
        pairs = self._run(wanted)
        return tuple(self._judged(node, group) for node, group in _by_owner(zip(wanted, pairs, strict=True)).items())

    def result_parts(self) -> bool:
        """Whether the captured code itself differs from the graph in eager, in what it returns or writes."""
        pairs = zip(as_compiled(self.compiled, self.args), eagerly(self.compiled, self.args), strict=True)
        return any(not self._passes(deviation(one, other)) for one, other in pairs)

    def one_at_a_time(self, progress: Callable[[str], object]) -> tuple[NodeNumerics, ...]:
        """Those that were tried until the first that parts was known, in the graph's order.

        Halving finds a node that parts behind one that does not; from it the way goes up while something that it is
        made from parts too.
        """
        groups = list(_by_owner((node, node) for node in self.compiled.nodes.nodes if _calculates(node)).items())
        members = dict(groups)

        def parts(owner: Node) -> bool:
            if owner not in self._known:
                progress(f"comparing ATen nodes: {owner.name}")
                pairs = self._run(members[owner], beside=outputs_of(self.compiled))
                self._known[owner] = self._judged(owner, pairs[: len(members[owner])])
            return not self._known[owner].passes

        low, high = 0, len(groups)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if parts(groups[middle][0]) else (middle + 1, high)
        at = groups[low][0] if low < len(groups) else None
        while at is not None:
            at = next((item for item in _made_from(at, members) if parts(item)), None)
        return tuple(self._known[node] for node, _ in groups if node in self._known)

    def _run(self, wanted: Sequence[Node], beside: Sequence[Node] = ()) -> list[tuple[Tensor, Tensor]]:
        """Inductor's and eager's value of each node; `beside` are outputs that keep the graph as it was."""
        from torch._inductor import config
        from torch._inductor.compile_fx import compile_fx_inner

        returned = list(dict.fromkeys((*wanted, *beside)))
        nodes = GraphModule(self.compiled.owner, _with_outputs(self.compiled.nodes, returned))
        try:
            torch.manual_seed(0)
            eager = list(Interpreter(nodes).run(*copies(self.args)))
            with unrecorded(), config.patch({**self.patches, "fallback_random": True}):
                function = compile_fx_inner(nodes, copies(self.args))
            torch.manual_seed(0)
            generated = list(function(copies(self.args)))
        except Exception as error:
            words = next(iter(str(error).splitlines()), type(error).__name__)
            raise UsageError(f"The ATen nodes cannot be compared: {words}", "Leave out --nodes.") from error
        return list(zip(generated, eager, strict=True))[: len(wanted)]

    def _judged(self, owner: Node, pairs: Iterable[tuple[Tensor, Tensor]]) -> NodeNumerics:
        """An operator with several results is as far apart as the furthest of them."""
        measured = max((deviation(one, other) for one, other in pairs), key=_badness)
        return NodeNumerics(owner.name, measured, self._passes(measured), calls=_operator(owner))

    def _passes(self, measured: Deviation) -> bool:
        return measured.passes(self.numerics.tolerance, self.numerics.times)


def _badness(value: Deviation) -> float:
    return math.inf if math.isnan(value.excess) else value.excess


def _by_owner(pairs: Iterable[tuple[Node, Any]]) -> dict[Node, list[Any]]:
    """What belongs to each operator: of one with several results, to all of them."""
    found: dict[Node, list[Any]] = {}
    for node, item in pairs:
        owner = node.args[0] if node.target is operator.getitem else node
        assert isinstance(owner, Node)
        found.setdefault(owner, []).append(item)
    return found


def _made_from(node: Node, members: dict[Node, list[Node]]) -> list[Node]:
    """The operators whose results a node works on, through views."""
    found: list[Node] = []
    pending = list(node.all_input_nodes)
    while pending:
        item = pending.pop()
        owner = item.args[0] if item.target is operator.getitem else item
        if isinstance(owner, Node) and owner in members:
            found.append(owner)
        elif isinstance(owner, Node):
            pending += owner.all_input_nodes
    return found


def _operator(node: Node) -> str:
    """`aten.mul.Tensor`; of a custom operator in its wrapper the operator itself."""
    inner = node.args[0] if node.args else None
    return str(inner if isinstance(inner, torch._ops.OpOverload) else node.target)


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
