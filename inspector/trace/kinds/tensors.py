"""Records about tensors and about the run: described inputs, estimates, collectives, the order of execution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from inspector.model.tensors import (
    CollectiveSchedule,
    ExecutedGraph,
    GraphEstimate,
    GraphExecution,
    GraphOperation,
)
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.tensorbook import read_meta


def _where(item: Incoming) -> tuple[str, str | None]:
    item.state.version += 1
    return item.record.file, item.draft.compile_id if item.draft else None


@record_kind("describe_storage")
def _storage(item: Incoming) -> None:
    item.state.tensors.storage(*_where(item), item.details)


@record_kind("describe_tensor")
def _tensor(item: Incoming) -> None:
    item.state.tensors.tensor(*_where(item), item.details)


@record_kind("describe_source")
def _source(item: Incoming) -> None:
    item.state.tensors.source(*_where(item), item.details)


@record_kind("artifact:inductor_runtime_and_tensor_meta")
def _estimate(item: Incoming) -> None:
    operations = tuple(_operation(op) for op in item.data["ops"])
    item.state.estimates.append(GraphEstimate(item.compiling.compile_id, operations))
    item.state.version += 1


def _operation(op: Mapping[str, Any]) -> GraphOperation:
    # Called nanoseconds, but the scheduler counts in milliseconds: so in every release that writes this, 2.9 and later.
    milliseconds = float(op.get("estimated_runtime_ns") or 0.0)
    outputs = tuple(read_meta(output, output.get("shape")) for output in op.get("outputs") or ())
    seconds = milliseconds / 1e3 if math.isfinite(milliseconds) else 0.0
    return GraphOperation(str(op.get("name") or "?"), op.get("type") == "collective", seconds, outputs)


@record_kind("artifact:inductor_collective_schedule")
def _collectives(item: Incoming) -> None:
    schedule = item.json
    if not isinstance(schedule, list):
        raise TypeError("its payload is not a list")
    names = tuple("?" if name is None else str(name) for name in schedule)
    item.state.collectives.append(CollectiveSchedule(item.compiling.compile_id, names))
    item.state.version += 1


@record_kind("artifact:graph_execution")
def _execution(item: Incoming) -> None:
    order = tuple(_executed(item, entry) for entry in item.data["graph_execution_order"])
    item.state.executions.append(GraphExecution(item.record.file, order))
    item.state.version += 1


def _executed(item: Incoming, entry: Mapping[str, Any]) -> ExecutedGraph:
    compile_id = entry.get("compile_id")
    rest = {key: value for key, value in entry.items() if key != "compile_id"}
    if not isinstance(compile_id, str) or compile_id in ("", "None"):
        return ExecutedGraph("", rest)
    return ExecutedGraph(item.state.qualified(compile_id, item.record), rest)
