"""The app before and around the main screen: the first paint, the keys that always work, the exit code.

The first frame is drawn by one small widget, before anything slow is even imported. What stands on it looks
like the main screen, which takes its place as soon as its code is loaded. The worker is started by the main
screen, after that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType

from inspector.tui.skeleton import Skeleton
from inspector.tui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from textual.screen import Screen

    from inspector.model.capture import Capture
    from inspector.tui.main import MainScreen
    from inspector.tui.source import LiveSource


class InspectorApp(App[int]):
    """Shows one capture, live or opened; its result is the process's exit code.

    Args:
        source: makes the capture; None shows `capture` as it is.
        capture: a finished capture.
        title: what to call it.
        clock: seconds from some start; tests freeze it.
    """

    TITLE = "inspector"
    CSS = """
    * {
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-color: $foreground 20%;
        scrollbar-color-hover: $foreground 40%;
        scrollbar-color-active: $primary;
        scrollbar-corner-color: $background;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # These work over every dialog, so they cannot be bound by the main screen; its table names them too.
        Binding("ctrl+c,ctrl+q", "leave(True)", "Interrupt", show=False, priority=True),
        Binding("q", "leave(False)", "Quit", show=False),
    ]

    def __init__(
        self,
        source: LiveSource | None = None,
        *,
        capture: Capture | None = None,
        title: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.source = source
        self.capture = capture
        self.heading = title
        self.clock = clock
        self.main: MainScreen | None = None
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        """The first frame."""
        yield Skeleton(self.heading)

    def on_mount(self) -> None:
        """Everything slow comes after the first paint."""
        self.call_after_refresh(self._open)

    async def _open(self) -> None:
        from inspector.tui.main import MainScreen

        self.main = MainScreen(self.source, self.capture, self.heading, self.clock)
        await self.push_screen(self.main)

    def action_leave(self, interrupted: bool) -> None:
        """Quits, from any screen."""
        if self.main is not None:
            self.main.leave(interrupted=interrupted)
        else:
            from inspector.errors import EXIT_INTERRUPTED, EXIT_OK

            self.exit(EXIT_INTERRUPTED if interrupted else EXIT_OK)

    async def on_key(self, event: events.Key) -> None:
        """A key typed while its dialog was being opened goes into the dialog's field.

        It had been sent to the pane behind, which is what had the focus then, and has come back from there unused.
        """
        from inspector.tui.widgets.entry import Entry

        if self.main is None or self.main.opening is None or self.screen is self.main:
            return
        await self.main.opening
        if isinstance(field := self.focused, Entry) and field.take(event):
            event.stop()
            event.prevent_default()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 (Textual's)
        """Everything in the command palette."""
        from inspector.tui.palette import system_commands

        return system_commands(self.main) if self.main is not None else ()
