"""The two themes of our own: dark for a dim room, light for a bright one. Textual's others are in the palette."""

from __future__ import annotations

from textual.theme import Theme

from inspector.highlight import colors
from inspector.highlight.colors import Scheme


def _theme(name: str, scheme: Scheme) -> Theme:
    return Theme(
        name=name,
        primary=scheme.primary,
        secondary=scheme.secondary,
        accent=scheme.accent,
        warning=scheme.accent,
        error=scheme.error,
        success=scheme.secondary,
        foreground=scheme.foreground,
        background=scheme.background,
        surface=scheme.surface,
        panel=scheme.panel,
        dark=scheme.dark,
        variables={"footer-key-foreground": scheme.accent},
    )


DARK = _theme("inspector-dark", colors.DARK)
LIGHT = _theme("inspector-light", colors.LIGHT)


def other(name: str) -> str:
    """The theme that the light-or-dark key changes to from the theme called `name`."""
    return DARK.name if name == LIGHT.name else LIGHT.name
