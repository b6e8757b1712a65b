"""What somebody who watches a plan can ask of it, from another thread: to wait after a run, to go on, to stop."""

from __future__ import annotations

import threading

from inspector.errors import Interrupted


class Control:
    """Wishes for one plan that is under way. `check` and `between` are the plan's, on its own thread."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._may_go_on = threading.Event()
        self._may_go_on.set()

    def pause(self) -> None:
        """Begin no further run; the one under way is finished."""
        self._may_go_on.clear()

    def go_on(self) -> None:
        """Take `pause` back."""
        self._may_go_on.set()

    def stop(self) -> None:
        """End the run under way, and begin none; there is no way back."""
        self._stopped.set()
        self._may_go_on.set()

    @property
    def paused(self) -> bool:
        """Whether no further run may begin."""
        return not self._may_go_on.is_set()

    def check(self) -> None:
        """Called while a run is under way.

        Raises:
            Interrupted: somebody asked to stop.
        """
        if self._stopped.is_set():
            raise Interrupted("The study was stopped.", "Finished runs are kept; the same command goes on from there.")

    def between(self) -> None:
        """Waits before a run as long as somebody wants that.

        Raises:
            Interrupted: somebody asked to stop.
        """
        self._may_go_on.wait()
        self.check()
