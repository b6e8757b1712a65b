"""Eager against compiled, live: samples over time, how they spread, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from inspector.model.latency import LatencyRun, LatencySummary, sample_range, summarise
from inspector.say.units import plural, time_ticks
from inspector.tui.panes.palette import Palette, legible
from inspector.tui.widgets.braille import Canvas
from inspector.tui.widgets.drawn import KeptRows
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.latency_table import table
from inspector.tui.widgets.themed import palette_of

_SUMMARY_SECONDS = 0.5
"""A summary is made at most this often: it sorts all samples, and nobody reads faster."""
_DRAWN = 4_000
"""The most recent samples of each side that are drawn."""
_AXIS = 9
_TABLE = 46
_SPREAD = 14


class LatencyChart(KeptRows, can_focus=True):
    """A braille chart with a table beside it; on one row the summary alone."""

    DEFAULT_CSS = "LatencyChart { height: 1fr; width: 1fr; background: $background; }"

    def __init__(
        self, *, id: str | None = None, classes: str | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._run: LatencyRun | None = None
        self._state, self._note = "idle", ""
        self._warnings: tuple[str, ...] = ()
        self._summary: LatencySummary | None = None
        self._summary_of: LatencyRun | None = None
        self._summary_at = -1.0

    def update_run(
        self, run: LatencyRun | None, *, state: str = "idle", note: str = "", warnings: tuple[str, ...] = ()
    ) -> None:
        """Shows a run.

        Args:
            run: the samples so far; None before there are any.
            state: `warming`, `running`, `paused` or `idle`, as the worker says.
            note: a sentence that stands where there are no samples, else under the table.
            warnings: what whoever sees it has to know, a sentence each.
        """
        shown = state, note, warnings
        if run is not self._run or shown != (self._state, self._note, self._warnings):
            self._run, self._state, self._note, self._warnings = run, state, note, warnings
            self.draw_anew()

    @property
    def summary(self) -> LatencySummary | None:
        """What the samples say; while they stream in, up to half a second old."""
        run = self._run
        if run is None or not run.eager or not run.compiled:
            return None
        if self._summary is None or self._summary_of is not run:
            now = self._clock()
            fresh = self._summary_of is not None and self._summary_of.shape == run.shape
            live = self._state == "running" and len(run.eager) > 20
            if not (fresh and live and now - self._summary_at < _SUMMARY_SECONDS):
                self._summary, self._summary_of, self._summary_at = summarise(run), run, now
        return self._summary

    # --- drawing --------------------------------------------------------------------------------------------

    def draw_rows(self) -> list[Strip]:
        """The chart and the table."""
        palette, (width, height) = palette_of(self), self.size
        blank, summary, run = palette.text(), self.summary, self._run
        if summary is None or run is None:
            words = {"warming": "warming up…", "idle": "not started"}.get(self._state, self._state)
            text = f" {self._note or words}"
            quiet = palette.plain(palette.foreground, dim=0.4)
            return [Strip([Segment(text, quiet)]).adjust_cell_length(width, blank)]
        colors = side_colors(palette)
        rows = table(summary, colors, palette, state=self._state, note=self._note, warnings=self._warnings)
        if height <= 1:
            return [rows.one_line.adjust_cell_length(width, blank)]
        lines = rows.lines
        chart_width = width - _TABLE - 1
        if chart_width < 30 or height < 5:
            if height < 5 or width < _TABLE:
                lines = [rows.one_line, *lines]
            fitting = [line.adjust_cell_length(width, blank) for line in lines[:height]]
            left = height - len(lines) - 1
            return fitting + (self._chart(run, width, left, palette, colors) if left >= 4 else [])
        chart = self._chart(run, chart_width, height, palette, colors)
        gap = Strip([Segment(" ", blank)])
        lines = [line.adjust_cell_length(_TABLE, blank) for line in lines[:height]]
        lines += [Strip.blank(_TABLE, blank)] * (height - len(lines))
        return [Strip.join([left, gap, right]) for left, right in zip(chart, lines, strict=True)]

    def _chart(
        self, run: LatencyRun, width: int, height: int, palette: Palette, colors: tuple[Color, Color]
    ) -> list[Strip]:
        """Samples over their number, and their distribution at the right, over a shared time axis."""
        spread = _SPREAD if width >= 60 else 0
        room, rows = width - _AXIS - 1 - spread, height - 1
        eager, compiled = run.eager[-_DRAWN:], run.compiled[-_DRAWN:]
        low, high = sample_range(eager, compiled)
        ascii = glyphs().ascii
        canvas, bells = Canvas(room, rows, 2, ascii=ascii), Canvas(spread, rows, 2, ascii=ascii)

        def height_of(value: float) -> int:
            return round((1 - (value - low) / (high - low)) * (canvas.rows - 1))

        for layer, samples in enumerate((eager, compiled)):
            count = max(len(samples), canvas.columns // 4, 2)
            for index, sample in enumerate(samples):
                y = max(0, height_of(sample))
                canvas.dot(round(index / (count - 1) * (canvas.columns - 1)), y, layer)
            _bell(bells, samples, height_of, layer)
        quiet = palette.plain(palette.foreground, dim=0.5)
        labels = _labels(low, high, height_of, rows)
        strips = []
        for row in range(rows):
            label = labels.get(row, "")
            tick = "┤" if label else "│"
            segments = [Segment(label.rjust(_AXIS), quiet), Segment("|" if ascii else tick, quiet)]
            for part in (canvas, bells):
                segments += [Segment(text, _dot_style(palette, colors, layer)) for text, layer in part.cells(row)]
            strips.append(Strip(segments).adjust_cell_length(width, palette.text()))
        return [*strips, self._foot(run, room, spread, palette=palette, colors=colors)]

    def _foot(self, run: LatencyRun, room: int, spread: int, *, palette: Palette, colors: tuple[Color, Color]) -> Strip:
        width = room + spread + _AXIS + 1
        quiet = palette.plain(palette.foreground, dim=0.5)
        total = len(run.eager)
        first = max(0, total - _DRAWN)
        dot = glyphs().dot
        legend: list[tuple[str, Style]] = [
            (f"{dot} eager ", palette.plain(colors[0])),
            (f"{dot} compiled ", palette.plain(colors[1])),
        ]
        words = plural(total, "sample") if not first else f"last {_DRAWN:,} of {total:,} samples"
        corner = "+" if glyphs().ascii else "└"
        used = sum(len(text) for text, _ in legend) + len(words) + 1
        words = words if used < room else ""
        segments = [Segment(" " * _AXIS + corner, quiet), *(Segment(text, style) for text, style in legend)]
        segments.append(Segment(" " * max(1, room - used) + words + " ", quiet))
        if spread:
            segments.append(Segment("distribution".rjust(spread), quiet))
        return Strip(segments).adjust_cell_length(width, palette.text())


def side_colors(palette: Palette) -> tuple[Color, Color]:
    """The colours of eager and compiled."""
    if palette.ansi:
        return palette.warning, palette.primary
    return legible(palette.warning, palette.background, 3.0), legible(palette.primary, palette.background, 3.0)


def _dot_style(palette: Palette, colors: tuple[Color, Color], layer: int) -> Style:
    return palette.plain(colors[layer]) if layer >= 0 else palette.text()


def _bell(canvas: Canvas, samples: Sequence[float], height_of: Callable[[float], int], layer: int) -> None:
    """A histogram lying on its side, scaled to the fullest bin."""
    if not canvas.width:
        return
    bins = [0] * canvas.rows
    for sample in samples:
        bins[max(0, min(height_of(sample), canvas.rows - 1))] += 1
    fullest = max(bins)
    for y, count in enumerate(bins):
        for x in range(round(count / fullest * (canvas.columns - 3)) if count else 0):
            canvas.dot(x + 2, y, layer)


def _labels(low: float, high: float, height_of: Callable[[float], int], rows: int) -> dict[int, str]:
    """Round values of the time axis by the row of cells they stand in."""
    ticks = time_ticks(low, high, max(1, rows // 3))
    return {row: words for value, words in ticks if 0 <= (row := height_of(value) // 4) < rows}
