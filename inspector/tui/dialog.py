"""Screens that are closed once: what they return is taken by the one who opened them, and nobody else's is."""

from __future__ import annotations

import inspect
from typing import TypeVar

from textual import work
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.screen import ModalScreen, Screen
from textual.types import CallbackType

_Result = TypeVar("_Result")


class ClosesOnce(Screen[_Result]):
    """A screen whose `dismiss` closes itself or nothing.

    Textual's takes whatever is on top off the stack: a second click or key behind the closing one, there before the
    screen has gone, would close the screen below, in the end the last one.
    """

    def dismiss(self, result: _Result | None = None) -> AwaitComplete:
        """Closes this screen, with a result, if it is the one in front."""
        return super().dismiss(result) if self.app.screen is self else _nothing()


class Dialog(ClosesOnce[_Result], ModalScreen[_Result]):
    """What stands over another screen until it is answered."""


class Commands(CommandPalette):
    """Textual's palette, closed once, and deaf to what comes before its list is on screen or after it has gone.

    It looks its list up in a task, in watchers and on keys, each a moment after what set them off; a palette that is
    closed meanwhile would raise in all of them.
    """

    def dismiss(self, result: CallbackType | None = None) -> AwaitComplete:
        """Closes the palette, with what was chosen, if it is in front."""
        self._stop_no_matches_countdown()
        return super().dismiss(result) if self.app.screen is self else _nothing()  # type: ignore[arg-type]

    def _action_command_list(self, action: str) -> None:
        if self._listed and self.query_one(CommandList).size.area:
            super()._action_command_list(action)

    def _action_cursor_down(self) -> None:
        if self._listed:
            super()._action_cursor_down()

    @property
    def _listed(self) -> bool:
        return bool(self.query(CommandList))

    @work(exclusive=True, group=CommandPalette._GATHER_COMMANDS_GROUP)
    async def _gather_commands(self, search_value: str) -> None:
        if self._listed:
            await inspect.unwrap(CommandPalette._gather_commands)(self, search_value)

    def _start_no_matches_countdown(self, search_value: str) -> None:
        if self._listed and self.app.screen is self:
            super()._start_no_matches_countdown(search_value)

    def _watch__list_visible(self) -> None:
        if self._listed:
            super()._watch__list_visible()

    async def _watch__show_busy(self) -> None:
        if self._listed:
            await super()._watch__show_busy()


def _nothing() -> AwaitComplete:
    return AwaitComplete(*())
