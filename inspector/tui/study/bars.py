"""A figure of bars as rows of a terminal: each with its name before it and its value behind it, an axis below."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from inspector.study.document import Figure
from inspector.tui.panes.text import sanitised
from inspector.tui.study.axes import caption, value_axis, written
from inspector.tui.study.series import ChartLook, filled
from inspector.tui.widgets.glyphs import glyphs

_LONGEST_NAME = 28
_SHORTEST_BAR = 10
_THICKEST = 3
"""Rows of one bar where there is room for more."""
Bar = tuple[str, list[tuple[int, float]]]
"""A name, empty for a bar that belongs to the one above, and its parts: series and value."""


def draw_bars(figure: Figure, width: int, height: int, look: ChartLook) -> list[Strip]:
    """The whole picture in exactly `height` rows of `width` cells; bars for which there is no room are counted."""
    title = caption(figure.y_label)
    legend = look.legend(width - len(title) - 3) if len(figure.series) > 1 else [Strip([])]
    bars = _Bars(figure, width, look)
    rows = height - len(legend) - 2
    if bars.room < _SHORTEST_BAR or rows < 1:
        return filled([Strip([Segment("too small for a chart: v shows the table", look.quiet)])], width, height, look)
    heads = [title, *[""] * (len(legend) - 1)]
    strips = [
        Strip([Segment(head.ljust(len(title) + 3), look.quiet), *row]) for head, row in zip(heads, legend, strict=True)
    ]
    return filled([*strips, *bars.body(rows), *bars.foot()], width, height, look)


def _groups(figure: Figure) -> list[list[Bar]]:
    """The bars of each place with a name: one, or one for each series."""
    found = [dict(zip(series.x, series.y, strict=True)) for series in figure.series]
    groups: list[list[Bar]] = []
    for place, tick in enumerate(figure.ticks):
        parts = [(number, values[place]) for number, values in enumerate(found) if place in values]
        name = sanitised(tick)
        if figure.stacked:
            groups.append([(name, parts)])
        else:
            groups.append([(name if not at else "", [part]) for at, part in enumerate(parts)])
    return [group for group in groups if group]


class _Bars:
    """What all bars of a picture share.

    Args:
        figure: what is drawn.
        width: cells for names, bars and values.
        look: its styles.
    """

    def __init__(self, figure: Figure, width: int, look: ChartLook) -> None:
        self._label = figure.y_label
        self._look = look
        self._groups = _groups(figure)
        bars = [bar for group in self._groups for bar in group]
        values = [sum(value for _, value in parts) for _, parts in bars]
        self._axis = value_axis(values, log=False)
        self._names = min(_LONGEST_NAME, max([cell_len(name) for name, _ in bars], default=1))
        ends = max([cell_len(written(value, figure.y_label)) for value in values], default=1) + 1
        self.room = width - self._names - 2 - ends
        """Cells of the longest bar."""

    def body(self, rows: int) -> list[Strip]:
        """The bars, as thick as there is room for, a free row between groups of them."""
        count, groups = sum(map(len, self._groups)), len(self._groups)
        thick = next(
            (size for size in range(_THICKEST, 1, -1) if count * size + groups - 1 <= rows),
            1,
        )
        airy = (thick > 1 or count > groups) and count * thick + groups - 1 <= rows
        strips: list[Strip] = []
        for number, group in enumerate(self._groups):
            strips += [self._row("", [], None)] if number and airy else []
            for bar in group:
                strips += self._bar(bar, thick)
        if len(strips) > rows:
            more = Segment(f"{count - rows + 1} more: v shows the table", self._look.quiet)
            strips = [*strips[: rows - 1], Strip([more])]
        return strips

    def _bar(self, bar: Bar, thick: int) -> list[Strip]:
        """A bar as equal rows, name and value on the middle one."""
        name, parts = bar
        total, used = 0.0, 0
        segments: list[Segment] = []
        for number, value in parts:
            total += value
            end = max(used, round(self._axis.share(total) * self.room))
            if value > 0 and end == used < self.room:
                end = used + 1  # what is there can be seen
            segments.append(Segment(self._look.fill(number) * (end - used), self._look.style(number)))
            used = end
        middle = (thick - 1) // 2
        return [
            self._row(name if at == middle else "", segments, total if at == middle else None) for at in range(thick)
        ]

    def _row(self, name: str, bar: list[Segment], value: float | None) -> Strip:
        if cell_len(name) > self._names:
            name = set_cell_size(name, self._names - 1) + glyphs().ellipsis
        start = [Segment(f"{set_cell_size(name, self._names)} ", self._look.blank), Segment("│", self._look.quiet)]
        end = [Segment(f" {written(value, self._label)}", self._look.strong)] if value is not None else []
        return Strip([*start, *bar, *end])

    def foot(self) -> list[Strip]:
        """The axis, and what is written below it."""
        rules, words = ["─"] * self.room, [" "] * self.room
        free = 0
        for value in self._axis.ticks(max(2, self.room // 12)):
            cell = min(self.room - 1, round(self._axis.share(value) * self.room))
            label = written(value, self._label)
            begin = max(0, min(cell - len(label) // 2, self.room - len(label)))
            rules[cell] = "┬"
            if begin >= free:
                words[begin : begin + len(label)] = label
                free = begin + len(label) + 1
        return [
            Strip([Segment(" " * (self._names + 1) + "└" + "".join(rules), self._look.quiet)]),
            Strip([Segment(" " * (self._names + 2) + "".join(words).rstrip(), self._look.quiet)]),
        ]
