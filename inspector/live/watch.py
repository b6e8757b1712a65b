"""Watches whether a worker lives and gets on."""

from __future__ import annotations

import time
from collections.abc import Callable

from inspector import protocol

SILENCE = 60.0
"""Seconds without any event, heartbeats included, after which a worker is given up. Its heartbeat has a thread of its
own, so only a library that holds the interpreter's lock this long, or a stopped process, is that silent."""

STANDSTILL = 900.0
"""Seconds without a trace record, a log line or an event other than a heartbeat, while it should be working. The
longest honest silence is one C++ compile of a very large kernel."""

_WORK = protocol.RunLatency | protocol.ResetLatency | protocol.RunProfile | protocol.ChangeShape | protocol.EditKernel
"""What a worker is asked that takes it a while."""
_ANSWERS = protocol.Compiled | protocol.ShapeChanged | protocol.Profiled | protocol.KernelEdited | protocol.Failed


class Watch:
    """Remembers when a worker last gave a sign of life, and of progress.

    Args:
        timeout: seconds for both limits; None for the defaults above.
        clock: seconds, monotonic; tests pass their own.
    """

    def __init__(self, timeout: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._silence = SILENCE if timeout is None else min(SILENCE, timeout)
        self._standstill = STANDSTILL if timeout is None else timeout
        self._alive = self._moved = clock()
        self._working = True
        self._return_by: float | None = None
        self._given = 0.0
        self.phase = ""
        """What the worker last said to be doing."""
        self.peak_rss = 0
        """Bytes."""

    def begun(self) -> None:
        """The worker was started."""
        self._alive = self._moved = self._clock()

    def heard(self, event: protocol.Message) -> None:
        """The worker said something."""
        self._alive = self._clock()
        if isinstance(event, protocol.Alive):
            self.peak_rss = max(self.peak_rss, event.peak_rss, event.rss)
            return
        self.moved()
        if isinstance(event, protocol.Calling):
            self._given = event.seconds or 0.0
            self._return_by = self._alive + event.seconds if event.seconds is not None else None
        if isinstance(event, protocol.Progress):
            self.phase = event.phase
        elif isinstance(event, _ANSWERS):
            self._working, self.phase = False, ""
        elif isinstance(event, protocol.LatencyState):
            self._working = event.state in ("warming", "running")
            self.phase = f"timing: {event.state}"

    def moved(self) -> None:
        """A trace record or a log line came."""
        self._moved = self._clock()

    def asked(self, request: protocol.Message) -> None:
        """The worker was given something to do."""
        if isinstance(request, _WORK):
            self._working = True
            self.moved()

    def verdict(self) -> str:
        """What it is that has not happened for too long, in words; empty while all is well."""
        now = self._clock()
        if self._return_by is not None and now > self._return_by:
            return f"the edited kernel had not returned after {self._given:g} s"
        if now - self._alive > self._silence:
            return f"no sign of life for {self._silence:g} s"
        if self._working and now - self._moved > self._standstill:
            return f"it is alive, but nothing came of it for {self._standstill:g} s"
        return ""
