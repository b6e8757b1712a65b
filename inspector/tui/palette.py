"""What several command palettes offer: the keys of a widget, themes, a picture of the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

from inspector.tui.keys import shown_key


def of_any_screen(screen: Screen[Any]) -> Iterable[SystemCommand]:
    """What is offered wherever one is: themes, and a picture of the screen."""
    for name in sorted(screen.app.available_themes):
        yield SystemCommand(f"Theme: {name}", "Change the colours.", partial(setattr, screen.app, "theme", name))
    yield SystemCommand("Save a picture", "Save the screen as an SVG file.", screen.app.action_screenshot)


def of_widget(widget: Widget, where: str) -> Iterable[SystemCommand]:
    """The keys of a widget."""
    for binding in widget.BINDINGS:
        if isinstance(binding, Binding) and binding.description:
            keys = "  ".join(shown_key(key) for key in binding.key.split(","))
            run = _runner(widget, binding.action)
            yield SystemCommand(binding.description.capitalize(), f"{where}  {keys}", run)


def _runner(widget: Widget, action: str) -> Callable[[], object]:
    return lambda: widget.run_worker(widget.run_action(action))
