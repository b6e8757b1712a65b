"""`facts.json`: what a log says beside its texts, each list under the name of the capture's field."""

from __future__ import annotations

from typing import Any

from inspector.bundle import typed
from inspector.bundle.codec import Json, objects
from inspector.model.build import Build
from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, LogFile
from inspector.model.failure import Failure
from inspector.model.pgo import CodeState
from inspector.model.piece import CompilePiece
from inspector.model.shapes import FakeKernelProblem, SymbolicShapes
from inspector.model.tensors import CollectiveSchedule, GraphEstimate, GraphExecution, TensorInput

_FIELDS: dict[str, type] = {
    "logs": LogFile,
    "pieces": CompilePiece,
    "inputs": TensorInput,
    "shapes": SymbolicShapes,
    "cache_lookups": CacheLookup,
    "failures": Failure,
    "code_states": CodeState,
    "fake_kernels": FakeKernelProblem,
    "collectives": CollectiveSchedule,
    "estimates": GraphEstimate,
    "executions": GraphExecution,
    "builds": Build,
}
"""The capture's field, and what it is a tuple of."""


def facts_json(capture: Capture) -> Json:
    """The file's content."""
    return {"version": 1, **{name: [typed.to_json(item) for item in getattr(capture, name)] for name in _FIELDS}}


def facts(data: Any) -> dict[str, Any]:
    """The capture's fields in what `facts_json` wrote; one that an older inspector did not know is left out."""
    return {
        name: tuple(typed.from_json(kind, item) for item in objects(data, name))
        for name, kind in _FIELDS.items()
        if name in data
    }
