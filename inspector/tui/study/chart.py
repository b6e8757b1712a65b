"""One figure of a report as a widget; drawn anew when the figure, the size or the theme is another."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip

from inspector.study.document import Figure
from inspector.tui.panes.text import sanitised
from inspector.tui.study.bars import draw_bars
from inspector.tui.study.lines import draw_lines
from inspector.tui.study.series import ChartLook, filled
from inspector.tui.widgets.drawn import KeptRows
from inspector.tui.widgets.rule import rule
from inspector.tui.widgets.themed import palette_of


class Chart(KeptRows, can_focus=True):
    """A title over a picture; words where there is none yet."""

    DEFAULT_CSS = "Chart { height: 1fr; width: 1fr; background: $background; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._figure: Figure | None = None
        self._beside = ""
        self._words = ""

    def update_figure(self, figure: Figure | None, *, beside: str = "", words: str = "") -> None:
        """Shows a figure.

        Args:
            figure: None for none.
            beside: at the right end of the title's row, `2 of 7` for instance.
            words: what to say where there is no figure.
        """
        if (figure, beside, words) != (self._figure, self._beside, self._words):
            self._figure, self._beside, self._words = figure, beside, words
            self.draw_anew()

    @property
    def figure(self) -> Figure | None:
        """What is shown."""
        return self._figure

    def on_focus(self) -> None:
        """The title stands out more."""
        self.draw_anew()

    def on_blur(self) -> None:
        """The title stands out less."""
        self.draw_anew()

    def draw_rows(self) -> list[Strip]:
        """The title and the picture."""
        palette, (width, height) = palette_of(self), self.size
        figure = self._figure
        if figure is None:
            quiet = palette.plain(palette.foreground, dim=0.4)
            return [Strip([Segment(f" {self._words}", quiet)]).adjust_cell_length(width, palette.text())]
        look = ChartLook(palette, figure)
        lead = palette.accent if self.has_focus else palette.foreground
        line = palette.plain(lead, dim=0.4 if self.has_focus else 0.75)
        title = [(sanitised(figure.title), palette.plain(lead, bold=True))]
        top = rule(width, title, [(self._beside, look.quiet)], line)
        draw = draw_bars if figure.bars else draw_lines
        margin = Segment(" ", look.blank)
        picture = [Strip([margin, *row]) for row in draw(figure, width - 2, height - 1, look)]
        return filled([top, *picture], width, height, look)
