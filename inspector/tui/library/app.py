"""The app of the first screen: the house's app, left for what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from inspector.errors import EXIT_OK
from inspector.tui.app import InspectorApp
from inspector.tui.skeleton import Skeleton

if TYPE_CHECKING:
    from inspector.tui.front import Front
    from inspector.tui.library.effects import Choice
    from inspector.tui.library.screen import LibraryScreen


class LibraryApp(InspectorApp):
    """Lists what is kept and what can be compiled; `choice` is what it was left for.

    Args:
        at: the row that the cursor is on at first.
        words: what went wrong with what was chosen before.
    """

    def __init__(self, at: str = "", words: str = "") -> None:
        super().__init__(title="inspector")
        self._at = at
        self._words = words
        self.choice: Choice | None = None
        self.library_screen: LibraryScreen | None = None
        """None before it is loaded."""

    def compose(self) -> ComposeResult:
        """The first frame."""
        yield Skeleton(self.heading, of_log=True)

    async def _open(self) -> None:
        from inspector.tui.library.screen import LibraryScreen

        self.library_screen = LibraryScreen(self._chosen, self._at, self._words)
        await self.push_screen(self.library_screen)

    def _chosen(self, choice: Choice) -> None:
        self.choice = choice
        self.exit(EXIT_OK)

    @property
    def front(self) -> Front | None:
        """The screen that dialogs belong to."""
        return self.library_screen
