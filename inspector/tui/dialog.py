"""Screens that are closed once: what they return is taken by the one who opened them, and nobody else's is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import ClassVar, TypeVar

from textual import events, work
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import ModalScreen, Screen
from textual.types import CallbackType
from textual.widgets import OptionList

_Result = TypeVar("_Result")
_LONG = 500
"""Letters that no row of a list is wide enough for."""


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


class ListDialog(Dialog[_Result]):
    """A field to type in over a list to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "dismiss(None)", "Close"),
        ("down", "move('cursor_down')", "Down"),
        ("up", "move('cursor_up')", "Up"),
        ("pagedown", "move('page_down')", "Page down"),
        ("pageup", "move('page_up')", "Page up"),
    ]

    def action_move(self, how: str) -> None:
        """Moves in the list while the field keeps the focus."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def on_click(self, event: events.Click) -> None:
        """A click outside closes."""
        if event.widget is self:
            self.dismiss(None)


def brief(text: str) -> str:
    """A text for one row of a list: of one that no row holds, its beginning. Names in a log are anybody's."""
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def lit(text: str, matcher: Matcher) -> Content:
    """A text with what was typed lit up; `Matcher.highlight` would take one with brackets for markup."""
    content = Content(text)
    score, offsets = matcher.fuzzy_search.match(matcher.query, text)
    for offset in offsets if score else ():
        if not text[offset].isspace():
            content = content.stylize(matcher.match_style, offset, offset + 1)
    return content


class OptionRows(OptionList):
    """A list that may be filled anew between what was drawn and a click on it, or be moved in before it is laid out."""

    # No text folds into nothing: Textual would fail.
    DEFAULT_CSS = "OptionRows { min-width: 20; }"

    def on_click(self, event: events.Click) -> None:
        """Textual's own method, which comes after this one, takes the row's number for one that is there."""
        if event.style.meta.get("option", -1) >= self.option_count:
            event.prevent_default()

    def action_page_up(self) -> None:
        """Does nothing while the list has no room: Textual knows no page then, and would fail."""
        if self.scrollable_content_region:
            OptionList.action_page_up(self)  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Does nothing while the list has no room."""
        if self.scrollable_content_region:
            OptionList.action_page_down(self)  # type: ignore[no-untyped-call]


class _CommandRows(CommandList):
    """The palette's."""

    on_click = OptionRows.on_click
    action_page_up = OptionRows.action_page_up
    action_page_down = OptionRows.action_page_down


class _Literally(Provider):
    """The app's commands; Textual's own provider would take names of functions and files for markup, actions too."""

    def _all(self) -> Iterator[tuple[str, Callable[[], object], Content]]:
        for item in self.app.get_system_commands(self.screen):
            yield brief(item.title), item.callback, Content(brief(item.help))

    async def discover(self) -> Hits:
        """All of them, by name."""
        for title, run, about in sorted(self._all(), key=lambda item: item[0]):
            yield DiscoveryHit(Content(title), run, title, about)  # type: ignore[arg-type]

    async def search(self, query: str) -> Hits:
        """Those that match what was typed."""
        matcher = self.matcher(query)
        for title, run, about in self._all():
            if (match := matcher.match(title)) > 0:
                yield Hit(match, lit(title, matcher), run, title, about)  # type: ignore[arg-type]


class Commands(CommandPalette):
    """Textual's palette, closed once, and deaf to what comes before its list is on screen or after it has gone.

    It looks its list up in a task, in watchers and on keys, each a moment after what set them off; a palette that is
    closed meanwhile would raise in all of them.
    """

    def __init__(self) -> None:
        super().__init__([_Literally], id="--command-palette")

    def compose(self) -> ComposeResult:
        """Textual's own, with a list that is ours."""
        for widget in super().compose():
            yield _CommandRows() if isinstance(widget, CommandList) else widget

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
