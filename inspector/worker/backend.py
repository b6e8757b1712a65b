"""The capture backend: Inductor, with every graph that passes through it kept.

It calls the same `compile_fx` as `backend="inductor"` does, and neither changes a graph nor the code that is
generated from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from torch._inductor.compile_fx import compile_fx, compile_fx_inner
from torch.fx import Graph, GraphModule

from inspector.worker import records
from inspector.worker.graph_log import GraphLog
from inspector.worker.kernels import Kernels
from inspector.worker.sources import Sources


class CompiledGraph(NamedTuple):
    """One ATen graph, and what Inductor made of it."""

    compile_id: str
    nodes: Graph
    """As Inductor was given it."""
    owner: GraphModule
    """Holds what the nodes refer to; its own graph is as Inductor's passes left it."""
    result: Any
    """What Inductor's inner compile returned: `current_callable` is what each call calls."""
    backward: bool = False


def copied(graph: Graph) -> Graph:
    """A graph with nodes of its own; what they know is shared."""
    nodes = Graph()
    nodes.output(nodes.graph_copy(graph, {}))
    return nodes


def module_paths(graph: Graph) -> dict[str, str]:
    """Node of Dynamo's graph → path of the innermost module that called it, as `named_modules` has it; the outermost
    module's is empty, and of a node that torch names no module for there is none."""
    found = {}
    for node in graph.nodes:
        stack = list((node.meta.get("nn_module_stack") or {}).values())
        if stack:
            found[node.name] = str(stack[-1][0])
    return found


class CaptureBackend:
    """A backend for `torch.compile` that writes a side record for every graph.

    Args:
        patches: Inductor configuration, as `mode` and `options` of torch.compile make it.
        kernels: told which kernels were loaded.
        sources: told which files the graphs come from.
        custom_passes: as `GraphLog` has it.
        passes: as `GraphLog` has it.
    """

    def __init__(
        self,
        patches: Mapping[str, Any],
        kernels: Kernels,
        sources: Sources,
        *,
        custom_passes: bool = True,
        passes: bool = False,
    ) -> None:
        self._patches = dict(patches)
        self._kernels = kernels
        self.compiled: list[CompiledGraph] = []
        """What came through Inductor's inner compile, in order."""
        self.module_paths: dict[str, dict[str, str]] = {}
        """Compile id → node of Dynamo's graph → path of the innermost module that called it."""
        self._graphs = GraphLog(sources, custom_passes=custom_passes, passes=passes)

    @property
    def compile_ids(self) -> list[str]:
        """Every compile id that came this far, in order."""
        return self._graphs.compile_ids

    @contextmanager
    def recording(self) -> Iterator[Callable[..., Any]]:
        """While this lasts, what Inductor does is recorded; yields the backend for `torch.compile`."""
        with self._graphs.hearing_dynamo(), self._graphs.hearing_inductor():

            def inductor(graph: GraphModule, inputs: Sequence[Any]) -> Any:
                return self._compile(graph, inputs)

            yield inductor  # named so because Dynamo's messages name the backend

    def _compile(self, graph: GraphModule, inputs: Sequence[Any]) -> Any:
        compile_id = self._graphs.begin(graph)
        self.module_paths[compile_id] = module_paths(graph.graph)
        try:
            with self._graphs.piece(graph):
                return compile_fx(graph, inputs, inner_compile=self._inner_compile, config_patches=self._patches)
        finally:
            self._kernels.collect(compile_id)  # torch's AOTAutograd cache loads kernels without an inner compile

    def _inner_compile(self, graph: GraphModule, inputs: Sequence[Any], **options: Any) -> Any:
        before = copied(graph.graph)  # its passes change the graph that they are given
        result = self._graphs.inner_compile(compile_fx_inner, self._kernels, graph, inputs, **options)
        backward = bool(options.get("is_backward"))
        self.compiled.append(CompiledGraph(records.current_compile_id() or "", before, graph, result, backward))
        return result
