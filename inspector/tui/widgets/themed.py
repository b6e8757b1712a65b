"""The palette of the theme that the app shows now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.widget import Widget

from inspector.tui.panes.palette import Palette

_palettes: WeakKeyDictionary[App[Any], tuple[Mapping[str, str], Palette]] = WeakKeyDictionary()


def palette_of(widget: Widget) -> Palette:
    """The palette for a widget, kept until the app's theme changes."""
    app = widget.app
    variables = app.theme_variables
    known = _palettes.get(app)
    if known is None or known[0] is not variables:
        few = app.console.color_system == "standard"  # sixteen: mixed tints would come out as one and the same grey
        ansi = few or app.native_ansi_color or variables.get("background", "").startswith("ansi")
        known = _palettes[app] = variables, Palette(variables, dark=app.current_theme.dark, ansi=ansi)
    return known[1]
