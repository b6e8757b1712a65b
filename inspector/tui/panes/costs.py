"""The column of a pane's gutter that says what each row costs: a bar, and its share with a sign of how it is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from inspector.say.gutter import WIDTH, Tag
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.rows import PaneRow
from inspector.tui.widgets.glyphs import glyphs

_BARS = ((100, 5), (70, 4), (0, 3))
"""Columns of a pane, and the cells of the bar from there on."""
_STAND_INS = {"≤": "<", "±": "+"}
"""Signs where there is ASCII alone."""


class Costed:
    """What a pane with such a column says of its rows; nothing, where it has no prices."""

    def _costs_words(self) -> str:
        """What the costs beside the lines are shares of; empty without any."""
        return ""

    def _cost(self, row: PaneRow) -> Tag | None:
        """What a row costs; None where nothing is known of it."""

    def _heats(self, line: int) -> Iterable[tuple[int, int, int]] | None:
        """Columns of a line, from and to, that cost something by themselves, and how hot they are."""

    def _heat_styles(self, line: int, palette: Palette) -> Iterator[tuple[int, int, Style]]:
        """The same with the ground that each has; none where no colour can be mixed."""
        for start, end, degree in self._heats(line) or ():
            if (ground := palette.heat_ground(degree)) is not None:
                yield start, end, Style(bgcolor=ground.rich_color)


def column_width(width: int) -> int:
    """The cells of the column in a pane so wide; 0 while it has no size."""
    return next(cells for least, cells in _BARS if width >= least) + WIDTH + 2 if width else 0


def cost_cells(tag: Tag | None, width: int, palette: Palette, tint: Color | None) -> list[Segment]:
    """What a row has in the column."""
    if tag is None:
        return [Segment(" " * width, palette.text(None, tint))]
    style = palette.heat(tag.heat, tint)
    room = width - WIDTH - 2
    bar = (_bar(tag.share, room) if tag.sure else "").ljust(room)
    words = tag.words
    if glyphs().ascii:
        words = _STAND_INS.get(words[:1], words[:1]) + words[1:]
    return [Segment(" ", palette.text(None, tint)), Segment(bar, style), Segment(f"{words:>{WIDTH}} ", style)]


def _bar(share: float, room: int) -> str:
    """A bar of a share in eighths of a cell; what is there is seen."""
    eighths = glyphs().bar
    cells = min(1.0, share) * room
    full, rest = int(cells), round((cells - int(cells)) * 8)
    body = (eighths[8] * full + (eighths[rest].strip() if rest else ""))[:room]
    return body or (eighths[1].strip() if share >= 0.01 else "")
