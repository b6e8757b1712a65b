"""The compile's phases as a Gantt chart that grows while the compiler works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from inspector.model.capture import Phase
from inspector.say.units import nice_step, seconds
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.scrolling import set_virtual_size
from inspector.tui.widgets.themed import palette_of

_MOST_ROWS = 2_000
_DURATION_CELLS = 9
_LONG = 500
"""Letters of a name that are looked at: a log's names are anybody's, and no screen is wider."""


class PhaseChart(ScrollView, can_focus=True):
    """One row a phase, indented by depth, under a time axis; one row in all where there is no more room."""

    DEFAULT_CSS = """
    PhaseChart { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; background: $background; }
    """
    ALLOW_SELECT = False

    def __init__(
        self, *, id: str | None = None, classes: str | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._phases: tuple[Phase, ...] = ()
        self._now: float | None = None
        self._set_at = 0.0
        self._end = 0.0
        self._longest: int | None = None
        """Cells of the longest name, indented; None until a row is drawn."""
        self._pulse: Timer | None = None

    def update_phases(self, phases: Sequence[Phase], *, now: float | None = None) -> None:
        """Shows these phases.

        Args:
            phases: in the order they began.
            now: the present on the phases' own clock, in seconds; phases without a duration grow from there
                by themselves. None freezes them at the last moment any phase knows of.
        """
        phases = tuple(phases[:_MOST_ROWS])
        if phases == self._phases and now == self._now:
            return
        if not phases:
            self.scroll_to(y=0, animate=False, force=True)
        more = len(phases) != len(self._phases)
        self._phases, self._now, self._set_at = phases, now, self._clock()
        self._longest = None
        self._end = max((phase.start + (phase.duration or 0.0) for phase in phases), default=0.0)
        if more:
            follow = self.scroll_offset.y >= self.max_scroll_y
            self._measure()
            if follow and self._is_live:
                self.call_after_refresh(self.scroll_end, animate=False)
        self._set_pulse()
        self.refresh()

    def on_resize(self) -> None:
        """On one row there is nothing to scroll."""
        self._measure()

    def _measure(self) -> None:
        set_virtual_size(self, Size(0, len(self._phases) + 1 if self.size.height > 1 else 1))

    @property
    def _is_live(self) -> bool:
        return self._now is not None and any(phase.duration is None for phase in self._phases)

    @property
    def _live(self) -> list[Phase]:
        """What runs now, outermost first."""
        return [phase for phase in self._phases if phase.duration is None] if self._now is not None else []

    def on_mount(self) -> None:
        """Phases may have been given before."""
        super().on_mount()  # type: ignore[no-untyped-call]
        self._set_pulse()

    def _set_pulse(self) -> None:
        """Ten frames a second, and only while a bar grows."""
        live = self._is_live and self.is_attached
        if live and self._pulse is None:
            self._pulse = self.set_interval(0.1, self.refresh)
        elif not live and self._pulse is not None:
            self._pulse.stop()
            self._pulse = None

    @property
    def _present(self) -> float:
        if self._now is None:
            return self._end
        return max(self._end, self._now + (self._clock() - self._set_at if self._is_live else 0.0))

    def render_line(self, y: int) -> Strip:
        """The axis, then a row for each phase."""
        palette, width = palette_of(self), self.size.width
        blank = Strip.blank(width, palette.text())
        if not self._phases:
            quiet = palette.plain(palette.foreground, dim=0.5)
            return (
                Strip([Segment(" no phase yet", quiet)]).adjust_cell_length(width, palette.text()) if y == 0 else blank
            )
        end = max(self._present if self._is_live else self._end, 1e-6)
        if self.size.height == 1:
            return self._bar(end, palette)
        names = self._name_cells
        room = width - names - _DURATION_CELLS - 2
        if y == 0:
            return self._axis(names, room, end, palette)
        index = y - 1 + self.scroll_offset.y
        return self._row(self._phases[index], names, room, end, palette) if index < len(self._phases) else blank

    @property
    def _name_cells(self) -> int:
        if self._longest is None:
            self._longest = max(cell_len(phase.name[:_LONG]) + phase.depth for phase in self._phases)
        return max(8, min(self._longest + 1, self.size.width * 2 // 5))

    def _axis(self, names: int, room: int, end: float, palette: Palette) -> Strip:
        quiet = palette.plain(palette.foreground, dim=0.5)
        cells = [" "] * max(0, room + 1)
        step = nice_step(end, max(1, room // 12))
        mark = 0.0
        while mark <= end * 1.0001 and room > 0:
            at = round(mark / end * room)
            label = seconds(mark) if mark else "0"
            if at + len(label) <= len(cells):
                cells[at : at + len(label)] = label
            mark += step
        total = seconds(end).rjust(_DURATION_CELLS)
        strong = palette.plain(palette.foreground, bold=True)
        segments = [
            Segment(" phase".ljust(names + 1), quiet),
            Segment("".join(cells)[:room], quiet),
            Segment(total, strong),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, palette.text())

    def _row(self, phase: Phase, names: int, room: int, end: float, palette: Palette) -> Strip:
        live = phase.duration is None
        taken = phase.duration if phase.duration is not None else max(0.0, self._present - phase.start)
        innermost = live and self._is_live and phase is self._live[-1]
        color = palette.warning if innermost else _depth_color(palette, phase.depth)
        name = set_cell_size(" " * phase.depth + sanitised(phase.name[:_LONG]), names)
        if cell_len(phase.name[:_LONG]) + phase.depth > names:
            name = name[:-1] + glyphs().ellipsis
        style = palette.plain(palette.foreground, bold=innermost, dim=0 if live or phase.depth == 0 else 0.2)
        segments = [Segment(" " + name, style)]
        segments += _bar_cells(phase.start / end * room, (phase.start + taken) / end * room, room, palette, color)
        words = seconds(taken).rjust(_DURATION_CELLS)
        segments.append(
            Segment(words, palette.plain(palette.warning if live else palette.foreground, dim=0 if live else 0.3))
        )
        return Strip(segments).adjust_cell_length(self.size.width, palette.text())

    def _bar(self, end: float, palette: Palette) -> Strip:
        """Everything in one row: what runs now (or ran longest), the outermost phases as one bar, the total."""
        width = self.size.width
        live = self._live
        words = (
            f" {sanitised(live[-1].name)} {seconds(max(0.0, self._present - live[-1].start))} "
            if live
            else " compiled "
        )
        words = set_cell_size(words, min(cell_len(words), width // 2))
        total = f" {seconds(end)} "
        room = max(0, width - cell_len(words) - len(total))
        colors: list[Color | None] = [None] * room
        for phase in sorted(self._phases, key=lambda phase: phase.depth):
            taken = phase.duration if phase.duration is not None else self._present - phase.start
            now = bool(live) and phase is live[-1]
            if taken <= 0 or (phase.depth > 2 and not now):
                continue
            first, last = int(phase.start / end * room), int((phase.start + taken) / end * room + 0.5)
            color = palette.warning if now else _depth_color(palette, phase.depth)
            colors[first:last] = [color] * (min(last, room) - first)
        full = glyphs().bar[-1]
        blank = palette.plain(palette.foreground, dim=0.85)
        bar = [
            Segment(glyphs().rule, blank) if color is None else Segment(full, palette.plain(color)) for color in colors
        ]
        strong = palette.plain(palette.warning if live else palette.foreground, bold=bool(live), dim=0 if live else 0.3)
        segments = [Segment(words, strong), *bar, Segment(total, palette.plain(palette.foreground, bold=True))]
        return Strip(segments).adjust_cell_length(width, palette.text())


def _depth_color(palette: Palette, depth: int) -> Color:
    """Neighbouring depths are told apart; deep ones come round again."""
    color = (palette.primary, palette.success, palette.secondary)[depth % 3]
    return color if palette.ansi else color.blend(palette.background, 0.2)


def _bar_cells(first: float, last: float, room: int, palette: Palette, color: Color) -> list[Segment]:
    """A bar between two places in cells, drawn in eighths where the alphabet has them; never less than a sliver."""
    eighths = glyphs().bar
    start = min(int(first), max(0, room - 1))
    length = max(last - start if glyphs().ascii else last - first, 0.125)
    full, rest = int(length), round((length - int(length)) * 8)
    body = eighths[8] * full + (eighths[rest] if rest else "")
    body = (body or eighths[1] if not glyphs().ascii else body.strip() or "#")[: room - start]
    blank = palette.text()
    rest_of_row = " " * (room - start - len(body))
    return [Segment(" " * start, blank), Segment(body, palette.plain(color)), Segment(rest_of_row, blank)]
