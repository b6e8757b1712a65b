"""What any screen has done for it: plain data, which is carried out once the state is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from inspector.tui.value import Value

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from textual.notifications import SeverityLevel
    from textual.screen import Screen


class Say(Value):  # a toast
    words: str
    title: str = ""
    severity: str = "information"
    timeout: float = 3


class Copy(Value):  # puts a text on the clipboard
    text: str


class FocusPart(Value):  # gives the next or the previous part of the screen the keys
    by: int


class Leave(Value):  # ends the app
    code: int


_State = TypeVar("_State", bound="DataclassInstance")


def with_effect(state: _State, *effects: object) -> _State:
    """A screen's state with something more to be done, behind what was there."""
    return replace(state, effects=(*state.effects, *effects))  # type: ignore[attr-defined]


def carry_out(screen: Screen[Any], effect: Say | Copy) -> None:
    """Does it."""
    match effect:
        case Say(words, title, severity, timeout):
            screen.notify(words, title=title, severity=cast("SeverityLevel", severity), timeout=timeout)
        case Copy(text):
            screen.app.copy_to_clipboard(text)
