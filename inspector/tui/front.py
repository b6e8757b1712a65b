"""What the app, and what is asked over a screen, need of the screen that dialogs belong to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from textual.app import App
    from textual.notifications import SeverityLevel
    from textual.screen import Screen
    from textual.widget import AwaitMount

    from inspector.model.capture import Capture
    from inspector.tui.notebook import Notebook


class Front(Protocol):
    """A screen that dialogs belong to."""

    opening: AwaitMount | None

    def leave(self, *, interrupted: bool = False) -> None:
        """Ends the app."""


class Noted(Front, Protocol):
    """One whose notes are saved."""

    notebook: Notebook
    clock: Callable[[], float]

    @property
    def app(self) -> App[Any]:
        """The app."""

    @property
    def heading(self) -> str:
        """What is on screen, as a name."""

    def to_save(self) -> Capture:
        """What is saved together with the notes; may raise an InspectorError."""

    def push(self, screen: Screen[Any], callback: Callable[[Any], None] | None = None) -> None:
        """Opens a dialog."""

    def notify(self, message: str, *, severity: SeverityLevel = ..., timeout: float | None = ...) -> None:
        """Shows a toast."""
