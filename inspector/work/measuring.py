"""A worker asked for one thing that is measured: started, followed, and ended with all that it started."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from inspector import protocol
from inspector.client.logs import last_lines
from inspector.client.memory import machine_memory, oom_kills
from inspector.client.outcome import OutcomeKind, WorkerEnding, classify
from inspector.client.process import WorkerProcess
from inspector.errors import from_exit_code
from inspector.live.rundir import RunDirectory
from inspector.live.watch import Watch

_POLL = 0.1
"""Seconds between two looks at a worker that says nothing."""

_HINTS = {
    OutcomeKind.CRASHED: "The end of its log is the best lead; --traceback shows it.",
    OutcomeKind.OUT_OF_MEMORY: "Take smaller batches or prompts, --dtype bf16, or a smaller --model.",
    OutcomeKind.HUNG: "The end of its log shows where it stood; --traceback shows it.",
}
"""What to do, where a capture's advice would not fit."""


def run_worker(
    start: Callable[[Path, float], protocol.Message],
    *,
    on_phase: Callable[[str], object] = lambda _: None,
    on_done: Callable[[Path], object] = lambda _: None,
    timeout: float | None = None,
    command: Sequence[str] | None = None,
) -> protocol.Measured:
    """Starts a process, waits for what it answers with `Measured`, and leaves nothing of it behind, whatever happens.

    Args:
        start: makes the request from the run's folder and the moment at which the process was started.
        on_phase: called about ten times a second with what the process is busy with.
        on_done: takes out of the run's folder what was made there, before it is removed.
        timeout: seconds without a sign of progress after which it counts as hung; None for the defaults.
        command: what to run in place of the real worker.

    Raises:
        InspectorError: it failed, crashed, was killed or ran out of memory; the message says which.
    """
    directory = RunDirectory(None)
    try:
        measured = _follow(start, directory.path, on_phase, Watch(timeout), command)
        on_done(directory.path)
        return measured
    finally:
        directory.remove()


def _follow(
    start: Callable[[Path, float], protocol.Message],
    directory: Path,
    on_phase: Callable[[str], object],
    watch: Watch,
    command: Sequence[str] | None,
) -> protocol.Measured:
    kills, hung = oom_kills(), ""
    measured: protocol.Measured | None = None
    failed: protocol.Failed | None = None
    started = time.perf_counter()
    worker = WorkerProcess(directory, command, temporary=True)
    try:
        worker.send(start(directory, started))
        while True:
            event = worker.next_event(_POLL)
            if event is None and worker.poll() is not None:
                break
            if event is not None:
                watch.heard(event)
            if isinstance(event, protocol.Measured):
                measured = event
            elif isinstance(event, protocol.Failed) and event.fatal:
                failed = event
            if measured is not None or failed is not None:
                break
            on_phase(watch.phase or "starting")
            if hung := watch.verdict():
                worker.dump_stacks()
                break
    finally:
        returncode = worker.close()
    while (event := worker.next_event(0)) is not None:  # what came between the last look and the end
        if isinstance(event, protocol.Measured):
            measured = event
        elif isinstance(event, protocol.Failed) and event.fatal:
            failed = event
    if measured is not None:
        return measured
    tail = last_lines(worker.err_log) or last_lines(worker.out_log)
    outcome = classify(
        WorkerEnding(
            returncode,
            hung=hung,
            failed=failed,
            phase=watch.phase,
            peak_rss=watch.peak_rss,
            memory=machine_memory(),
            oom_kills=oom_kills() - kills,
            log_tail=tail,
        )
    )
    hint = _HINTS.get(outcome.kind, outcome.hint)
    detail = outcome.traceback or "\n".join(outcome.log_tail)
    code = outcome.exit_code if outcome.kind is not OutcomeKind.FINISHED else 1
    raise from_exit_code(code, outcome.message, hint, detail=detail)
