"""How the series of a figure are told apart: by colour, and without any by the sign that marks their points."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from inspector.highlight.colors import HUES
from inspector.study.document import Figure
from inspector.tui.panes.palette import Palette, legible
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs

_MARKERS = ("●", "■", "▲", "◆", "○", "□", "△", "◇")
_ASCII_MARKERS = "o*#%@+x="
_FILLS = ("█", "▒", "░", "▓")
_ASCII_FILLS = "#=.+"
_CONTRAST = 3.0
"""WCAG ratio that graphics need."""


class ChartLook:
    """The styles of one chart.

    Args:
        palette: of the theme.
        figure: whose series they are for.
    """

    def __init__(self, palette: Palette, figure: Figure) -> None:
        self.palette = palette
        self.blank = palette.text()
        self.quiet = palette.plain(palette.foreground, dim=0.5)
        self.faint = palette.plain(palette.foreground, dim=0.8)
        self.strong = palette.plain(palette.foreground, bold=True)
        self._bars = figure.bars
        self._labels = tuple(sanitised(series.label) for series in figure.series)

    def style(self, number: int) -> Style:
        """Of a series, by its place."""
        return self.palette.plain(self._color(number))

    def _color(self, number: int) -> Color:
        """Eager and compiled have the colours that the latency race gives them."""
        named = (self.palette.warning, self.palette.primary, self.palette.success, self.palette.error)
        hue = HUES[(2 * number + 1) % len(HUES)] / 360
        color = named[number] if number < len(named) else Color.from_hsl(hue, 0.65, 0.6)
        return color if self.palette.ansi else legible(color, self.palette.background, _CONTRAST)

    def marker(self, number: int) -> str:
        """The sign at the points of a series."""
        signs = _ASCII_MARKERS if glyphs().ascii else _MARKERS
        return signs[number % len(signs)]

    def fill(self, number: int) -> str:
        """What the bars of a series are made of."""
        signs = _ASCII_FILLS if glyphs().ascii else _FILLS
        return signs[number % len(signs)]

    def legend(self, width: int) -> list[Strip]:
        """The names of the series with their signs, on as many rows as they need."""
        rows: list[list[Segment]] = [[]]
        used = 0
        for number, label in enumerate(self._labels):
            sign = self.fill(number) * 2 if self._bars else self.marker(number)
            cells = len(sign) + 1 + len(label) + 2
            if used + cells > width and rows[-1]:
                rows.append([])
                used = 0
            style = self.style(number)
            rows[-1] += [Segment(f"{sign} ", style), Segment(f"{label}  ", self.blank)]
            used += cells
        return [Strip(row).adjust_cell_length(width, self.blank) for row in rows if row]


def filled(strips: list[Strip], width: int, height: int, look: ChartLook) -> list[Strip]:
    """Exactly `height` rows of `width` cells."""
    strips = [strip.adjust_cell_length(width, look.blank) for strip in strips[:height]]
    return strips + [Strip.blank(width, look.blank)] * (height - len(strips))
