"""The two themes of our own: dark for a dim room, light for a bright one. Textual's others are in the palette."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="inspector-dark",
    primary="#7aa2f7",
    secondary="#9ece6a",
    accent="#e0af68",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#c8d0e7",
    background="#14161f",
    surface="#191c28",
    panel="#232738",
    dark=True,
    variables={"footer-key-foreground": "#e0af68"},
)

LIGHT = Theme(
    name="inspector-light",
    primary="#2456b8",
    secondary="#3f7a1e",
    accent="#9a5b00",
    warning="#9a5b00",
    error="#b3202e",
    success="#3f7a1e",
    foreground="#22252f",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e6e2d8",
    dark=False,
    variables={"footer-key-foreground": "#9a5b00"},
)


def other(name: str) -> str:
    """The theme that the light-or-dark key changes to from the theme called `name`."""
    return DARK.name if name == LIGHT.name else LIGHT.name
