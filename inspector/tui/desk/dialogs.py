"""What stands over the desk: each dialog is given values, and what it returns becomes an intent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, assert_never

from textual.screen import Screen

from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.effects import (
    AskNote,
    Dialog,
    FindEverywhere,
    Pick,
    ShowFailure,
    ShowGuards,
    ShowMeaning,
    ShowTexts,
)
from inspector.tui.desk.intents import Begin, Do, Intent
from inspector.tui.workspace import StagePane

if TYPE_CHECKING:
    from inspector.tui.screens.help import HelpScreen, Line

Answer = Callable[[Any], Intent | None]
"""What a result means."""


def dialog(wanted: Dialog, now: Callable[[], float]) -> tuple[Screen[Any], Answer]:  # noqa: PLR0911 (a case each)
    """A dialog, and what its result means; the code of most is loaded when it is first wanted."""
    match wanted:
        case Pick(title, choices, current, then):
            from inspector.tui.screens.picker import Picker

            return Picker(title, choices, current), _given(then)
        case AskNote(title, text, author, write):
            from inspector.tui.screens.noting import NoteScreen

            return NoteScreen(title, text, author), _given(lambda written: write(written.text, written.author))
        case FindEverywhere(capture, compile_id, text, prices, then):
            from inspector.tui.screens.everywhere import Everywhere

            return Everywhere(capture, compile_id, text, prices), _given(then)
        case ShowTexts(capture, compile_id, at):
            from inspector.tui.screens.texts import TextsScreen

            return TextsScreen(capture, compile_id, at), _nothing
        case ShowMeaning(word, entries, here):
            from inspector.tui.screens.explain import ExplainScreen

            return ExplainScreen(word, entries, here), _nothing
        case ShowGuards(compilation):
            from inspector.tui.screens.guards import GuardsScreen

            return GuardsScreen(compilation), _nothing
        case ShowFailure(outcome):
            from inspector.tui.screens.failure import FailureScreen

            answers: dict[str | None, Callable[[], Intent]] = {"again": lambda: Begin(now()), "leave": lambda: Do.LEAVE}
            return FailureScreen(outcome), lambda result: answers[result]() if result in answers else None
    assert_never(wanted)


def _given(then: Callable[[Any], Intent]) -> Answer:
    return lambda result: then(result) if result is not None else None


def _nothing(_: object) -> None:
    return None


def help_sections() -> dict[str, list[Line]]:
    """Every key of the desk, by what it is about."""
    from inspector.tui.profile.numerics_panel import NumericsPanel
    from inspector.tui.profile.panel import ProfilePanel
    from inspector.tui.profile.price_panel import PricePanel
    from inspector.tui.screens.help import sections
    from inspector.tui.widgets.flame import FlameGraph

    widgets = {
        "In a pane": StagePane.BINDINGS,
        "In the price": PricePanel.BINDINGS,
        "In its flame graph": FlameGraph.BINDINGS,
        "In the profile": ProfilePanel.BINDINGS,
        "In the numerics": NumericsPanel.BINDINGS,
    }
    return sections(COMMANDS, widgets)


def desk_help() -> HelpScreen:
    """Lists every key."""
    from inspector.tui.screens.help import HelpScreen

    return HelpScreen(help_sections())
