"""One run of the study in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector import protocol
from inspector.model.study import StudyRequest
from inspector.work.measuring import run_worker

PATIENCE = 2 * 3600.0
"""Seconds without progress after which a run counts as hung: one prefill of a large batch can be that long."""


@dataclass(frozen=True)
class PreparedPlace:
    """Where a run finds, or makes, what was prepared."""

    home: Path
    prepare: bool = False


def run_once(
    request: StudyRequest,
    *,
    place: PreparedPlace | None = None,
    on_phase: Callable[[str], object] = lambda _: None,
    timeout: float = PATIENCE,
    command: Sequence[str] | None = None,
) -> protocol.Measured:
    """Starts a process, waits for its result, and leaves nothing of it behind, whatever happens.

    Args:
        place: for starts that find something prepared.
        on_phase: called about ten times a second with what the process is busy with.
        timeout: seconds without a sign of progress after which it counts as hung.
        command: what to run in place of the real worker.

    Raises:
        InspectorError: it failed, crashed, was killed or ran out of memory; the message says which.
    """
    home, prepare = (str(place.home), place.prepare) if place else ("", False)

    def start(directory: Path, started: float) -> protocol.StartStudy:
        return protocol.StartStudy(request, str(directory), started, home, prepare)

    return run_worker(start, on_phase=on_phase, timeout=timeout, command=command)
