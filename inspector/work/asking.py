"""What a worker is asked once it has compiled: to time the target, and whatever else, one after the other."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.model.busy import disturbed
from inspector.say import units

if TYPE_CHECKING:
    from inspector.live import LiveCapture


@dataclass(frozen=True)
class Timing:
    """How long to time: so many pairs of calls, or so many seconds, warm-up included, whichever comes first."""

    samples: int | None = 200
    seconds: float | None = 20.0


class Steps:
    """Has a worker do one thing after the other once it has compiled, and ends it.

    Args:
        timing: time the target first; None for not at all.
        asked: what to have answered then, in this order.
    """

    def __init__(self, timing: Timing | None, asked: Sequence[protocol.RunProfile] = ()) -> None:
        self._timing = timing
        self._asked = list(asked)
        self._begun: float | None = None
        self._taken = 0
        self._over = timing is None
        self._lock = threading.Lock()
        self.failed: list[protocol.Failed] = []
        """What could not be done; the steps after it were."""

    def on_event(self, live: LiveCapture, event: protocol.Message) -> None:
        """On the capture's thread."""
        if isinstance(event, protocol.Compiled):
            if self._timing is None:
                self._next(live)
            else:
                self._begun = time.monotonic()
                live.send(protocol.RunLatency(self._timing.samples))
        elif isinstance(event, protocol.Samples):
            self._taken += len(event.eager)
            if self._timing and self._timing.samples is not None and self._taken >= self._timing.samples:
                self._end_timing(live)
        elif isinstance(event, protocol.Failed) and not event.fatal:
            self.failed.append(event)
            self._over = True
            self._next(live)
        elif isinstance(event, protocol.Profiled):
            self._next(live)

    def on_tick(self, live: LiveCapture) -> str:
        """On the main thread: words for the status line while it is timed."""
        if self._begun is None or self._over or self._timing is None:
            return ""
        # At least one pair, however slow the target is.
        limit, samples = self._timing.seconds, self._timing.samples
        if limit is not None and self._taken and time.monotonic() - self._begun > limit:
            self._end_timing(live)
        runs = live.capture.latency
        if not runs:
            return "warming up"
        eager, compiled = (statistics.median(taken) for taken in (runs[-1].eager, runs[-1].compiled))
        count = f"{self._taken}{f'/{samples}' if samples else ''} pairs"
        busy = disturbed(runs[-1].busy)
        ratio = "the machine is busy" if busy else f"{eager / compiled:.2f}×" if compiled > 0 else ""
        return f"{count}  eager {units.seconds(eager)}  compiled {units.seconds(compiled)}  {ratio}"

    def _end_timing(self, live: LiveCapture) -> None:
        with self._lock:  # both threads may find that it is enough
            if self._over:
                return
            self._over = True
        live.send(protocol.PauseLatency())
        self._next(live)

    def _next(self, live: LiveCapture) -> None:
        live.send(self._asked.pop(0) if self._asked else protocol.Shutdown())
