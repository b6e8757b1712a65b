"""ATen graphs that draw at random, made ones that are given what was drawn: so that two runs can be compared.

Compiled code draws other numbers than eager, and a seed does not make them the same. So a graph is run once, what its
drawing nodes come to is kept, and takes their place as further inputs.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Interpreter, Node

from inspector.worker.backend import CompiledGraph, copied
from inspector.worker.profiling.graphs import copies

_SEEDED = {"inductor_random", "inductor_randint"}
"""Inductor's own, which take a seed that their eager form ignores."""


@dataclass(frozen=True)
class Drawn:
    """A graph whose nodes draw nothing."""

    graph: Graph
    given: tuple[str, ...]
    """The nodes that drew."""
    values: tuple[Tensor, ...]
    """What it takes beyond the arguments of the graph as it was."""


def drawn_once(compiled: CompiledGraph, args: Sequence[Any]) -> Drawn:
    """A copy of a graph in which what is drawn comes as an argument, and what one run of eager drew."""
    graph = copied(compiled.nodes)
    drawing = [node for node in graph.nodes if _draws(node)]
    taken = [item for node in drawing for item in _tensors_of(node)]
    if not drawing:
        return Drawn(graph, (), ())
    torch.manual_seed(0)
    run = _Keeping(GraphModule(compiled.owner, graph), {node.name for node in taken})
    run.run(*copies(args))
    known = [node for node in graph.nodes if node.op == "placeholder"]
    made: dict[str, Node] = {}
    for node in taken:
        with graph.inserting_after(known[-1]) if known else graph.inserting_before(next(iter(graph.nodes))):
            known.append(graph.placeholder(f"drawn_{node.name}"))
        known[-1].meta = dict(node.meta)
        node.replace_all_uses_with(known[-1])
        made[node.name] = known[-1]
    idle = {*drawing, *taken, *(node for node in graph.nodes if _named(node) == "inductor_lookup_seed")}
    for node in reversed(list(graph.nodes)):
        if node in idle and not node.users:
            graph.erase_node(node)
    given = tuple(name for name, node in made.items() if node.users)
    return Drawn(graph, given, tuple(run.kept[name] for name in made))


def leaves_unset(target: torch._ops.OpOverload) -> bool:
    """Whether an operator gives memory as it finds it: what is in it is nobody's result."""
    return target._schema.name.partition("::")[2].removeprefix("new_").startswith("empty")


def _named(node: Node) -> str:
    """The name of an operator without its namespace; empty of what is none."""
    return node.target._schema.name.partition("::")[2] if isinstance(node.target, torch._ops.OpOverload) else ""


def _draws(node: Node) -> bool:
    """Whether what a node comes to depends on chance."""
    if node.op != "call_function":
        return False
    if not isinstance(node.target, torch._ops.OpOverload):
        return "rng_state" in str(node.target)  # higher-order ones, around an operator that draws
    if _named(node) in _SEEDED:
        return True
    if torch.Tag.nondeterministic_seeded not in node.target.tags:
        return False
    arguments = node.target._schema.arguments
    given = {item.name: item.default_value for item in arguments if item.has_default_value()}
    given |= dict(zip((item.name for item in arguments), node.args, strict=False)) | node.kwargs
    return given.get("dropout_p") != 0.0  # attention draws for its dropout alone


def _tensors_of(node: Node) -> Iterator[Node]:
    """The node, or of one with several results those that are used."""
    if isinstance(node.meta.get("val"), Tensor):
        yield node
        return
    yield from (user for user in node.users if user.target is operator.getitem)


class _Keeping(Interpreter):
    """Keeps what some nodes, by name, come to."""

    def __init__(self, module: GraphModule, wanted: set[str]) -> None:
        super().__init__(module)
        self._wanted = wanted
        self.kept: dict[str, Tensor] = {}

    def run_node(self, n: Node) -> Any:
        result = super().run_node(n)
        if n.name in self._wanted:
            self.kept[n.name] = result.detach().clone()
        return result
