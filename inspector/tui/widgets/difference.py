"""Two texts side by side, aligned, with what differs lit; drawn a row at a time."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from inspector.highlight import Highlighter
from inspector.model.artifact import Language
from inspector.model.difference import Change, Columns, Row, Text, TextDifference
from inspector.tui.panes.painter import Overlay, paint
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import shown
from inspector.tui.widgets.diffrows import Line, lay_out
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.rule import rule
from inspector.tui.widgets.scrolling import set_virtual_size
from inspector.tui.widgets.themed import palette_of
from inspector.tui.words import plural

_BESIDE = 100
"""Columns from which on the texts stand side by side."""
_SIDEWAYS = 8


class DifferenceView(ScrollView, can_focus=True):
    """Two columns under a title each; one column where there is no room for two."""

    DEFAULT_CSS = """
    DifferenceView {
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        background: $background;
    }
    """
    ALLOW_SELECT = False
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
        Binding("N,p", "change(-1)", "Previous change", show=False, id="difference.previous"),
        Binding("space", "everything", "Everything, or only what changed", show=False, id="difference.everything"),
        Binding("u", "beside", "Side by side, or below each other", show=False, id="difference.beside"),
    ]

    class Moved(Message):
        """Another part of the difference is on screen."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._difference: TextDifference | None = None
        self._lines: list[Line] = []
        self._highlighters: tuple[Highlighter | None, Highlighter | None] = (None, None)
        self._left = 0
        self._everything: bool | None = None
        self._beside: bool | None = None

    # --- what is shown --------------------------------------------------------------------------------------

    def show(self, difference: TextDifference) -> None:
        """Shows a difference from its first change on."""
        if difference is self._difference:
            return
        self._difference = difference
        self._highlighters = (_highlighter(difference.a), _highlighter(difference.b))
        self._left = 0
        self._lay_out()
        self.scroll_to(y=0, animate=False, force=True)

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
        begins = [number for number, line in enumerate(self._lines) if line.begins]
        if not begins:
            return "no change"
        at = sum(1 for number in begins if number <= self.scroll_offset.y + self._height // 2)
        return f"change {max(1, at)} of {len(begins)}"

    def _lay_out(self) -> None:
        rows = self._difference.rows if self._difference is not None else ()
        self._lines = lay_out(rows, beside=self.beside, everything=self.everything)
        set_virtual_size(self, Size(0, len(self._lines) + 1))
        self.refresh()
        self.post_message(self.Moved())

    @property
    def _height(self) -> int:
        return max(1, self.size.height - 1)

    @property
    def _width(self) -> int:
        """Cells beside the scrollbar."""
        return self.scrollable_content_region.width

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
        """Scrolls to the next or the previous change."""
        here = self.scroll_offset.y + self._height // 3
        begins = [number for number, line in enumerate(self._lines) if line.begins]
        ahead = [number for number in begins if (number > here if by > 0 else number < here)]
        if ahead:
            self.action_move((ahead[0] if by > 0 else ahead[-1]) - self._height // 3 - self.scroll_offset.y)

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
        if self.beside:
            half = (width - 1) // 2
            middle = Segment("│" if not glyphs().ascii else "|", palette.plain(palette.foreground, dim=0.75))
            left = self._side(line.row, 0, half, palette)
            right = self._side(line.row, 1, width - half - 1, palette)
            return Strip([*left, middle, *right], width)
        return Strip(self._side(line.row, 0 if line.left else 1, width, palette), width)

    def _titles(self, difference: TextDifference, palette: Palette, width: int) -> Strip:
        strong = palette.plain(palette.accent if self.has_focus else palette.foreground, bold=True)
        quiet = palette.plain(palette.foreground, dim=0.5)
        thin = palette.plain(
            palette.accent if self.has_focus else palette.foreground, dim=0.4 if self.has_focus else 0.75
        )

        def one(text: Text | None, room: int) -> Strip:
            words = (
                [(text.label, strong), (plural(len(text.lines), "line", "lines"), quiet)]
                if text
                else [("not there", quiet)]
            )
            return rule(room, words, [], thin)

        if not self.beside:
            names = " ↔ ".join(text.label for text in (difference.a, difference.b) if text is not None)
            return rule(width, [(names, strong)], [], thin)
        half = (width - 1) // 2
        return Strip(
            [*one(difference.a, half), Segment(" ", palette.text()), *one(difference.b, width - half - 1)], width
        )

    def _gap(self, hidden: int, palette: Palette, width: int) -> Strip:
        words = f" {plural(hidden, 'line', 'lines')} alike "
        dots = ("┄" if not glyphs().ascii else "-") * max(0, (width - len(words)) // 2)
        return Strip([Segment(f"{dots}{words}{dots}", palette.plain(palette.foreground, dim=0.65))]).adjust_cell_length(
            width, palette.text()
        )

    def _side(self, row: Row, side: int, width: int, palette: Palette) -> list[Segment]:
        """One side of a row in exactly `width` cells."""
        number = row.a if side == 0 else row.b
        change = row.change
        tint = _tint(change, palette) if number is not None else None
        ground = palette.text(None, tint)
        if number is None or self._difference is None:
            empty = palette.background.blend(palette.foreground, 0.03) if not palette.ansi else None
            return [Segment(" " * width, palette.text(None, empty))]
        text = self._difference.a if side == 0 else self._difference.b
        highlighter = self._highlighters[side]
        if text is None or highlighter is None or number > len(text.lines):
            return [Segment(" " * width, ground)]
        digits = len(str(len(text.lines)))
        mark = _mark(change, side)
        color = _color(change, palette)
        gutter = [
            Segment(mark, palette.plain(color, bold=True, tint=tint)),
            Segment(f"{number:>{digits}} ", palette.plain(palette.foreground, dim=0.5, tint=tint)),
        ]
        moved = f" {glyphs().right} {row.other} " if change is Change.MOVED and row.other is not None else ""
        room = max(0, width - 2 - digits - len(moved))
        view = shown(text.lines[number - 1])
        first, last = view.column(self._left), view.column(self._left + room) + 1
        parts = row.parts_a if side == 0 else row.parts_b
        overlays = _overlays(parts, view.columns, change, palette)
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


_MARKS = {Change.CHANGED: ("~", "~"), Change.REMOVED: ("-", "-"), Change.ADDED: ("+", "+")}


def _mark(change: Change, side: int) -> str:
    if change is Change.MOVED:
        return "↕" if not glyphs().ascii else "^"
    return _MARKS.get(change, (" ", " "))[side]


def _color(change: Change, palette: Palette) -> Color:
    colors = {
        Change.CHANGED: palette.warning,
        Change.REMOVED: palette.error,
        Change.ADDED: palette.success,
        Change.MOVED: palette.primary,
        Change.RENAMED: palette.primary,
    }
    return colors.get(change, palette.foreground)


def _tint(change: Change, palette: Palette) -> Color | None:
    """The background of a row that is not alike."""
    if palette.ansi or change.alike:
        return None
    return palette.background.blend(_color(change, palette), 0.14)


def _overlays(parts: Columns, columns: int, change: Change, palette: Palette) -> list[Overlay]:
    """What differs within a line; of a renamed one that is the names, which matter less."""
    if palette.ansi:
        style = Style(underline=True, bold=not change.alike)
    else:
        share = 0.16 if change.alike else 0.38
        style = Style(bgcolor=palette.background.blend(_color(change, palette), share).rich_color)
    return [Overlay(start, min(end, columns), style) for start, end in parts if start < columns]
