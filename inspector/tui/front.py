"""Screens that dialogs belong to: what the app, and what is asked over them, need of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from textual.app import SystemCommand
from textual.screen import Screen
from textual.widget import AwaitMount, Widget

from inspector.tui.themes import other

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.tui.notebook import Notebook

_Result = TypeVar("_Result")


class Front(Screen[None]):
    """A screen that dialogs belong to."""

    opening: AwaitMount | None = None
    """The last dialog, while its widgets are being made: what is typed meanwhile is meant for it."""

    def leave(self, *, interrupted: bool = False) -> None:
        """Ends the app."""
        raise NotImplementedError

    def palette(self) -> Iterable[SystemCommand]:
        """What the command palette offers."""
        raise NotImplementedError

    def push(self, screen: Screen[_Result], callback: Callable[[_Result | None], None] | None = None) -> None:
        """Opens a dialog."""
        self.opening = self.app.push_screen(screen, callback)

    def change_theme(self) -> None:
        """Dark to light, or back."""
        self.app.theme = other(self.app.theme)

    def give_focus(self, stops: Sequence[Widget], by: int) -> None:
        """Gives the keys to the next or the previous of some widgets."""
        around = self.focused.ancestors_with_self if self.focused is not None else []
        at = next((number for number, stop in enumerate(stops) if stop in around), -1 if by > 0 else 0)
        if stops:
            stops[(at + by) % len(stops)].focus()


class Noted(Front):
    """One whose notes are saved."""

    notebook: Notebook
    clock: Callable[[], float]

    @property
    def heading(self) -> str:
        """What is on screen, as a name."""
        raise NotImplementedError

    def to_save(self) -> Capture:
        """What is saved together with the notes; may raise an InspectorError."""
        raise NotImplementedError
