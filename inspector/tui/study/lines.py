"""A figure of lines as rows of a terminal: braille dots, a sign at points of each line, axes with their units."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from inspector.study.document import Figure, Series
from inspector.tui.panes.text import sanitised
from inspector.tui.study.axes import Axis, caption, value_axis, written
from inspector.tui.study.series import ChartLook, filled
from inspector.tui.widgets.braille import Canvas
from inspector.tui.widgets.glyphs import glyphs

_MARK_EVERY = 14
"""Cells between two signs on a line of many points."""
_BEHIND, _WORD = -1, -2
"""A sign that gives way to dots, and one that does not."""
_SMALLEST = (20, 3)
"""Cells across and rows below which a picture says nothing."""


class _Plot:
    """The area between the axes.

    Args:
        figure: what is drawn.
        width: cells across.
        height: rows.
    """

    def __init__(self, figure: Figure, width: int, height: int) -> None:
        self.figure = figure
        self.canvas = Canvas(width, height, len(figure.series), ascii=glyphs().ascii)
        self.signs: dict[tuple[int, int], tuple[str, int]] = {}
        """By row and cell: a sign, and the series that it belongs to, or `_BEHIND` or `_WORD`."""
        values = [value for series in figure.series for value in series.y]
        self.y = value_axis(values, log=figure.log_y)
        places = [place for series in figure.series for place in series.x]
        self.x = Axis(-0.5, len(figure.ticks) - 0.5) if figure.ticks else _along(places)

    def dot(self, x: float, y: float) -> tuple[int, int]:
        """The dot of a point; within the canvas for every point of the figure."""
        across = round(self.x.share(x) * (self.canvas.columns - 1))
        down = round((1 - self.y.share(y)) * (self.canvas.rows - 1))
        return across, down

    def draw(self) -> None:
        """Lines first, so that the signs of all of them stand above."""
        for number, series in enumerate(self.figure.series):
            points = [self.dot(x, y) for x, y in zip(series.x, series.y, strict=True)]
            for begin, end in zip(points, points[1:] or points, strict=False):
                self._line(begin, end, number)
        for number, series in enumerate(self.figure.series):
            self._mark(number, series)

    def _line(self, begin: tuple[int, int], end: tuple[int, int], layer: int) -> None:
        """Bresenham's line."""
        (x, y), (to_x, to_y) = begin, end
        across, down = abs(to_x - x), -abs(to_y - y)
        step_x, step_y = (1 if x < to_x else -1), (1 if y < to_y else -1)
        error = across + down
        while True:
            self.canvas.dot(x, y, layer)
            if (x, y) == (to_x, to_y):
                return
            twice = 2 * error
            if twice >= down:
                error += down
                x += step_x
            if twice <= across:
                error += across
                y += step_y

    def _mark(self, number: int, series: Series) -> None:
        """Signs at every point of few, at some of many; those of different series stand beside each other."""
        few = len(series.x) * 4 <= self.canvas.width
        shift = (number * _MARK_EVERY) // max(1, len(self.figure.series))
        last = -_MARK_EVERY + shift
        for x, y in zip(series.x, series.y, strict=True):
            across, down = self.dot(x, y)
            cell = across // 2
            if few or cell - last >= _MARK_EVERY:
                self._sign(down // 4, cell, number)
                last = cell

    def _sign(self, row: int, cell: int, number: int) -> None:
        """At its place, or beside it where a sign of another line stands there: equal lines are both seen."""
        beside = (cell, cell + 1, cell - 1, cell + 2)
        free = (at for at in beside if 0 <= at < self.canvas.width and (row, at) not in self.signs)
        self.signs[row, next(free, cell)] = ("", number)

    def row(self, number: int, look: ChartLook) -> list[Segment]:
        """One row of cells, signs laid over the dots."""
        segments: list[Segment] = []
        cell = 0
        for text, layer in self.canvas.cells(number):
            for character in text:
                sign = self.signs.get((number, cell))
                if sign is not None and sign[1] >= 0:
                    segments.append(Segment(look.marker(sign[1]), look.style(sign[1])))
                elif sign is not None and (character == " " or sign[1] == _WORD):
                    segments.append(Segment(sign[0], look.blank if sign[1] == _WORD else look.quiet))
                else:
                    segments.append(Segment(character, look.style(layer) if layer >= 0 else look.blank))
                cell += 1
        return segments


def _along(places: list[float]) -> Axis:
    low, high = (min(places), max(places)) if places else (0.0, 1.0)
    return Axis(low, high if high > low else low + 1.0)


def draw_lines(figure: Figure, width: int, height: int, look: ChartLook) -> list[Strip]:
    """The whole picture in exactly `height` rows of `width` cells; words where that is too little."""
    labels = _Labels(figure, height - 4)
    title = caption(figure.y_label)
    if figure.ticks and figure.x_label:
        title = f"{title} by {figure.x_label}"
    indent = max(labels.width, cell_len(title)) + 2
    legend = look.legend(width - indent) or [Strip([])]
    rows = height - len(legend) - 2
    room = width - labels.width - 1
    if room < _SMALLEST[0] or rows < _SMALLEST[1]:
        return filled([Strip([Segment("too small for a chart: v shows the table", look.quiet)])], width, height, look)
    plot = _Plot(figure, room, rows)
    plot.draw()
    _marks(plot)
    beside = labels.by_row(plot)
    heads = [title.rjust(labels.width), *[""] * (len(legend) - 1)]
    strips = [Strip([Segment(head.ljust(indent), look.quiet), *row]) for head, row in zip(heads, legend, strict=True)]
    for number in range(rows):
        label = beside.get(number, "")
        axis = Segment(label.rjust(labels.width) + ("┤" if label else "│"), look.quiet)
        strips.append(Strip([axis, *plot.row(number, look)]))
    strips += _foot(plot, labels.width, look)
    return filled(strips, width, height, look)


class _Labels:
    """What is written beside the vertical axis.

    Args:
        figure: whose axis it is.
        rows: of the plot.
    """

    def __init__(self, figure: Figure, rows: int) -> None:
        axis = value_axis([value for series in figure.series for value in series.y], log=figure.log_y)
        self._words = {value: written(value, figure.y_label) for value in axis.ticks(max(2, rows // 2))}
        self.width = max([cell_len(words) for words in self._words.values()], default=1) + 1

    def by_row(self, plot: _Plot) -> dict[int, str]:
        """The words by the row that they stand in, the first of those that would share one."""
        found: dict[int, str] = {}
        for value, words in self._words.items():
            found.setdefault(plot.dot(plot.x.low, value)[1] // 4, words)
        return found


def _marks(plot: _Plot) -> None:
    """Dotted lines with their words, which stand on rows of their own so that none hides another."""
    marks = [
        (min(plot.canvas.width - 1, plot.dot(place, plot.y.low)[0] // 2), sanitised(word))
        for place, word in plot.figure.marks
    ]
    for cell, _ in marks:
        for row in range(plot.canvas.height):
            plot.signs.setdefault((row, cell), ("┊", _BEHIND))
    for number, (cell, words) in enumerate(marks):
        begin = cell + 2 if cell + 2 + len(words) <= plot.canvas.width else max(0, cell - 1 - len(words))
        for offset, character in enumerate(words):
            plot.signs[number % plot.canvas.height, begin + offset] = (character, _WORD)


def _foot(plot: _Plot, left: int, look: ChartLook) -> list[Strip]:
    """The horizontal axis, and what is written below it."""
    room = plot.canvas.width
    named = [(float(place), sanitised(name)) for place, name in enumerate(plot.figure.ticks)]
    if not named:
        named = [(value, written(value, plot.figure.x_label)) for value in plot.x.ticks(max(2, room // 10))]
    rules, words = ["─"] * room, [" "] * room
    free = 0
    each = room // max(1, len(plot.figure.ticks)) - 1 if plot.figure.ticks else room
    every = 1 if each >= min(6, max((len(name) for _, name in named), default=1)) else 2
    for number, (value, name) in enumerate(named):
        cell = round(plot.x.share(value) * (room - 1))
        rules[cell] = "┬"
        short = _shortened(name, max(4, each * every))
        begin = max(0, min(cell - len(short) // 2, room - len(short)))
        if begin >= free and number % every == 0:
            words[begin : begin + len(short)] = short
            free = begin + len(short) + 1
    below = _with_title("".join(words), caption(plot.figure.x_label) if not plot.figure.ticks else "")
    return [
        Strip([Segment(" " * left + "└" + "".join(rules), look.quiet)]),
        Strip([Segment(" " * (left + 1) + below, look.quiet)]),
    ]


def _with_title(labels: str, title: str) -> str:
    """The row below the axis with what the axis is about in its last gap that is wide enough; without it for none."""
    begin = labels.rfind(" " * (len(title) + 4))
    if not title or begin < 0:
        return labels
    gap = begin + len(title) + 4
    first = labels[:gap].rstrip(" ")
    begin = max(len(first) + 2, (len(first) + gap - len(title)) // 2)
    return labels[:begin] + title + labels[begin + len(title) :]


def _shortened(name: str, width: int) -> str:
    if cell_len(name) <= width:
        return name
    mark = glyphs().ellipsis
    return set_cell_size(name, max(1, width - len(mark))) + mark
