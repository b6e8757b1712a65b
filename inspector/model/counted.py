"""What is counted of a capture, each number only where what it is about is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.model.capture import Capture
from inspector.model.limits import unrecorded
from inspector.model.overview import Overview
from inspector.model.stage import Stage


@dataclass(frozen=True)
class Counted:
    """Numbers of a whole capture; None is not recorded, and never none."""

    compiles: int | None
    kernels: tuple[str, ...] | None
    """Their names; None where no generated code is recorded: it came from a cache, or there is none."""
    breaks: int | None
    """Different places where a graph ended early."""
    recompiles: int | None
    seconds: float | None
    """Of all compiles, as torch counts them."""


def counted(capture: Capture, overview: Overview) -> Counted:
    """The numbers of a capture with its overview."""

    def told(limit: str) -> bool:
        return unrecorded(limit, overview.rows, overview) is None

    totals = overview.totals
    names = tuple(name for item in capture.compilations for name in item.kernels)
    return Counted(
        totals.compiles if overview.rows else None,
        names if capture.find(Stage.INDUCTOR) else None,
        totals.breaks if told("max_graph_breaks") else None,
        totals.recompiles if told("max_recompiles") else None,
        totals.seconds if told("max_compile_time") else None,
    )
