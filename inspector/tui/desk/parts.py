"""Parts of the desk's state: the race, what is measured, the stages that a capture goes through. No Textual here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.protocol import RunProfile

_EXPECTED = (
    *(Stage.SOURCE, Stage.BYTECODE, Stage.DYNAMO, Stage.PRE_GRAD, Stage.ATEN, Stage.POST_GRAD),
    *(Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION, Stage.INDUCTOR, Stage.KERNEL),
)
_EXPECTED_TRAINING = (Stage.JOINT, Stage.ATEN_BACKWARD)
_EXPECTED_TRITON = (Stage.TTIR, Stage.TTGIR, Stage.LLIR, Stage.PTX, Stage.SASS)

PROFILE, NUMERICS = "profile", "numerics"
"""The panels of what is measured."""


def expected_stages(request: CaptureRequest | None) -> tuple[Stage, ...]:
    """The stages that a capture of `request` goes through when all goes well, in compiler order."""
    stages = set(_EXPECTED)
    if request is not None and request.train:
        stages.update(_EXPECTED_TRAINING)
    on_gpu = request is not None and not request.device.startswith("cpu")
    stages.update(_EXPECTED_TRITON if on_gpu else (Stage.ASM,))
    return tuple(sorted(stages, key=lambda stage: stage.order))


@dataclass(frozen=True)
class Race:
    """The live latency runner."""

    by_itself: bool = True
    """Whether it begins when its panel comes into sight."""
    asked: bool = False
    waits: bool = False
    """Whether it is about to begin, as soon as no more texts arrive."""
    note: str = ""
    """What happened to the shape last, for the chart."""
    shape: str = ""
    """The shape that runs since the last change, in the worker's words; empty before the first."""


@dataclass(frozen=True)
class Measuring:
    """Profiles and numerics: what the worker was asked for, and which result each panel shows."""

    asked: RunProfile | None = None
    """What the worker carries out now."""
    busy: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Panel → what became of the last measurement, where it has no result."""
    shapes: Mapping[str, str] = field(default_factory=dict)
    """Panel → the shape on screen; the newest where there is none."""
