"""The worker's record of what torch's autotuning tried for an operator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from inspector.model.autotuning import Autotuning, AutotuningChoice
from inspector.model.number import integer
from inspector.trace.kinds.side import compile_of
from inspector.trace.registry import Incoming, record_kind


@record_kind("artifact:inspector_autotuning")
def _autotuning(item: Incoming) -> None:
    data = item.data
    draft = compile_of(item, data)
    choices = tuple(_choice(entry) for entry in data["choices"])
    inputs = tuple(map(str, data["inputs"]))
    count = max(len(choices), integer(data["count"]))
    found = Autotuning(draft.compile_id, str(data["operator"]), inputs, choices, count, _seconds(data.get("seconds")))
    item.state.autotunings.append(found)
    item.state.version += 1


def _choice(entry: Mapping[str, Any]) -> AutotuningChoice:
    return AutotuningChoice(
        str(entry["name"]),
        str(entry.get("kind") or ""),
        _seconds(entry.get("seconds")),
        str(entry.get("description") or ""),
        str(entry.get("code") or ""),
    )


def _seconds(value: object) -> float | None:
    """A time; None where it is none."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else None
