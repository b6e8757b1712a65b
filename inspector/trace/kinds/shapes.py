"""Records about symbolic shapes: symbols, where they were pinned, guards on them, and what export assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.model.frame import Frame
from inspector.model.number import integer_or_none
from inspector.model.shapes import FakeKernelProblem, ShapeFact, ShapeFactKind, Specialization, Symbol
from inspector.trace.frames import read_frames
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.shapebook import ShapeDraft


def _draft(item: Incoming) -> ShapeDraft:
    item.state.version += 1
    return item.state.shapes.draft(item.record.file, item.draft.compile_id if item.draft else None)


def _user_stack(item: Incoming) -> tuple[Frame, ...]:
    return read_frames(item.details.get("user_stack"), item.strings)


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return "" if value is None else str(value)


@record_kind("create_symbol", "create_unbacked_symbol")
def _symbol(item: Incoming) -> None:
    data = item.details
    symbol = Symbol(
        str(data["symbol"]), _text(data, "val"), _text(data, "vr"), _text(data, "source"), _user_stack(item)
    )
    _draft(item).symbols.append(symbol)


@record_kind("symbolic_shape_specialization")
def _specialization(item: Incoming) -> None:
    data = item.details
    sources = tuple(map(str, data.get("sources") or ()))
    found = Specialization(str(data["symbol"]), str(data["value"]), sources, _text(data, "reason"), _user_stack(item))
    _draft(item).specializations.append(found)


@record_kind(*ShapeFactKind)
def _fact(item: Incoming) -> None:
    data = item.details
    kind = ShapeFactKind(item.kind)
    made = kind is ShapeFactKind.EXPRESSION
    user = _user_stack(item)
    node = data.get("result_id" if made else "expr_id" if kind is ShapeFactKind.DATA_DEPENDENT else "expr_node_id")
    frame_locals = data.get("frame_locals") or {}
    fact = ShapeFact(
        kind,
        str(data["result"] if made else data["expr"]),
        _text(data, "unhinted_expr") if kind is ShapeFactKind.DATA_DEPENDENT else "" if made else _text(data, "result"),
        user,
        () if user else read_frames(data.get("stack"), item.strings),
        _texts(data.get("symbol_to_sources")),
        _texts(frame_locals.get("locals")),
        integer_or_none(node),
        _text(data, "method"),
        tuple(map(str, data.get("arguments") or ())),
        tuple(number for number in data.get("argument_ids") or () if type(number) is int),
    )
    _draft(item).facts.append(fact)


def _texts(value: object) -> dict[str, str]:
    """A JSON object as texts: torch writes sources as a list of names, and locals as whatever they print as."""
    if not isinstance(value, dict):
        return {}
    return {str(key): ", ".join(map(str, item)) if isinstance(item, list) else str(item) for key, item in value.items()}


@record_kind("missing_fake_kernel", "mismatched_fake_kernel")
def _fake_kernel(item: Incoming) -> None:
    data = item.details
    reason = str(data.get("reason") or "they differ") if item.kind == "mismatched_fake_kernel" else ""
    problem = FakeKernelProblem(str(data["op"]), reason, item.draft.compile_id if item.draft else None)
    if problem not in item.state.fake_kernels:
        item.state.fake_kernels.append(problem)
        item.state.version += 1
