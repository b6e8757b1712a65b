"""The worker's records of what generated code was written for: kernel statements, and the loop IR's operations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from inspector.link.facts import InnerIr, KernelSite, Operation, Operations, StatementLine
from inspector.model.artifact import Language
from inspector.model.number import integer
from inspector.model.stage import Stage
from inspector.trace.kinds.side import compile_of
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.units import current_unit, unit_of_direction


@record_kind("artifact:inspector_statements")
def _statements(item: Incoming) -> None:
    data = item.data
    compiling = compile_of(item, data)
    unit = unit_of_direction(compiling, backward=bool(data["backward"]))
    noted = data.get("definitions")
    definitions = None if noted is None else {integer(line): _names(names) for line, names in noted}
    lines = tuple(_line(row, definitions) for row in data["lines"])
    if any(before.line >= after.line for before, after in pairwise(lines)):
        raise ValueError("its lines are not in order")
    subgraph = data.get("subgraph")
    site = KernelSite(
        str(data["kernel"]),
        integer(data["site"]),
        None if subgraph is None else str(subgraph),
        str(data.get("digest") or ""),
        _names(data.get("operations") or []),
        lines,
    )
    unit.statements[site.kernel, site.site, site.subgraph or ""] = site
    compiling.version += 1


def _line(row: Any, definitions: Mapping[int, tuple[str, ...]] | None) -> StatementLine:
    number, nodes, others, kind = row
    line = integer(number)
    own = None if definitions is None else definitions.get(line, ())
    return StatementLine(line, tuple(dict.fromkeys((*_names(nodes), *_names(others)))), str(kind), own)


def _names(value: Any) -> tuple[str, ...]:
    """A JSON list of names.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"{value!r} is no list of names")
    return tuple(value)


@record_kind("artifact:inspector_ir")
def _ir(item: Incoming) -> None:
    data = item.data
    compiling = compile_of(item, data)
    stage = Stage(data["stage"])
    if stage not in (Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION):
        raise ValueError(f"{stage} is no IR stage")
    backward = data.get("backward")
    unit = current_unit(compiling) if backward is None else unit_of_direction(compiling, backward=bool(backward))
    subgraph = data.get("subgraph")
    number = compiling.unit_number(unit)
    suffix = "-".join(part for part in (unit.suffix, str(subgraph or "")) if part)
    operations = _operations(data.get("operations"))
    order = (number, 0 if subgraph is None else 1)
    artifact = compiling.put(stage, Language.IR, str(data["text"]), suffix=suffix, order=order)
    texts = unit if subgraph is None else unit.inner_ir.setdefault(str(subgraph), InnerIr())
    if stage is Stage.IR_PRE_FUSION:
        texts.ir_pre, texts.ir_pre_operations = artifact, operations
    else:
        texts.ir_post, texts.ir_post_operations = artifact, operations
    compiling.version += 1


def _operations(value: Any) -> Operations | None:
    """What the operations of a text were made from; None where the record does not say."""
    return None if value is None else {operation.name: operation for operation in map(_operation, value)}


def _operation(data: Mapping[str, Any]) -> Operation:
    node = data.get("node")
    lines = data.get("lines") or {}
    if not all(isinstance(name, str) for name in lines.values()):
        raise TypeError(f"the lines of {data['name']} are no names")
    return Operation(
        str(data["name"]),
        _names(data["buffers"]),
        None if node is None else str(node),
        _names(data["nodes"]),
        dict(lines),
    )
