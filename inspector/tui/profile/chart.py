"""The roofline as a widget, with the list of its parts beside it."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from inspector.model.roofline import Dot, Roofline
from inspector.say import units
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.profile import BARS, key_of, opens, percent
from inspector.tui.profile.plot import Ink, marks, plot
from inspector.tui.widgets.drawn import KeptRows
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.latency import side_colors
from inspector.tui.widgets.themed import palette_of

LEGEND = (
    Column("", 3),
    Column("eager a, compiled A", 20, grow=1),
    Column("share", 10, rank=1),
    Column("of limit", 8, right=True),
)


def legend(found: Roofline) -> tuple[Item, ...]:
    """A row for each part that has a letter."""
    lettered = marks(found.dots)
    return tuple(_item(letter, dot) for letter, dot in lettered.items())


def _item(letter: str, dot: Dot) -> Item:
    tone = Tone.WARNING if dot.side == "eager" else Tone.NAME
    return Item(
        f"{dot.side}:{key_of(dot.row)}",
        (
            Cell(letter, tone),
            Cell(dot.row.name, after=dot.row.compile_id),
            Cell(percent(dot.share), BARS[dot.side], share=dot.share),
            Cell(units.share(dot.limit.share)),
        ),
        opens=opens(dot.row),
    )


class RooflineChart(KeptRows):
    """The roofs, and a letter for each part below them."""

    DEFAULT_CSS = "RooflineChart { height: 1fr; width: 1fr; background: $background; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._found: Roofline | None = None
        self._chosen = ""

    def update_roofline(self, found: Roofline | None, chosen: str = "") -> None:
        """Shows another one, or another part of it.

        Args:
            found: None where nothing can be drawn.
            chosen: the letter that stands out.
        """
        if found is not self._found or chosen != self._chosen:
            self._found, self._chosen = found, chosen
            self.draw_anew()

    def draw_rows(self) -> list[Strip]:
        """Roofs, scales and letters."""
        width, height = self.size
        if self._found is None:
            return []
        blank, styles = palette_of(self).text(), self._styles()
        rows = plot(self._found, width, height, chosen=self._chosen, ascii=glyphs().ascii)
        return [
            Strip([Segment(text, styles[ink]) for text, ink in row]).adjust_cell_length(width, blank) for row in rows
        ]

    def _styles(self) -> dict[Ink, Style]:
        palette = palette_of(self)
        eager, compiled = side_colors(palette)
        return {
            Ink.BLANK: palette.text(),
            Ink.ROOF: palette.plain(palette.foreground, dim=0.2),
            Ink.GAP: palette.plain(palette.accent),
            Ink.EAGER: palette.plain(eager, bold=True),
            Ink.COMPILED: palette.plain(compiled, bold=True),
            Ink.CHOSEN: palette.plain(palette.accent, bold=True) + Style(reverse=True),
            Ink.SCALE: palette.plain(palette.foreground, dim=0.5),
            Ink.LABEL: palette.plain(palette.foreground, dim=0.35),
        }
