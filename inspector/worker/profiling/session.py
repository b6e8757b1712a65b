"""What a `RunProfile` asks for, one thing after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from inspector import protocol
from inspector.worker.capture import Capture
from inspector.worker.profiling.ceilings import ceilings
from inspector.worker.profiling.numerics import numerics_of
from inspector.worker.profiling.timing import profile_of


def answer(request: protocol.RunProfile, capture: Capture, progress: Callable[[str], object]) -> protocol.Profiled:
    """Measures and compares what was asked for.

    Raises:
        UsageError: the Chrome trace cannot be written, or the ATen nodes cannot be compared.
    """
    profile = numerics = None
    if request.times:
        known = ceilings(anew=request.ceilings, progress=progress)
        trace = Path(request.trace) if request.trace else None
        profile = asdict(replace(profile_of(capture, request.seconds, progress, trace), ceilings=known))
    if request.numerics:
        found = numerics_of(capture, request.tolerance, progress, nodes=request.nodes)
        numerics = asdict(found)
    return protocol.Profiled(profile, numerics)
