"""What a `RunProfile` asks for, one thing after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from inspector import protocol
from inspector.worker.capture import TargetCapture
from inspector.worker.pricing.gpu import price_on_gpu
from inspector.worker.pricing.measuring import price_of
from inspector.worker.profiling.ceilings import ceilings
from inspector.worker.profiling.gpu import profile_on_gpu
from inspector.worker.profiling.gpu_ceilings import gpu_ceilings
from inspector.worker.profiling.numerics import numerics_of
from inspector.worker.profiling.timing import profile_of


class CancelRequested(Exception):
    """The front wants no more of it."""


def answer(
    request: protocol.RunProfile,
    capture: TargetCapture,
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
            raise CancelRequested
        tell(words)

    profile = numerics = price = None
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
        if request.price:
            if torch.device(capture.request.device).type != "cpu":
                price = price_on_gpu(capture, request.seconds, progress)
            else:
                price = price_of(capture, request.seconds, progress, eager=request.eager)
    except CancelRequested:
        return protocol.Profiled(profile, numerics, price, cancelled=True)
    return protocol.Profiled(profile, numerics, price)
