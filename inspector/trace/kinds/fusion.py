"""The worker's record of what the scheduler fused, and why not more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.link.scheduled import Buffer, Decision, Scheduled, ScheduledNode, ScheduledValue
from inspector.model.number import integer
from inspector.trace.kinds.side import compile_of
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.units import current_unit, unit_of_direction


@record_kind("artifact:inspector_fusion")
def _fusion(item: Incoming) -> None:
    data = item.data
    draft = compile_of(item, data)
    scheduled, backward = read_scheduled(data), bool(data.get("backward"))
    there = any(unit.backward is backward for unit in draft.view.units)
    unit = unit_of_direction(draft, backward=backward) if there else current_unit(draft)
    unit.scheduled = (*unit.scheduled, scheduled)
    if left_out := integer(data.get("left_out") or 0):
        item.state.note("dropped", f"{draft.compile_id}: {left_out:,} more decisions about fusion were made.")
    draft.version += 1


def read_scheduled(data: Mapping[str, Any]) -> Scheduled:
    """The record's payload.

    Raises:
        KeyError, TypeError, ValueError: it is not what the worker writes.
    """
    return Scheduled(
        kernels={str(entry["kernel"]): _names(entry["loops"]) for entry in data["kernels"]},
        stored={str(entry["kernel"]): frozenset(_names(entry["stored"])) for entry in data["kernels"]},
        groups=tuple(
            ScheduledNode(
                _names(entry["loops"]),
                str(entry["extern"]),
                tuple(dict.fromkeys(_names(entry["nodes"]))),
                tuple(_names(sizes) for sizes in entry["ranges"]),
                frozenset(_names(entry["reads"])),
                frozenset(_names(entry["writes"])),
            )
            for entry in data["groups"]
            if entry["loops"]
        ),
        values=tuple(
            ScheduledValue(
                str(entry["name"]),
                bool(entry["computes"]),
                _names(entry["kernels"]),
                _names(entry["shape"]),
                str(entry["dtype"]),
                None if entry["bytes"] is None else max(0, integer(entry["bytes"])),
                _names(entry["readers"]),
                bool(entry["output"]),
            )
            for entry in data["values"]
        ),
        decisions=tuple(
            Decision(_loops(entry["a"]), _loops(entry["b"]), bool(entry["fused"]), str(entry["reason"]))
            for entry in data["decisions"]
        ),
        subgraph=None if data.get("subgraph") is None else str(data["subgraph"]),
        buffers={
            str(entry["name"]): Buffer(
                str(entry["node"] or ""), None if entry["bytes"] is None else integer(entry["bytes"])
            )
            for entry in data.get("buffers") or ()
        },
    )


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("a list of names is something else")
    return tuple(map(str, value))


def _loops(name: object) -> frozenset[str]:
    """The loops in a name of the scheduler's: `op0_op3` holds two."""
    return frozenset(str(name).split("_"))
