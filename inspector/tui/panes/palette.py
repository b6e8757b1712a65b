"""Colours of code: syntax, link groups, cursor and selection, for any theme.

Syntax colours are chosen once for dark and once for light, then moved towards white or black until they can
be read on the background they stand on, so a lit line in any theme is as legible as an unlit one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.color import BLACK, WHITE, Color

from inspector.highlight import Kind
from inspector.highlight.colors import ANCHOR, AROUND, BOLD, DARK, HUES, ITALIC, LIGHT, PINNED, RELATIVE
from inspector.tui.panes.marks import GROUPS, Mark, Strength

LEGIBLE = 4.5
"""WCAG contrast ratio of body text."""

_ANSI = {
    Kind.KEYWORD: "magenta",
    Kind.CONSTANT: "yellow",
    Kind.BUILTIN: "cyan",
    Kind.TYPE: "cyan",
    Kind.FUNCTION: "blue",
    Kind.DEFINITION: "default",
    Kind.STRING: "green",
    Kind.NUMBER: "yellow",
    Kind.SHAPE: "cyan",
    Kind.OPERATOR: "default",
    Kind.COMMENT: "default",
    Kind.PREPROCESSOR: "red",
    Kind.MNEMONIC: "blue",
    Kind.REGISTER: "yellow",
    Kind.MEMORY: "cyan",
    Kind.LABEL: "red",
}
_ANSI_GROUPS = ("blue", "yellow", "green", "magenta", "cyan", "red")
_HEATS = (None, 60, 42, 24, 4)
"""Hues by degree, in degrees of the colour wheel: from yellow to red; none for what is cold."""
_ANSI_HEATS = ("default", "default", "yellow", "yellow", "red")
_TINT = {Strength.OTHER: 0.0, Strength.PINNED: PINNED, Strength.RELATIVE: RELATIVE, Strength.ANCHOR: ANCHOR}


def contrast(one: Color, other: Color) -> float:
    """The WCAG contrast ratio of two opaque colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    parts = (part / 255 for part in color.rgb)
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@lru_cache(maxsize=4096)
def legible(foreground: Color, background: Color, ratio: float = LEGIBLE) -> Color:
    """`foreground`, moved towards white or black just as far as reading it on `background` needs."""
    end = max((WHITE, BLACK), key=lambda color: contrast(color, background))
    for step in range(11):
        color = foreground.blend(end, step / 10)
        if contrast(color, background) >= ratio:
            return color
    return end


