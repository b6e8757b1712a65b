"""What a person does to a plan: wait, go on, stop, run what is missing, ask what went wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.say.units import plural
from inspector.tui.study.state import RunState, begun

if TYPE_CHECKING:
    from inspector.tui.study.screen import StudyScreen


class Driver:
    """Passes wishes to the plan of a screen.

    Args:
        screen: holds the plan's source and state.
    """

    def __init__(self, screen: StudyScreen) -> None:
        self._screen = screen

    def toggle_pause(self) -> None:
        """Waits after the run under way, or goes on."""
        screen = self._screen
        if screen.source is None or screen.state is None or not screen.state.under_way:
            screen.notify("No run is under way.", timeout=2)
            return
        waits = screen.state.waits
        (screen.source.go_on if waits else screen.source.pause)()
        screen.state = replace(screen.state, pausing=not waits)
        screen.draw()

    def stop(self) -> None:
        """Ends the run under way; what is finished is kept."""
        screen = self._screen
        if screen.source is None or screen.state is None or not screen.state.under_way:
            screen.notify("No run is under way.", timeout=2)
            return
        screen.notify("Stopping; finished runs are kept.", timeout=3)
        screen.source.stop()

    def begin(self) -> None:
        """Runs what is missing."""
        screen = self._screen
        if screen.source is None or screen.state is None or screen.state.under_way:
            screen.notify("The plan is under way." if screen.source is not None else "There is no plan.", timeout=2)
            return
        screen.state = begun(screen.source.runs.requests, screen.state)
        screen.source.start(screen.wake)
        screen.draw()

    def show_failures(self) -> None:
        """Why runs failed, or why the plan cannot go on."""
        from inspector.tui.study.failures import FailuresScreen

        screen = self._screen
        if screen.state is None or not (screen.state.failed or screen.state.error is not None):
            ended = screen.state.count(RunState.DONE, RunState.KEPT) if screen.state is not None else 0
            screen.notify(
                f"None of the {plural(ended, 'run', 'runs')} that ended failed." if ended else "No run has ended yet.",
                timeout=2,
            )
        elif not isinstance(screen.app.screen, FailuresScreen):
            screen.push(FailuresScreen(screen.state))
