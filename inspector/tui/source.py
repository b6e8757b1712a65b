"""Where the app gets its capture from: a running worker."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from inspector.errors import InspectorError
from inspector.tui.task import NobodyListens

if TYPE_CHECKING:
    from inspector.live import Update
    from inspector.model.request import CaptureRequest
    from inspector.model.version import Version
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

    Nearly all of it stays until the end. Looking through it again and again holds the screen up for 30 ms at a time,
    and that just when much arrives at once: when a text should be painted. What was taken out before and is garbage
    by now (a dialog that was open then, the capture before) is let go here, or it would stay as well.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def failed(error: InspectorError) -> Update:
    """An error that kept the worker from being started, as its end."""
    from inspector.live import Ended, Outcome, OutcomeKind

    outcome = Outcome(OutcomeKind.FAILED, error.message, error.hint, exit_code=error.exit_code, traceback=error.detail)
    return Ended(outcome)


def watched(request: CaptureRequest, on_update: Callable[[Update | Version], None]) -> Live:
    """The loop that compiles a target anew whenever it is saved."""
    from inspector.work.versions import Watching

    spare_collector()
    return Watching(request, on_update)


class LiveSource:
    """One request, captured live, again on `start`.

    Args:
        request: what to capture.
        factory: makes the live capture; tests pass a fake.
        watcher: makes what compiles it anew at each save; tests pass a fake.
        watches: whether that is what `start` starts.
    """

    def __init__(
        self,
        request: CaptureRequest,
        factory: Callable[[CaptureRequest, Callable[[Update], None]], Live] = live_capture,
        watcher: Callable[[CaptureRequest, Callable[[Update | Version], None]], Live] = watched,
        *,
        watches: bool = False,
    ) -> None:
        self.request = request
        self.watches = watches
        self._watcher = watcher
        self._factory = factory
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._live: Live | None = None
        self._run: object = None
        """What tells the worker that counts from earlier ones."""
        self._closed = False

    def start(self, say: Callable[[Update | Version], None]) -> None:
        """Starts a worker. May be called on any thread.

        Args:
            say: called on any thread with what the worker says, in order; what it raises, where nobody listens
                any more, ends nothing.

        Raises:
            InspectorError: it cannot be started.
        """
        with self._starting:
            self._start(say)

    def _start(self, say: Callable[[Update | Version], None]) -> None:
        run = object()
        self._run = run

        def on_update(update: Update | Version) -> None:
            if self._run is run and not self._closed:
                with suppress(NobodyListens):
                    say(update)

        live = self._watcher(self.request, on_update) if self.watches else self._factory(self.request, on_update)
        with self._lock:
            if self._closed:
                return
            self._live = live
        live.start()
        with self._lock:
            late = self._live is not live
        if late:  # stopped while it was being started
            live.cancel()

    def send(self, message: Message) -> None:
        """Passes a request to the worker; nobody listens before `start` or after `close`."""
        with self._lock:
            live = self._live
        if live is not None:
            live.send(message)

    def stop(self) -> None:
        """Kills the worker; nothing of it is left when this returns. `start` may be called again."""
        with self._lock:
            self._run = None
            live, self._live = self._live, None
        if live is not None:
            live.cancel()

    def close(self) -> None:
        """Kills the worker for good."""
        self._closed = True
        with self._starting:  # one that is just being started has to be there before it can be ended
            self.stop()
