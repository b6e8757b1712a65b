"""One target compiled in a worker, from the request to the worker's end; whoever asked sees how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from inspector import protocol
from inspector.live import EventArrived, LiveCapture, Outcome, Update
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest

TICK = 0.1
"""Seconds between two looks at how far it is."""


class Driver(Protocol):
    """Tells a worker what to do once it has compiled."""

    def on_event(self, live: LiveCapture, event: protocol.Message) -> object:
        """Called for each event, on the capture's own thread; sends what is to be done next."""

    def on_tick(self, live: LiveCapture) -> str:
        """Called about ten times a second; returns words for the person, or nothing."""


class Once:
    """Ends the worker as soon as it has compiled."""

    def on_event(self, live: LiveCapture, event: protocol.Message) -> None:
        """On the capture's thread."""
        if isinstance(event, protocol.Compiled):
            live.send(protocol.Shutdown())

    def on_tick(self, live: LiveCapture) -> str:  # noqa: ARG002 (the capture's own phases say enough)
        """Nothing to add."""
        return ""


@dataclass(frozen=True)
class Run:
    """What came of it."""

    capture: Capture
    outcome: Outcome
    compiled: protocol.Compiled | None
    """None where it did not come that far."""


def compile_target(
    request: CaptureRequest, driver: Driver | None = None, tell: Callable[[Capture, str], object] = lambda *_: None
) -> Run:
    """Makes a live capture and waits for its end; nothing of the worker is left then, however it ends.

    Args:
        request: what to capture.
        driver: what to have the worker do; None to end it as soon as it has compiled.
        tell: called on this thread about ten times a second with what there is so far and what is being done. What it
            raises ends the worker and is passed on; True ends it too, as a cancelled one.

    Raises:
        EnvironmentLacking: something is missing that can be seen before a worker is started.
    """
    driver = driver or Once()
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
            driver.on_event(live, update.event)

    live = LiveCapture(request, on_update)

    def wait() -> None:
        live.wait()
        ended.set()

    live.start()
    threading.Thread(target=wait, daemon=True).start()
    try:
        while not ended.wait(TICK):
            if tell(live.capture, driver.on_tick(live) or _busy(live.capture) or phase) is True:
                break
    finally:
        live.cancel()  # after a good end there is nothing left to cancel
    return Run(live.capture, live.wait(), compiled)


def _busy(capture: Capture) -> str:
    """The innermost compile phase that is running."""
    running = [phase for phase in capture.phases if phase.duration is None]
    return max(running, key=lambda phase: phase.depth).name if running else ""
