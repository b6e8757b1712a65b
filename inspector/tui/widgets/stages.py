"""The strip of stages: one row, a number, a name and a state for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from inspector.tui.panes.palette import Palette
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState
from inspector.tui.widgets.themed import palette_of


@dataclass(frozen=True)
class StageItem:
    """One stage in the strip."""

    key: str
    """What a selection is reported as."""
    label: str
    """The full words, shown where they all fit."""
    short: str
    """The word for narrow terminals, shown where the full words do not fit."""
    state: StageState = StageState.WAITING
    visible: bool = False
    """Whether a pane shows it now."""
    hotkey: str = ""
    """The key that chooses it, shown in place of its number; empty shows the number."""


class StageStrip(Widget):
    """Stages in one row: `1 ✓ source  2 ◐ Dynamo  3 · ATen`; a click or the number chooses one.

    Full labels where they fit, else short ones; the tick of what is done goes before its word does. Else numbers and
    states with the chosen stage's name, and where even these do not fit, a window around the chosen one.
    """

    DEFAULT_CSS = "StageStrip { height: 1; width: 1fr; background: $background; }"
    ALLOW_SELECT = False

    @dataclass
    class Selected(Message):
        """A stage was chosen."""

        strip: StageStrip
        key: str

        @property
        def control(self) -> StageStrip:
            """The strip."""
            return self.strip

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._items: tuple[StageItem, ...] = ()
        self._selected: str | None = None
        self._beat = 0
        self._pulse: Timer | None = None

    def update_stages(self, items: Sequence[StageItem], selected: str | None = None) -> None:
        """Shows these stages, in this order, with one chosen or none."""
        if (tuple(items), selected) == (self._items, self._selected):
            return
        self._items, self._selected = tuple(items), selected
        self._set_pulse()
        self.refresh()

    def choose(self, number: int) -> None:
        """Chooses the stage of a 1-based number as if it had been clicked; no such number does nothing."""
        if 1 <= number <= len(self._items):
            self.post_message(self.Selected(self, self._items[number - 1].key))

    def on_mount(self) -> None:
        """Stages may have been given before."""
        self._set_pulse()

    def _set_pulse(self) -> None:
        """Only something live turns."""
        live = any(item.state is StageState.LIVE for item in self._items) and self.is_attached
        if live and self._pulse is None:
            self._pulse = self.set_interval(0.25, self._tick)
        elif not live and self._pulse is not None:
            self._pulse.stop()
            self._pulse = None

    def _tick(self) -> None:
        self._beat += 1
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """The stage under the pointer is chosen."""
        at = 0
        for number, segments in self._cells():
            width = sum(segment.cell_length for segment in segments)
            if number and at <= event.x < at + width:
                event.stop()
                self.choose(number)
            at += width

    def render_line(self, y: int) -> Strip:
        """The one row; further rows are blank."""
        ground = palette_of(self).text()
        if y:
            return Strip.blank(self.size.width, ground)
        segments = [segment for _, cell in self._cells() for segment in cell]
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    def _cells(self) -> list[tuple[int, list[Segment]]]:
        """Number (0 for what cannot be chosen) and segments, left to right."""
        palette = palette_of(self)
        long, short = [item.label for item in self._items], [item.short for item in self._items]
        some = [item.short if self._stands_out(item) else "" for item in self._items]
        one = [item.short if item.key == self._selected else "" for item in self._items]
        for names, ticks in ((long, True), (short, True), (short, False), (some, True), (one, True), (one, False)):
            cells = [
                (i, self._cell(i, item, name, palette, ticks=ticks))
                for i, (item, name) in enumerate(zip(self._items, names, strict=True), 1)
            ]
            if sum(_width(cell) for _, cell in cells) <= self.size.width:
                return cells
        return self._window(cells, palette)

    def _stands_out(self, item: StageItem) -> bool:
        return item.visible or item.key == self._selected or item.state in (StageState.LIVE, StageState.FAILED)

    def _window(self, cells: list[tuple[int, list[Segment]]], palette: Palette) -> list[tuple[int, list[Segment]]]:
        """As many cells around the chosen one as fit, with arrows where more follow."""
        alphabet, room = glyphs(), self.size.width - 2
        keys = [item.key for item in self._items]
        middle = keys.index(self._selected) if self._selected in keys else 0
        first = last = middle
        used = _width(cells[middle][1])
        while True:
            widths = [(_width(cells[i][1]), i) for i in (last + 1, first - 1) if 0 <= i < len(cells)]
            fitting = next(((width, i) for width, i in widths if used + width <= room), None)
            if fitting is None:
                break
            used += fitting[0]
            first, last = min(first, fitting[1]), max(last, fitting[1])
        quiet = palette.plain(palette.foreground, dim=0.5)
        left = Segment(alphabet.left if first else " ", quiet)
        right = Segment(alphabet.right if last + 1 < len(cells) else " ", quiet)
        return [(0, [left]), *cells[first : last + 1], (0, [right])]

    def _cell(self, number: int, item: StageItem, name: str, palette: Palette, *, ticks: bool) -> list[Segment]:
        chosen = item.key == self._selected
        back = palette.cursor_line if chosen and not palette.ansi else None
        colors = {
            StageState.LIVE: palette.warning,
            StageState.DONE: palette.success,
            StageState.FAILED: palette.error,
        }
        alphabet = glyphs()
        glyph = alphabet.states[item.state]
        if item.state is StageState.LIVE:
            glyph = alphabet.spinner[self._beat % len(alphabet.spinner)]
        waits = item.state is StageState.WAITING
        state = palette.plain(colors.get(item.state, palette.foreground), dim=0.5 if waits else 0, tint=back)
        text = palette.plain(
            palette.accent if chosen else palette.foreground,
            bold=chosen or item.visible,
            dim=0.55 if waits and not chosen else 0.0 if chosen or item.visible else 0.25,
            tint=back,
        )
        ground = palette.text(None, back)
        text += Style(
            underline=True if item.visible and name else None, reverse=True if chosen and palette.ansi else None
        )
        segments = [
            Segment(" ", ground),
            Segment(item.hotkey or str(number), palette.plain(palette.foreground, dim=0.5, tint=back)),
        ]
        if ticks or item.state is not StageState.DONE:
            segments += [Segment(" ", ground), Segment(glyph, state)]
        if name:
            segments += [Segment(" ", ground), Segment(name, text)]
        segments.append(Segment(" " if ticks else "", ground))
        return segments


def _width(cell: list[Segment]) -> int:
    return sum(cell_len(segment.text) for segment in cell)
