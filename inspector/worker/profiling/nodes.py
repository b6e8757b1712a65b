"""Every ATen node as Inductor calculates it, against the same node in eager: where a difference begins.

Each captured ATen graph is compiled once more with all its nodes as outputs, and interpreted in eager on the inputs
that it really gets. The stores that are added keep most of the fusion as it is; where they do not, a node is
calculated as it would be in a kernel of its own. Where they make a difference go away that the captured code has (a
copy that is an output is not left out), nodes are compiled one at a time beside the graph's own outputs. What is drawn
at random is drawn once and given to both sides (`chance.py`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Interpreter, Node

from inspector.model.deviation import Deviation
from inspector.model.numerics import NodeNumerics, NodesOfGraph, Numerics
from inspector.worker.capture import TargetCapture, nothing_compiled
from inspector.worker.profiling.chance import drawn_once, leaves_unset
from inspector.worker.profiling.deviation import deviation
from inspector.worker.profiling.graphs import (
    CalledGraph,
    as_compiled,
    called_graphs,
    copies,
    eagerly,
    outputs_of,
    unrecorded,
)
from inspector.worker.user_errors import words


def compared_nodes(capture: TargetCapture, numerics: Numerics, progress: Callable[[str], object]) -> Numerics:
    """The numerics with the nodes of each graph that a call runs, or why those of a graph cannot be compared.

    Args:
        numerics: of the results, with the tolerance.
        progress: told in words what is going on, before each compile.
    """
    seen = called_graphs(capture)
    if not seen:
        return replace(numerics, graphs_left=(_no_graph(capture),))
    found: list[NodeNumerics] = []
    left, asides = [], []
    for called in seen:
        nodes = _Nodes(called, capture.patches, numerics)
        name = NodesOfGraph(called.compiled.compile_id, called.compiled.backward, (), apart=False).name
        try:
            progress(f"comparing ATen nodes: {name}")
            made = nodes.compared(progress)
        except _CannotRun as error:
            left.append(f"{name}: {error}")
            continue
        found += made
        if not made:
            left.append(f"{name}: no node of it calculates a tensor{' that is not drawn' if nodes.given else ''}")
        if nodes.given:
            draw = "draws" if len(nodes.given) == 1 else "draw"
            asides.append(f"{', '.join(nodes.given)} of {name} {draw} at random: both sides were given the same.")
        if called.calls > 1:
            asides.append(f"{name} runs {called.calls:,} times in a call: its first run was compared.")
    first = found[0] if found else None
    return replace(
        numerics,
        nodes=tuple(found),
        compile_id=first.compile_id if first is not None else "",
        backward=first is not None and first.backward,
        graphs_left=tuple(left),
        asides=tuple(asides),
    )


def _no_graph(capture: TargetCapture) -> str:
    """Why a call runs no graph whose nodes are known."""
    if not capture.compile_ids:
        return f"any ATen graph. {nothing_compiled(capture.name)}".removesuffix(".")
    if not capture.graphs:
        return "any ATen graph: torch's caches had the code already (leave out --warm)"
    return "any ATen graph: the call that was compared runs none"


class _CannotRun(Exception):
    """A graph cannot be compiled or run by itself; its words say why."""


class _Nodes:
    """The nodes of one graph."""

    def __init__(self, called: CalledGraph, patches: dict[str, Any], numerics: Numerics) -> None:
        self._called = called
        self._compiled = called.compiled
        self._patches = patches
        """Inductor's configuration for the capture."""
        self._numerics = numerics
        """Whose tolerance is held to."""
        self.given: tuple[str, ...] = ()
        """Nodes that draw at random, whose values both sides are given."""
        self._known: dict[Node, NodeNumerics] = {}
        """What was compiled one at a time."""

    def compared(self, progress: Callable[[str], object]) -> tuple[NodeNumerics, ...]:
        """All of them; where they agree and the captured code does not, those that were compiled one at a time.

        Raises:
            _CannotRun: the graph cannot be compiled or run by itself.
        """
        with _told():
            drawn = drawn_once(self._compiled, self._called.args)
            self.given, self._graph, self._args = drawn.given, drawn.graph, [*self._called.args, *drawn.values]
            together = self._together()
            agree = all(node.passes for node in together)
            if not agree or self.given or self._numerics.chance or not self._result_parts():
                return together
            return tuple(replace(node, apart=True) for node in self._one_at_a_time(progress))

    def _together(self) -> tuple[NodeNumerics, ...]:
        """All of them, compiled as the outputs of one graph."""
        wanted = [node for node in self._graph.nodes if _calculates(node)]
        pairs = self._run(wanted)
        return tuple(self._judged(node, group) for node, group in _by_owner(zip(wanted, pairs, strict=True)).items())

    def _result_parts(self) -> bool:
        """Whether the captured code itself differs from the graph in eager, in what it returns or writes."""
        args = self._called.args
        pairs = zip(as_compiled(self._compiled, args), eagerly(self._compiled, args), strict=True)
        return any(not self._passes(deviation(one, other)) for one, other in pairs)

    def _one_at_a_time(self, progress: Callable[[str], object]) -> tuple[NodeNumerics, ...]:
        """Those that were tried until the first that parts was known, in the graph's order.

        Halving finds a node that parts behind one that does not; from it the way goes up while something that it is
        made from parts too.
        """
        groups = list(_by_owner((node, node) for node in self._graph.nodes if _calculates(node)).items())
        members = dict(groups)

        def parts(owner: Node) -> bool:
            if owner not in self._known:
                progress(f"comparing ATen nodes: {owner.name}")
                pairs = self._run(members[owner], beside=outputs_of(self._graph))
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
        nodes = GraphModule(self._compiled.owner, _with_outputs(self._graph, returned))
        eager = list(Interpreter(nodes).run(*copies(self._args)))
        with unrecorded(), config.patch(self._patches):
            function = compile_fx_inner(nodes, copies(self._args))
        generated = list(function(copies(self._args)))
        return list(zip(generated, eager, strict=True))[: len(wanted)]

    def _judged(self, owner: Node, pairs: Iterable[tuple[Tensor, Tensor]]) -> NodeNumerics:
        """An operator with several results is as far apart as the furthest of them."""
        measured = max((deviation(one, other) for one, other in pairs), key=_badness)
        return NodeNumerics(
            owner.name,
            measured,
            self._passes(measured),
            calls=_operator(owner),
            compile_id=self._compiled.compile_id,
            backward=self._compiled.backward,
        )

    def _passes(self, measured: Deviation) -> bool:
        return measured.passes(self._numerics.tolerance, self._numerics.times)


@contextmanager
def _told() -> Iterator[None]:
    """What torch raises on a graph of ours, in its own words."""
    try:
        yield
    except Exception as error:
        raise _CannotRun(words(error)) from error


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
    if not isinstance(node.target, torch._ops.OpOverload) or leaves_unset(node.target):
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
