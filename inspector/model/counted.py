"""What is counted of a capture, each number only where what it is about is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.model.capture import Capture, CompileStatus
from inspector.model.limits import Lack, Lacking, unrecorded
from inspector.model.overview import Overview
from inspector.model.stage import Stage

_LIMITS = {
    "breaks": "max_graph_breaks",
    "recompiles": "max_recompiles",
    "failures": "max_failures",
    "seconds": "max_compile_time",
}


@dataclass(frozen=True)
class Counted:
    """Numbers of a whole capture; None is not recorded, and never none."""

    compiles: int | None
    kernels: tuple[str, ...] | None
    """Their names; None where generated code is not recorded of every compile: it came from a cache, or there is
    none."""
    breaks: int | None
    """Different places where a graph ended early."""
    recompiles: int | None
    seconds: float | None
    """Of all compiles, as torch counts them."""
    failures: int | None = None
    """Compiles that ended with an exception, were given up, or refused."""
    guards: int | None = None


def counted(capture: Capture, overview: Overview) -> Counted:
    """The numbers of a capture with its overview."""

    def told(quantity: str) -> bool:
        return lack_of(quantity, capture, overview) is None

    totals = overview.totals
    names = tuple(name for item in capture.compilations for name in item.kernels)
    return Counted(
        totals.compiles if overview.rows else None,
        names if told("kernels") else None,
        totals.breaks if told("breaks") else None,
        totals.recompiles if told("recompiles") else None,
        totals.seconds if told("seconds") else None,
        totals.failed + totals.eager + totals.refused if told("failures") else None,
        sum(len(item.guards) for item in capture.compilations) if told("guards") else None,
    )


def lack_of(quantity: str, capture: Capture, overview: Overview) -> Lacking | None:
    """Why a number of `Counted`, by its name, is not recorded; None where it is."""
    if quantity in _LIMITS:
        return unrecorded(_LIMITS[quantity], overview.rows, overview)
    if lacking := unrecorded("max_failures", overview.rows, overview):
        return lacking  # what was compiled at all
    done = [row.compile_id for row in overview.rows if row.status is CompileStatus.DONE and row.operators != 0]
    if quantity == "kernels":
        having = {item.compile_id for item in capture.find(Stage.INDUCTOR)}
        lack = Lack.CODE
    else:
        having = {item.compile_id for item in capture.compilations if item.guards}
        lack = Lack.GUARDS
    lacking_ids = tuple(compile_id for compile_id in done if compile_id not in having)
    return Lacking(lack, lacking_ids) if lacking_ids or not done else None
