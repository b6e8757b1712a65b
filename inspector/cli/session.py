"""Follows one live capture from the command line: progress on stderr, Ctrl-C at any moment, nothing left behind."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from inspector import protocol
from inspector.cli.signals import stop_signals
from inspector.cli.terminal import StatusLine
from inspector.errors import from_exit_code
from inspector.live import EventArrived, LiveCapture, Outcome, OutcomeKind, Update
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.say.units import running

_REPAINT = 0.1
"""Seconds between two looks at the clock for the status line."""


@dataclass(frozen=True)
class Run:
    """What came of it."""

    capture: Capture
    outcome: Outcome
    compiled: protocol.Compiled | None
    """None where it did not come that far."""


def follow(
    request: CaptureRequest,
    *,
    on_event: Callable[[LiveCapture, protocol.Message], object],
    on_tick: Callable[[LiveCapture], str] = lambda _: "",
) -> Run:
    """Makes a live capture and waits for its end.

    Args:
        request: what to capture.
        on_event: called for each event, on the capture's thread; sends what is to be done next.
        on_tick: called about ten times a second on this thread; returns words for the status line, or nothing.

    Raises:
        EnvironmentLacking: something is missing that can be seen before a worker is started.
    """
    ended = threading.Event()
    phase = "starting"
    compiled: protocol.Compiled | None = None

    def on_update(update: Update) -> None:
        nonlocal phase, compiled
        if isinstance(update, EventArrived):
            if isinstance(update.event, protocol.Progress):
                phase = update.event.phase
            elif isinstance(update.event, protocol.Compiled):
                compiled = update.event
            on_event(live, update.event)

    live = LiveCapture(request, on_update)
    status = StatusLine()
    begun = time.monotonic()

    def wait() -> None:
        live.wait()
        ended.set()

    with stop_signals() as stop:
        try:
            live.start()
            threading.Thread(target=wait, daemon=True).start()
            while not ended.wait(_REPAINT) and not stop.asked:
                words = on_tick(live) or f"{_busy(live.capture) or phase}"
                status.show(f"{request.title}  {running(time.monotonic() - begun):>7}  {words}")
            if stop.asked:
                status.show("stopping…")
        finally:
            live.cancel()  # after a good end there is nothing left to cancel
            status.clear()
    return Run(live.capture, live.wait(), compiled)


def raise_for(outcome: Outcome) -> None:
    """Raises what the outcome means for the command line; nothing where it finished.

    Of a worker that could not say itself what was wrong, the end of its log goes to stderr first.
    """
    if outcome.kind is OutcomeKind.FINISHED:
        return
    if outcome.kind not in (OutcomeKind.FAILED, OutcomeKind.CANCELLED) and outcome.log_tail:
        print("The end of the worker's log:", *outcome.log_tail, sep="\n  ", file=sys.stderr)
    raise from_exit_code(outcome.exit_code, outcome.message, outcome.hint, detail=outcome.traceback)


def _busy(capture: Capture) -> str:
    """The innermost compile phase that is running."""
    running = [phase for phase in capture.phases if phase.duration is None]
    return max(running, key=lambda phase: phase.depth).name if running else ""
