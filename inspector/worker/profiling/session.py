"""What a `RunProfile` asks for, one thing after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from inspector import protocol
from inspector.worker.capture import Capture
from inspector.worker.profiling.ceilings import ceilings
from inspector.worker.profiling.gpu import profile_on_gpu
from inspector.worker.profiling.gpu_ceilings import gpu_ceilings
from inspector.worker.profiling.numerics import numerics_of
from inspector.worker.profiling.timing import profile_of


class Cancelled(Exception):
    """The front wants no more of it."""


def answer(
    request: protocol.RunProfile,
    capture: Capture,
    tell: Callable[[str], object],
    cancelled: Callable[[], bool] = lambda: False,
) -> protocol.Profiled:
    """Measures and compares what was asked for; what was done before a cancel is kept.

    Args:
        request: what to do.
        capture: compiled already.
        tell: told in words what is going on.
        cancelled: asked before each step.

    Raises:
        UsageError: the Chrome trace cannot be written, or the ATen nodes cannot be compared.
    """

    def progress(words: str) -> None:
        if cancelled():
            raise Cancelled
        tell(words)

    profile = numerics = None
    try:
        if request.times:
            device = capture.request.device
            gpu = torch.device(device).type != "cpu"
            known = (
                gpu_ceilings(device, anew=request.ceilings, progress=progress)
                if gpu
                else ceilings(anew=request.ceilings, progress=progress)
            )
            trace = Path(request.trace) if request.trace else None
            found = (profile_on_gpu if gpu else profile_of)(capture, request.seconds, progress, trace)
            profile = replace(found, ceilings=known)
        if request.numerics:
            numerics = numerics_of(capture, request.tolerance, progress, nodes=request.nodes)
    except Cancelled:
        return protocol.Profiled(profile, numerics, cancelled=True)
    return protocol.Profiled(profile, numerics)
