"""A plan, and what a person wants of it while it runs on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from inspector.model.study import StudyRequest
from inspector.study.control import Control
from inspector.study.updates import Update


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
    """One plan, run when it is asked for, and again what is missing.

    Args:
        runs: the plan.
    """

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self._control = Control()
        self._running = threading.Lock()

    def work(self) -> Callable[[Callable[[Update], None]], None]:
        """One go: what a task does, given what to say updates with. It obeys the wishes that come from now on."""
        control = self._control = Control()

        def run(say: Callable[[Update], None]) -> None:
            with self._running:
                control.check()
                self.runs.run(say, control)

        return run

    def pause(self) -> None:
        """Begins no further run."""
        self._control.pause()

    def go_on(self) -> None:
        """Takes `pause` back."""
        self._control.go_on()

    def stop(self) -> None:
        """Ends the run under way, and begins none; the work ends once nothing of it is left."""
        self._control.stop()

    def close(self) -> None:
        """As `stop`; nothing of a run is left when this returns."""
        self.stop()
        with self._running:
            pass
