"""A difference as JSON-ready data: the rows and what they mean, without the texts, which are in the captures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from inspector.model.difference import (
    CaptureDifference,
    CompilationDifference,
    Divergence,
    LatencyChange,
    RankReport,
    Row,
    Text,
    TextDifference,
)


def as_json(value: Any) -> Any:
    """Any part of `inspector.model.difference`, all the way down.

    A row keeps only what it has: `{"change": "changed", "a": 3, "b": 4, "parts_a": [[4, 7]], …}`. A text is its label
    and its artifact's id; a list that was made for the comparison is given in full, for it is nowhere else.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): as_json(part) for key, part in value.items()}
    if (parts := _parts(value)) is not None:
        return {key: as_json(part) for key, part in parts.items()} | _worked_out(value)
    return [as_json(part) for part in value] if isinstance(value, list | tuple) else value


def _parts(value: Any) -> dict[str, Any] | None:
    """The fields of a data class or a named tuple; None for anything else."""
    if isinstance(value, Text):
        listed = {} if value.artifact is not None else {"lines": value.lines}
        return {"label": value.label, "artifact": value.artifact, **listed}
    if isinstance(value, Row):
        return {key: part for key, part in value._asdict().items() if part not in (None, ())}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    return None


def _worked_out(value: object) -> dict[str, Any]:
    """What a program would otherwise have to work out itself."""
    if isinstance(value, TextDifference):
        return {"counts": {change.value: count for change, count in value.counts.items()}}
    if isinstance(value, CaptureDifference | CompilationDifference):
        return {"compared": dict(value.compared)}
    if isinstance(value, LatencyChange):
        return {"certain": value.certain}
    if isinstance(value, Divergence | RankReport):
        counted = {"compared": value.compared} if isinstance(value, RankReport) else {}
        return {"diverges": value.diverges} | counted
    return {}
