"""The colours of code and of link groups, dark and light, as plain data: every face draws with the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspector.highlight.tokens import Kind


@dataclass(frozen=True)
class Scheme:
    """One look. Colours are `#rrggbb`."""

    dark: bool
    background: str
    foreground: str
    surface: str
    """Behind bars and headings."""
    panel: str
    """Behind what is chosen, and lines between things."""
    primary: str
    """What is active; the compiled side of a race."""
    secondary: str
    accent: str
    """Headings and warnings; the eager side of a race."""
    error: str
    group_lightness: float
    """HSL lightness of the link groups' colours, whose saturation is 0.75."""
    syntax: Mapping[Kind, str]


DARK = Scheme(
    dark=True,
    background="#14161f",
    foreground="#c8d0e7",
    surface="#191c28",
    panel="#232738",
    primary="#7aa2f7",
    secondary="#9ece6a",
    accent="#e0af68",
    error="#f7768e",
    group_lightness=0.62,
    syntax={
        Kind.KEYWORD: "#c792ea",
        Kind.CONSTANT: "#ff9e64",
        Kind.BUILTIN: "#7fdbca",
        Kind.TYPE: "#ffcb6b",
        Kind.FUNCTION: "#82aaff",
        Kind.DEFINITION: "#f2f5f8",
        Kind.STRING: "#b5dc8a",
        Kind.NUMBER: "#ff9e64",
        Kind.SHAPE: "#6fc3d8",
        Kind.OPERATOR: "#9fb0c3",
        Kind.COMMENT: "#7d8b9c",
        Kind.PREPROCESSOR: "#f07f8f",
        Kind.MNEMONIC: "#82aaff",
        Kind.REGISTER: "#ffcb6b",
        Kind.MEMORY: "#7fdbca",
        Kind.LABEL: "#f07f8f",
    },
)
"""For a dim room."""

LIGHT = Scheme(
    dark=False,
    background="#fbfaf7",
    foreground="#22252f",
    surface="#f3f1ec",
    panel="#e6e2d8",
    primary="#2456b8",
    secondary="#3f7a1e",
    accent="#9a5b00",
    error="#b3202e",
    group_lightness=0.42,
    syntax={
        Kind.KEYWORD: "#7c2fd0",
        Kind.CONSTANT: "#b3410e",
        Kind.BUILTIN: "#0f6f66",
        Kind.TYPE: "#8a5a00",
        Kind.FUNCTION: "#0550ae",
        Kind.DEFINITION: "#10161d",
        Kind.STRING: "#1a6b32",
        Kind.NUMBER: "#b3410e",
        Kind.SHAPE: "#1f6f8b",
        Kind.OPERATOR: "#57606a",
        Kind.COMMENT: "#69727c",
        Kind.PREPROCESSOR: "#b4233a",
        Kind.MNEMONIC: "#0550ae",
        Kind.REGISTER: "#8a5a00",
        Kind.MEMORY: "#0f6f66",
        Kind.LABEL: "#b4233a",
    },
)
"""For a bright one."""

HUES = (210, 30, 135, 330, 55, 270, 175, 0, 90, 235, 305, 190)
"""Hues of the link groups, in degrees; neighbouring group numbers lie far apart on the colour wheel."""

BOLD = frozenset({Kind.DEFINITION, Kind.MNEMONIC})
ITALIC = frozenset({Kind.COMMENT})

PINNED, RELATIVE, ANCHOR = 0.16, 0.24, 0.42
"""How much of its group's colour is in the background of a line that is kept lit, that belongs to the place asked
about, that is the place asked about."""
AROUND = 0.45
"""The share of that which is left for the rest of a line of which only some columns are meant."""
