"""Where the app gets its capture from: a running worker, with its updates brought over to the app's thread."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from inspector.errors import InspectorError

if TYPE_CHECKING:
    from inspector.live import Update
    from inspector.model.request import CaptureRequest
    from inspector.protocol import Message


class Live(Protocol):
    """What the app needs of `inspector.live.LiveCapture`."""

    def start(self) -> None:
        """Starts the worker; returns at once."""

    def send(self, message: Message, /) -> None:
        """Passes a request to the worker."""

    def cancel(self) -> None:
        """Kills the worker and everything it started; returns when none of it is left."""


def live_capture(request: CaptureRequest, on_update: Callable[[Update], None]) -> Live:
    """The real thing; imported here so that the first paint does not wait for it."""
    from inspector.live import LiveCapture

    spare_collector()
    return LiveCapture(request, on_update)


def spare_collector() -> None:
    """Takes what is loaded by now out of Python's garbage collections.

    All of it stays until the end. Looking through it again and again holds the screen up for 30 ms at a time, and
    that just when much arrives at once: when a text should be painted.
    """
    gc.collect()
    gc.freeze()


class LiveSource:
    """One request, captured live, again on `start`.

    The worker's updates arrive on another thread. They are kept in order until the app's thread takes them, and
    `wake` is called once for each burst, not once for each update.

    Args:
        request: what to capture.
        factory: makes the live capture; tests pass a fake.
    """

    def __init__(
        self,
        request: CaptureRequest,
        factory: Callable[[CaptureRequest, Callable[[Update], None]], Live] = live_capture,
    ) -> None:
        self.request = request
        self._factory = factory
        self._lock = threading.Lock()
        self._waiting: list[Update] = []
        self._live: Live | None = None
        self._run = 0
        self._closed = False

    def start(self, wake: Callable[[], object]) -> None:
        """Starts a worker; what an earlier one still says is ignored from now on. May be called on any thread.

        Args:
            wake: called on any thread when updates wait and none did before.
        """
        with self._lock:
            self._run += 1
            run = self._run
            self._waiting.clear()

        def on_update(update: Update) -> None:
            with self._lock:
                if run != self._run or self._closed:
                    return
                self._waiting.append(update)
                first = len(self._waiting) == 1
            if first:
                wake()

        try:
            live = self._factory(self.request, on_update)
            with self._lock:
                if self._closed:
                    return
                self._live = live
            live.start()
        except InspectorError as error:
            from inspector.live import Ended, Outcome, OutcomeKind

            outcome = Outcome(
                OutcomeKind.FAILED, error.message, error.hint, exit_code=error.exit_code, traceback=error.detail
            )
            on_update(Ended(outcome))
            return
        with self._lock:
            late = self._live is not live
        if late:  # closed, or started anew, while this one was being started
            live.cancel()

    def take(self) -> list[Update]:
        """The updates that have arrived since the last call, in order."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        return waiting

    def send(self, message: Message) -> None:
        """Passes a request to the worker; nobody listens before `start` or after `close`."""
        with self._lock:
            live = self._live
        if live is not None:
            live.send(message)

    def stop(self) -> None:
        """Kills the worker; nothing of it is left when this returns. `start` may be called again."""
        with self._lock:
            self._run += 1
            live, self._live = self._live, None
        if live is not None:
            live.cancel()

    def close(self) -> None:
        """Kills the worker for good."""
        self._closed = True
        self.stop()
