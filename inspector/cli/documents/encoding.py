"""Documents as JSON, by their types.

A dataclass or a named tuple is an object: its fields in their order, then what `ADDED` has for its type. A type that
JSON has another shape for is in `SHAPES`. All else is as `inspector.codec` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, cast

from inspector.cli.documents import shapes
from inspector.codec import plain
from inspector.model.advice import Advice
from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Position
from inspector.model.compile_row import CompileRow
from inspector.model.difference import (
    CaptureDifference,
    CompilationDifference,
    LatencyChange,
    PriceChange,
    Text,
    TextDifference,
    TextRow,
)
from inspector.model.edit import EditRace, KernelEdit
from inspector.model.fusion import KernelFusion
from inspector.model.latency import LatencyRun, LatencySummary
from inspector.model.limits import Finding
from inspector.model.numerics import Numerics
from inspector.model.overview import BreakGroup, BreakPlace
from inspector.model.profile import Profile, ProfileRow, SideProfile
from inspector.model.rank_report import Divergence, RankReport

ADDED: Mapping[type, tuple[str, ...]] = {
    Annotation: ("automatic",),
    BreakGroup: ("explanation", "count"),
    BreakPlace: ("count",),
    CaptureDifference: ("compared",),
    CompilationDifference: ("compared",),
    Divergence: ("diverges",),
    KernelEdit: ("elements", "differing", "beyond"),
    EditRace: ("against_compiled", "against_eager"),
    KernelFusion: ("saved_bytes",),
    LatencyChange: ("certain",),
    PriceChange: ("certain",),
    LatencySummary: ("trusted",),
    Numerics: ("first",),
    Profile: ("ratio",),
    ProfileRow: ("each",),
    RankReport: ("diverges", "compared"),
    SideProfile: ("coverage", "adds_up", "disturbance"),
    TextDifference: ("counts",),
}
"""Type → properties that a program would otherwise have to work out itself; for the types made from it too."""

SHAPES: Mapping[type, Callable[[Any], Any]] = {
    Advice: shapes.AdviceData.of,
    Artifact: shapes.ArtifactData.of,
    CompileRow: shapes.CompileData.of,
    Finding: shapes.FindingData.of,
    LatencyRun: shapes.TimedRun.of,
    Numerics: shapes.NumericsData.of,
    Position: list,
    Text: shapes.TextData.of,
}
"""Type → what it is in JSON."""

SPARSE: tuple[type, ...] = (TextRow,)
"""Types of which there are very many: what one does not have is left out."""


def data(value: Any) -> Any:
    """`value` in JSON's types only."""
    kind = type(value)
    if (shape := SHAPES.get(kind)) is not None:
        return data(shape(value))
    if (names := names_of(cast("Hashable", kind))) is not None:
        found = {name: getattr(value, name) for name in names}
        if kind in SPARSE:
            found = {name: part for name, part in found.items() if part not in (None, ())}
        return {name: data(part) for name, part in found.items()}
    if isinstance(value, list | tuple):
        return [data(item) for item in value]
    if isinstance(value, Mapping):
        return {str(plain(key)): data(item) for key, item in value.items()}
    return plain(value)


@cache
def names_of(kind: Hashable) -> tuple[str, ...] | None:
    """What the object of a type has; None where it is no object."""
    assert isinstance(kind, type)
    if is_dataclass(kind):
        own = tuple(item.name for item in fields(kind))
    elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
        own = kind._fields
    else:
        return None
    return own + tuple(name for base in kind.__mro__ for name in ADDED.get(base, ()))
