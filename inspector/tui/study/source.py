"""A plan on its own thread, its updates brought over to the app's; wishes go the other way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from inspector.errors import InspectorError
from inspector.model.study import StudyRequest
from inspector.study.control import Control
from inspector.study.updates import Update
from inspector.tui.study.state import Ended
from inspector.tui.task import internal_error


class Runs(Protocol):
    """What the screen needs of `inspector.study.runner.Plan`."""

    @property
    def requests(self) -> tuple[StudyRequest, ...]:
        """All runs, in order."""

    @property
    def path(self) -> Path:
        """The results file."""

    def run(self, on_update: Callable[[Update], object], control: Control, /) -> object:
        """Runs what is not done yet."""


class StudySource:
    """One plan, run on `start`, and again what is missing on a later `start`.

    Args:
        runs: the plan.
    """

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self._lock = threading.Lock()
        self._waiting: list[Update | Ended] = []
        self._control = Control()
        self._thread: threading.Thread | None = None

    def start(self, wake: Callable[[], object]) -> None:
        """Begins to run, on a thread of its own; only where none is running.

        Args:
            wake: called on that thread when updates wait and none did before.
        """
        if self._thread is not None and self._thread.is_alive():
            return
        self._control = control = Control()
        self._thread = threading.Thread(target=self._run, args=(control, wake), name="study", daemon=True)
        self._thread.start()

    def _run(self, control: Control, wake: Callable[[], object]) -> None:
        def tell(update: Update | Ended) -> None:
            with self._lock:
                self._waiting.append(update)
                first = len(self._waiting) == 1
            if first:
                wake()

        error: InspectorError | None = None
        try:
            self.runs.run(tell, control)
        except InspectorError as raised:
            error = raised
        except Exception as raised:  # noqa: BLE001 (what nobody has met before must not leave a screen that waits)
            error = internal_error(raised, "ran the study")
        tell(Ended(error))

    def take(self) -> list[Update | Ended]:
        """The updates that have arrived since the last call, in order."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        return waiting

    def pause(self) -> None:
        """Begins no further run."""
        self._control.pause()

    def go_on(self) -> None:
        """Takes `pause` back."""
        self._control.go_on()

    def stop(self) -> None:
        """Ends the run under way, and begins none; an `Ended` follows once nothing of it is left."""
        self._control.stop()

    def close(self) -> None:
        """As `stop`; nothing of a run is left when this returns."""
        self.stop()
        if self._thread is not None:
            self._thread.join()