class Palette:
    """The styles of one theme, made on first use and kept.

    Args:
        variables: the theme's variables as the app resolves them (`background`, `foreground`, `primary`…).
        dark: whether the theme is dark.
        ansi: whether the theme uses the terminal's own sixteen colours; lit lines then are told apart by
            the gutter and by underlining, since no tint can be mixed.
    """

    def __init__(self, variables: Mapping[str, str], *, dark: bool, ansi: bool) -> None:
        self.ansi = ansi
        self.background = _parsed(variables.get("background"), "#121212" if dark else "#ffffff")
        self.foreground = _parsed(variables.get("foreground"), "#e0e0e0" if dark else "#1f1f1f")
        self.accent = self._word(variables, "accent", "#ffa62b")
        self.primary = self._word(variables, "primary", "#0178d4")
        self.secondary = self._word(variables, "secondary", "#004578")
        self.error = self._word(variables, "error", "#ba3c5b")
        self.success = self._word(variables, "success", "#4ebf71")
        self.warning = self._word(variables, "warning", "#ffa62b")
        self._syntax = {kind: Color.parse(value) for kind, value in (DARK if dark else LIGHT).syntax.items()}
        lightness = (DARK if dark else LIGHT).group_lightness
        self._groups = tuple(Color.from_hsl(hue / 360, 0.75, lightness) for hue in HUES)
        self.cursor_line = self.background.blend(self.foreground, 0.10)
        self.selected = self._laid_over(self.background.blend(self.primary, 0.55), "blue")
        """Style laid over selected columns."""
        self._found = (
            self._laid_over(self.background.blend(self.warning, 0.4), "yellow"),
            self._laid_over(self.warning, "yellow") + Style(bold=True),
        )
        self._styles: dict[tuple[Kind | None, Color | None], Style] = {}

    def _word(self, variables: Mapping[str, str], name: str, fallback: str) -> Color:
        """A theme's colour, as legible as words need it: themes choose them for buttons."""
        color = _parsed(variables.get(name), fallback)
        return color if self.ansi else legible(color, self.background)

    def text(self, kind: Kind | None = None, tint: Color | None = None) -> Style:
        """The style of a token, or of plain text (None), on a lit background or on the pane's own (None)."""
        style = self._styles.get((kind, tint))
        if style is None:
            style = self._styles[kind, tint] = self._made(kind, tint)
        return style

    def _made(self, kind: Kind | None, tint: Color | None) -> Style:
        bold, italic = kind in BOLD, kind in ITALIC
        if self.ansi:
            name = _ANSI[kind] if kind is not None else "default"
            ground = self.background.rich_color
            return Style(color=name, bgcolor=ground, bold=bold, italic=italic, dim=kind is Kind.COMMENT)
        background = tint or self.background
        ratio = 3.6 if kind is Kind.COMMENT and tint is None else LEGIBLE
        color = legible(self._syntax[kind] if kind is not None else self.foreground, background, ratio)
        return Style(color=color.rich_color, bgcolor=background.rich_color, bold=bold or None, italic=italic or None)

    def plain(self, color: Color, *, bold: bool = False, dim: float = 0.0, tint: Color | None = None) -> Style:
        """Furniture (title, gutter): `color` faded by `dim` into the background."""
        if self.ansi:
            return Style(color=color.rich_color, bgcolor=self.background.rich_color, bold=bold, dim=dim > 0.3)
        background = tint or self.background
        return Style(color=color.blend(background, dim).rich_color, bgcolor=background.rich_color, bold=bold)

    def tint(self, mark: Mark) -> Color | None:
        """The background of a lit line; None where only the gutter speaks."""
        share = _TINT[mark.strength] * (AROUND if mark.spans else 1.0)
        return None if self.ansi or not share else self.background.blend(self._groups[mark.group % GROUPS], share)

    def span_tint(self, mark: Mark, span: int = 0) -> Color | None:
        """The background of exactly meant columns of a lit line, by their place among its spans."""
        share = _TINT[mark.strength]
        return None if self.ansi else self.background.blend(self._groups[mark.colour(span) % GROUPS], share)

    def heat(self, degree: int, tint: Color | None = None) -> Style:
        """What a line costs, from 0 for cold to 4: legible in any theme, and bold where it is hot."""
        bold = degree >= len(_HEATS) - 2
        if self.ansi:
            # Textual turns colours into greys for NO_COLOR, and a terminal's own red into one that nobody sees.
            name = "default" if os.environ.get("NO_COLOR") else _ANSI_HEATS[degree]
            ground = self.background.rich_color
            return Style(color=name, bgcolor=ground, bold=bold, dim=not degree)
        background = tint or self.background
        hue = _HEATS[degree]
        color = self.foreground.blend(background, 0.45) if hue is None else Color.from_hsl(hue / 360, 0.85, 0.58)
        return Style(color=legible(color, background).rich_color, bgcolor=background.rich_color, bold=bold)

    def heat_ground(self, degree: int) -> Color | None:
        """The background of what costs so much in a line; None where it is cold, or no colour can be mixed."""
        hue = _HEATS[degree]
        if self.ansi or hue is None:
            return None
        return self.background.blend(Color.from_hsl(hue / 360, 0.85, 0.5), 0.08 + 0.05 * degree)

    def found(self, current: bool) -> Style:
        """The style laid over a match of the search."""
        return self._found[current]

    def _laid_over(self, background: Color, ansi: str) -> Style:
        if self.ansi:
            return Style(color="black", bgcolor=ansi)
        color = legible(self.foreground, background)
        return Style(color=color.rich_color, bgcolor=background.rich_color)

    def gutter(self, mark: Mark, tint: Color | None) -> Style:
        """The gutter glyph of a lit line."""
        if self.ansi:
            name, ground = _ANSI_GROUPS[mark.group % len(_ANSI_GROUPS)], self.background.rich_color
            return Style(color=name, bgcolor=ground, bold=mark.strength is Strength.ANCHOR)
        color, background = self._groups[mark.group % GROUPS], tint or self.background
        faded = color.blend(background, 0.35) if mark.strength is Strength.OTHER else legible(color, background, 3.0)
        return Style(color=faded.rich_color, bgcolor=background.rich_color)


def _parsed(value: str | None, fallback: str) -> Color:
    return Color.parse(value or fallback)
