"""The captured ATen graphs with what they are really called with, run again in eager or as Inductor compiles them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, GraphModule, Interpreter, Node

from inspector.worker.backend import CompiledGraph
from inspector.worker.capture import TargetCapture
from inspector.worker.private import swapped
from inspector.worker.state import seeded


@dataclass
class CalledGraph:
    """A graph that one call of the target runs."""

    compiled: CompiledGraph
    args: list[Any]
    """Copies of what it is first called with."""
    calls: int = 0
    """How often it is called."""


def called_graphs(capture: TargetCapture) -> list[CalledGraph]:
    """The graphs that one call from the capture's state runs, as they were compiled."""
    seen: dict[int, CalledGraph] = {}

    def hear(number: int, args: list[Any]) -> None:
        if number not in seen:
            seen[number] = CalledGraph(capture.graphs[number], copies(args))
        seen[number].calls += 1

    capture.state.restore()
    seeded(capture.request.seed)
    try:
        with ExitStack() as stack:
            for number, compiled in enumerate(capture.graphs):
                stack.enter_context(_listening(compiled.result, partial(hear, number)))
            capture.call(capture.compiled, capture.inputs)
    finally:
        capture.state.restore()
    return [called for _, called in sorted(seen.items())]


def eagerly(compiled: CompiledGraph, args: Sequence[Any]) -> list[Tensor]:
    """What a graph's tensors come to in eager: its outputs, then its arguments as they are afterwards."""
    given = copies(args)
    return _tensors(Interpreter(GraphModule(compiled.owner, compiled.nodes)).run(*given), given)


def as_compiled(compiled: CompiledGraph, args: Sequence[Any]) -> list[Tensor]:
    """The same of the captured code."""
    given = copies(args)
    handed = list(given)  # the code empties the list that it is given
    return _tensors(compiled.result.current_callable(handed), given)


def _tensors(outputs: Any, given: Sequence[Any]) -> list[Tensor]:
    found = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    return [item.detach().clone() for item in (*found, *given) if isinstance(item, Tensor)]


def outputs_of(graph: Graph) -> list[Node]:
    """The nodes that a graph returns, each once."""
    (last,) = (node for node in graph.nodes if node.op == "output")
    return list(dict.fromkeys(last.all_input_nodes))


def copies(args: Sequence[Any]) -> list[Any]:
    """A graph may write what it is given."""
    return [_copy(item) if isinstance(item, Tensor) else item for item in args]


def _copy(tensor: Tensor) -> Tensor:
    """With the strides that it has: generated code relies on them."""
    made = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)
    once = tuple(slice(0, 1) if stride == 0 else slice(None) for stride in tensor.stride())  # of what is expanded
    made[once].copy_(tensor.detach()[once])
    return made


@contextmanager
def _listening(graph: Any, hear: Callable[[list[Any]], object]) -> Iterator[None]:
    """While this lasts, what a compiled graph is called with is passed along before it runs."""
    original = getattr(graph, "current_callable", None)
    if original is None:
        yield
        return

    def listening(args: list[Any]) -> Any:
        hear(args)
        return original(args)

    with swapped(graph, "current_callable", listening):
        yield


@contextmanager
def unrecorded() -> Iterator[None]:
    """While this lasts, nothing goes to the structured trace, which is the capture's."""
    log = logging.getLogger("torch.__trace")
    handlers, log.handlers = log.handlers, []
    try:
        yield
    finally:
        log.handlers = handlers
