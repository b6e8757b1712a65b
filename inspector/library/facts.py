"""What of a capture is listed and searched."""

from __future__ import annotations

import re

from inspector.model.busy import disturbed
from inspector.model.capture import Capture
from inspector.model.counted import counted
from inspector.model.latency import median
from inspector.model.library import KeptFacts
from inspector.model.overview_of import overview_of
from inspector.model.stage import Stage

_OPERATOR = re.compile(r"\btorch\.ops\.(\w+\.\w+(?:\.\w+)?)\b")
_GRAPHS = (Stage.ATEN, Stage.ATEN_BACKWARD, Stage.JOINT, Stage.POST_GRAD)


def facts_of(capture: Capture) -> KeptFacts:
    """Of a capture, or of a log that was read as one."""
    found = counted(capture, overview_of(capture))
    environment = {key: value for key, value in capture.environment.items() if isinstance(value, str)}
    request = capture.request
    named = capture.target.get("name")
    texts = (item.text for stage in _GRAPHS for item in capture.find(stage))
    timed = [run for run in capture.latency if run.compiled and not disturbed(run.busy)]
    return KeptFacts(
        title=request.title if request is not None else named if isinstance(named, str) else "a log",
        torch=environment.get("torch", ""),
        machine=environment.get("gpu") or environment.get("cpu", ""),
        mode=(request.mode if request is not None else None) or "",
        device=environment.get("device", ""),
        compiles=found.compiles,
        breaks=found.breaks,
        recompiles=found.recompiles,
        kernels=found.kernels,
        kernel_names=tuple(dict.fromkeys(name for item in capture.compilations for name in item.kernels)),
        operators=tuple(sorted({found for text in texts for found in _OPERATOR.findall(text)})),
        compile_seconds=found.seconds,
        latency=median(timed[-1].compiled) if timed else None,
    )
