"""Records of compiled autograd: the backward pass of the whole program as one graph."""

from __future__ import annotations

from inspector.trace.registry import Incoming, record_kind


@record_kind("compiled_autograd_graph")
def _graph(item: Incoming) -> None:
    """The graph is kept whole beside the stages; what becomes of it is logged under a compile id of its own."""
    compiling = item.compiling
    compiling.function = compiling.function or "compiled autograd"
    compiling.finished = compiling.has_graph = True
    compiling.version += 1


@record_kind("artifact:compiled_autograd_compile_reasons")
def _reasons(item: Incoming) -> None:
    compiling = item.compiling
    reasons = item.json
    compiling.autograd_reasons = tuple(map(str, reasons if isinstance(reasons, list) else [reasons]))
    compiling.version += 1
