"""Parts of the desk's state: the race, what is measured, the stages that a capture goes through. No Textual here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.protocol import EditKernel, RunProfile
from inspector.tui.layout import PANELS

_EXPECTED = (
    *(Stage.SOURCE, Stage.BYTECODE, Stage.DYNAMO, Stage.PRE_GRAD, Stage.ATEN, Stage.POST_GRAD),
    *(Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION, Stage.INDUCTOR, Stage.KERNEL),
)
_EXPECTED_TRAINING = (Stage.JOINT, Stage.ATEN_BACKWARD)
_EXPECTED_TRITON = (Stage.TTIR, Stage.TTGIR, Stage.LLIR, Stage.PTX, Stage.SASS)

PROFILE, NUMERICS, PRICE = "profile", "numerics", "price"
"""The panels of what is measured."""


def expected_stages(request: CaptureRequest | None) -> tuple[Stage, ...]:
    """The stages that a capture of `request` goes through when all goes well, in compiler order."""
    stages = set(_EXPECTED)
    if request is not None and request.train:
        stages.update(_EXPECTED_TRAINING)
    on_gpu = request is not None and not request.device.startswith("cpu")
    stages.update(_EXPECTED_TRITON if on_gpu else (Stage.ASM,))
    return tuple(sorted(stages, key=lambda stage: stage.order))


_FIRST = ("why", "latency", "details")
"""What an opened capture begins with: nothing of it grows any more."""


def panels_of(capture: Capture, *, live: bool) -> list[str]:
    """An opened capture has no log, and of what is measured only what it holds; it begins with what is found."""
    held = {"log": (), "latency": capture.latency, PROFILE: capture.profiles}
    held |= {NUMERICS: capture.numerics, PRICE: capture.prices}
    names = [name for name in PANELS if live or held.get(name, True)]
    return names if live else sorted(names, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))


_NOT_THE_REASON = re.compile(r"^\d+/\d+: |\s{2,}#.*$")
"""torch puts the compile id whose guard failed before the reason, and the code that made the guard after it."""


def reason_of(capture: Capture, compile_id: str | None) -> str:
    """Why torch compiled this once more, first line; empty for a first compile."""
    for recompile in capture.recompiles:
        if recompile.compile_id == compile_id and recompile.reasons:
            return _NOT_THE_REASON.sub("", recompile.reasons[0].strip().splitlines()[0])
    return ""


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


Shape = tuple[int | None, int | None]
"""Batch and sequence length."""


@dataclass(frozen=True)
class Trial:
    """What a finding advises, being tried: the same calls once more, of another compile."""

    what: str
    """`dynamic=True`."""
    before: int
    """Recompiles without it."""
    shapes: tuple[Shape, ...]
    """What had been called after the first call, in order."""
    waiting: tuple[Shape, ...]
    """Which of these are still to be called."""
    heard: frozenset[str] = frozenset()
    """Compile ids that calls were said to have made; their records may come later."""
    after: int | None = None
    """Recompiles with it, once all is called."""
    alike: bool = True
    """Whether exactly these calls were made: one may have failed, or a person have asked for others."""


@dataclass(frozen=True)
class Editing:
    """Kernels whose text a person changes."""

    shown: int = 0
    """The number of the edit on screen; 0 for the compiler's own."""
    asked: EditKernel | None = None
    """What the worker tries now."""
    drafts: Mapping[str, str] = field(default_factory=dict)
    """Id of a kernel's text → what a person left of it last that did not run; the editor opens with it."""


@dataclass(frozen=True)
class Measurements:
    """Profiles and numerics: what the worker was asked for, and which result each panel shows."""

    asked: RunProfile | None = None
    """What the worker carries out now."""
    busy: str = ""
    resumes: bool = False
    """Whether the race ran before, and goes on afterwards."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Panel → what became of the last measurement, where it has no result."""
    shapes: Mapping[str, str] = field(default_factory=dict)
    """Panel → the shape on screen; the newest where there is none."""
