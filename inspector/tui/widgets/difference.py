"""Two texts side by side, aligned, with what differs lit; drawn a row at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from inspector.highlight import Highlighter
from inspector.model.artifact import Language
from inspector.model.difference import Change, Text, TextDifference, TextRow
from inspector.say.units import plural
from inspector.tui.panes.painter import paint
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import sanitised, shown
from inspector.tui.widgets.diffpaint import color_of, mark_of, overlays_of, tint_of
from inspector.tui.widgets.diffrows import DiffLine, lay_out
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.rule import rule
from inspector.tui.widgets.scrolling import RowView, set_virtual_size
from inspector.tui.widgets.themed import palette_of

_BESIDE = 100
"""Columns from which on the texts stand side by side."""
_SIDEWAYS = 8
_GUTTER = 8
"""Cells before a line's text: the mark and the number."""


class DifferenceView(RowView):
    """Two columns under a title each; one column where there is no room for two.

    Args:
        names: of the two sides, to stand before the titles; empty where a text's own label says it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="difference.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="difference.down"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="difference.page_up"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False, id="difference.page_down"),
        Binding("home,g", "move(-100000000)", "Top", show=False, id="difference.top"),
        Binding("end,G", "move(100000000)", "Bottom", show=False, id="difference.bottom"),
        Binding("left,h", "sideways(-1)", "To the left", show=False, id="difference.left"),
        Binding("right,l", "sideways(1)", "To the right", show=False, id="difference.right"),
        Binding("n", "change(1)", "Next change", show=False, id="difference.next"),
        Binding("N", "change(-1)", "Previous change", show=False, id="difference.previous"),
        Binding("J", "everything", "Everything, or only what changed", show=False, id="difference.everything"),
        Binding("v", "beside", "Side by side, or below each other", show=False, id="difference.beside"),
    ]

    class Moved(Message):
        """Another part of the difference is on screen."""

    @dataclass
    class PastEnd(Message):
        """The next change was asked for, and there is none in this text."""

        by: int
        """1 for the next, -1 for the previous."""

    def __init__(self, *, names: Sequence[str] = (), id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._names = tuple(sanitised(name.replace("\n", " ")) for name in names)
        self._begins: list[int] = []
        """The rows at which changes begin."""
        self._change = 0
        """Which of them was gone to last, or came into sight."""
        self._arrived = False
        """Whether that was gone to: then its words are in sight, however far to the right they stand."""
        self._each = False
        self._difference: TextDifference | None = None
        self._lines: list[DiffLine] = []
        self._highlighters: tuple[Highlighter | None, Highlighter | None] = (None, None)
        self._left = 0
        self._everything: bool | None = None
        self._beside: bool | None = None

    # --- what is shown --------------------------------------------------------------------------------------

    def show(self, difference: TextDifference, *, last: bool = False, each: bool = False) -> None:
        """Shows a difference from its first change on.

        Args:
            difference: what to show.
            last: whether to begin at its last change instead.
            each: whether every row is a change of its own: the rows of a list, which have nothing around them.
        """
        if difference is not self._difference:
            self._difference, self._each, self._arrived = difference, each, False
            self._highlighters = (_highlighter(difference.a), _highlighter(difference.b))
            self._left = self._change = 0
            self._lay_out()
            self.scroll_to(y=0, animate=False, force=True)
        if last and self._begins:
            self._go(len(self._begins) - 1)

    @property
    def beside(self) -> bool:
        """Whether the texts stand side by side."""
        return self._width >= _BESIDE if self._beside is None else self._beside

    @property
    def everything(self) -> bool:
        """Whether what is alike is shown too: where nobody asked, if it fits, or if nothing differs."""
        rows = self._difference.rows if self._difference is not None else ()
        fits = len(rows) <= self._height or all(row.change.alike for row in rows)
        return fits if self._everything is None else self._everything

    @property
    def place(self) -> str:
        """`change 2 of 5`, or what else there is to say of the whole."""
        return f"change {self._change + 1} of {len(self._begins)}" if self._begins else "no change"

    def _lay_out(self) -> None:
        rows = self._difference.rows if self._difference is not None else ()
        self._lines = lay_out(rows, beside=self.beside, everything=self.everything, each=self._each)
        self._begins = [number for number, line in enumerate(self._lines) if line.begins]
        self._change = max(0, min(self._change, len(self._begins) - 1))
        set_virtual_size(self, Size(0, len(self._lines) + 1))
        if self._begins and not self._in_sight(self._begins[self._change]):
            self._scroll_to_change()
        self.refresh()
        self.post_message(self.Moved())

    def _in_sight(self, line: int) -> bool:
        return self.scroll_offset.y <= line < self.scroll_offset.y + self._height

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolled away from a change, another one is the one on screen."""
        super().watch_scroll_y(old_value, new_value)
        if self._begins and not self._in_sight(self._begins[self._change]):
            below = bisect_left(self._begins, self.scroll_offset.y)
            self._change = min(below, len(self._begins) - 1)
            if below and not self._in_sight(self._begins[self._change]):
                self._change = below - 1
            self.post_message(self.Moved())

    @property
    def _height(self) -> int:
        return max(1, self.size.height - 1)

    def on_resize(self) -> None:
        """Side by side only where there is room."""
        self._lay_out()

    # --- keys and mouse -------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Scrolls by rows."""
        self.scroll_to(y=max(0, min(self.scroll_offset.y + by, self.max_scroll_y)), animate=False, force=True)
        self.refresh()
        self.post_message(self.Moved())

    def action_page(self, by: int) -> None:
        """Scrolls by screenfuls."""
        self.action_move(by * max(1, self._height - 2))

    def action_sideways(self, by: int) -> None:
        """Scrolls both texts sideways."""
        self._left = max(0, self._left + by * _SIDEWAYS)
        self.refresh()

    def action_change(self, by: int) -> None:
        """Goes to the next or the previous change; past the last one, says so."""
        if by > 0 and not self._arrived and self._begins and self._sideways(self._begins[self._change]):
            self._go(self._change)
        elif 0 <= self._change + by < len(self._begins):
            self._go(self._change + by)
        else:
            self.post_message(self.PastEnd(by))

    def _go(self, change: int) -> None:
        """Scrolls to a change, with some rows above it."""
        self._change, self._arrived = change, True
        self._left = self._sideways(self._begins[change])
        self._scroll_to_change()

    def _scroll_to_change(self) -> None:
        self.action_move(self._begins[self._change] - self._height // 3 - self.scroll_offset.y)

    def _sideways(self, at: int) -> int:
        """How far to scroll to see the first words that differ in a line: not at all where that shows them too."""
        row = self._lines[at].row
        starts = [parts[0][0] for parts in (row.parts_a, row.parts_b) if parts] if row is not None else []
        room = max(_SIDEWAYS, (self._width // 2 if self.beside else self._width) - _GUTTER)
        return max(0, max(starts) - room // 2) if starts and max(starts) >= room - _SIDEWAYS else 0

    def action_everything(self) -> None:
        """Shows what is alike too, or leaves it out."""
        self._everything = not self.everything
        self._lay_out()

    def action_beside(self) -> None:
        """Puts the texts side by side, or below each other."""
        self._beside = not self.beside
        self._lay_out()

    def _on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        event.stop()
        self.action_sideways(1)

    def _on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        event.stop()
        self.action_sideways(-1)

    # --- drawing --------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The titles, or a row of both texts."""
        palette, width = palette_of(self), self._width
        if self._difference is None:
            return Strip.blank(width, palette.text())
        if y == 0:
            return self._titles(self._difference, palette, width)
        at = y - 1 + self.scroll_offset.y
        if at >= len(self._lines):
            return Strip.blank(width, palette.text())
        line = self._lines[at]
        if line.row is None:
            return self._gap(line.hidden, palette, width)
        chosen = bool(self._begins) and line.change == self._change
        if self.beside:
            half = (width - 1) // 2
            middle = Segment("│", palette.plain(palette.foreground, dim=0.75))
            left = self._side(line.row, 0, half, palette, chosen)
            right = self._side(line.row, 1, width - half - 1, palette, chosen)
            return Strip([*left, middle, *right], width)
        return Strip(self._side(line.row, 0 if line.left else 1, width, palette, chosen), width)

    def _titles(self, difference: TextDifference, palette: Palette, width: int) -> Strip:
        strong = palette.plain(palette.accent if self.has_focus else palette.foreground, bold=True)
        quiet = palette.plain(palette.foreground, dim=0.5)
        thin = palette.plain(
            palette.accent if self.has_focus else palette.foreground, dim=0.4 if self.has_focus else 0.75
        )

        def one(side: int, room: int) -> Strip:
            text = (difference.a, difference.b)[side]
            about = [(plural(len(text.lines), "line", "lines"), quiet)] if text else [("not there", quiet)]
            label = sanitised(text.label) if text else ""
            name = self._names[side] if self._names and self._names[side] != label.partition(":")[0] else ""
            return rule(room, [(name, strong), (label, quiet if name else strong), *about], [], thin)

        if not self.beside:
            labels = dict.fromkeys(sanitised(text.label) for text in (difference.a, difference.b) if text is not None)
            return rule(width, [(" ↔ ".join(labels), strong)], [], thin)
        half = (width - 1) // 2
        return Strip([*one(0, half), Segment(" ", palette.text()), *one(1, width - half - 1)], width)

    def _gap(self, hidden: int, palette: Palette, width: int) -> Strip:
        words = f" {plural(hidden, 'line', 'lines')} alike "
        dots = "┄" * max(0, (width - len(words)) // 2)
        return Strip([Segment(f"{dots}{words}{dots}", palette.plain(palette.foreground, dim=0.65))]).adjust_cell_length(
            width, palette.text()
        )

    def _side(self, row: TextRow, side: int, width: int, palette: Palette, chosen: bool) -> list[Segment]:
        """One side of a row in exactly `width` cells; the numbers of the change that was gone to stand out."""
        number = row.a if side == 0 else row.b
        change = row.change
        tint = tint_of(change, palette) if number is not None else None
        ground = palette.text(None, tint)
        if number is None or self._difference is None:
            empty = palette.background.blend(palette.foreground, 0.03) if not palette.ansi else None
            return [Segment(" " * width, palette.text(None, empty))]
        text = self._difference.a if side == 0 else self._difference.b
        highlighter = self._highlighters[side]
        if text is None or highlighter is None or number > len(text.lines):
            return [Segment(" " * width, ground)]
        digits = len(str(len(text.lines)))
        mark = mark_of(change, side)
        color = color_of(change, palette)
        gutter = [
            Segment(mark, palette.plain(color, bold=True, tint=tint)),
            Segment(
                f"{number:>{digits}} ",
                palette.plain(
                    color if chosen else palette.foreground, bold=chosen, dim=0 if chosen else 0.5, tint=tint
                ),
            ),
        ]
        moved = f" {glyphs().right} {row.other} " if change is Change.MOVED and row.other is not None else ""
        room = max(0, width - 2 - digits - len(moved))
        view = shown(text.lines[number - 1])
        first, last = view.column(self._left), view.column(self._left + room) + 1
        parts = row.parts_a if side == 0 else row.parts_b
        overlays = overlays_of(parts, view.columns, change, palette)
        body = Strip(
            paint(view, highlighter.line(number - 1), first, last, palette=palette, tint=tint, overlays=overlays)
        )
        skipped = self._left - view.cell(first)
        if skipped > 0 or body.cell_length > room:
            body = body.crop(max(0, skipped), max(0, skipped) + room)
        tail = [Segment(moved, palette.plain(color, tint=tint))] if moved else []
        used = cell_len(mark) + digits + 1 + body.cell_length + len(moved)
        return [*gutter, *body, Segment(" " * max(0, width - used), ground), *tail]


def _highlighter(text: Text | None) -> Highlighter | None:
    return None if text is None else Highlighter(text.language or Language.TEXT, text.lines)
