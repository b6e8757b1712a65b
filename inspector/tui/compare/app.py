"""`inspector diff` on a terminal: waits for both sides, then shows their difference."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from textual.app import ComposeResult, SystemCommand
from textual.screen import Screen

from inspector.errors import EXIT_INTERRUPTED, EXIT_OK, InspectorError
from inspector.model.difference import CaptureDifference
from inspector.tui.app import InspectorApp
from inspector.work.comparison import Comparison


class DifferenceApp(InspectorApp):
    """Shows one comparison.

    Args:
        comparison: what to compare.
        clock: seconds from some start; tests freeze it.
    """

    def __init__(self, comparison: Comparison, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(title=f"{comparison.a.title} ↔ {comparison.b.title}", clock=clock)
        self._comparison = comparison
        self.failure: InspectorError | None = None
        """Why there is nothing to show."""
        self.close: Callable[[], None] = lambda: None
        """Ends whatever of the comparison still goes on, and returns when nothing of it is left."""

    def compose(self) -> ComposeResult:
        """Nothing: the screen that waits comes with the first frame."""
        yield from ()

    async def _open(self) -> None:
        from inspector.tui.compare.waiting import WaitingScreen

        waiting = WaitingScreen(self._comparison, self.clock)
        self.close = waiting.making.close
        await self.push_screen(waiting, self._made)

    def _made(self, result: CaptureDifference | InspectorError | None) -> None:
        if isinstance(result, CaptureDifference):
            from inspector.tui.compare.screen import of_captures

            self.push_screen(of_captures(result, alone=True), lambda _: self.exit(EXIT_OK))
        elif isinstance(result, InspectorError):
            self.failure = result
            self.exit(result.exit_code)
        else:
            self.exit(EXIT_INTERRUPTED)

    def action_leave(self, interrupted: bool) -> None:
        """Quits, from any screen."""
        self.exit(EXIT_INTERRUPTED if interrupted else EXIT_OK)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The keys of the difference, and its parts."""
        from inspector.tui.compare.screen import DifferenceScreen
        from inspector.tui.palette import of_any_screen

        if isinstance(screen, DifferenceScreen):
            yield from screen.palette()
        yield from of_any_screen(screen)
