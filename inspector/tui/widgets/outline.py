"""Rows with columns that may hold rows below them: a tree and a table in one, drawn a row at a time.

Whoever fills it sorts and filters; the outline folds, moves its cursor, and says which row was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from inspector.say.doc import Column, Item
from inspector.tui.widgets.cells import fit, header_row, item_row
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.scrolling import RowView, set_virtual_size
from inspector.tui.widgets.themed import palette_of


class Outline(RowView):
    """Folding rows under a row of titles."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="outline.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="outline.down"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="outline.page_up"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False, id="outline.page_down"),
        Binding("home,g", "move(-100000000)", "Top", show=False, id="outline.top"),
        Binding("end,G", "move(100000000)", "Bottom", show=False, id="outline.bottom"),
        Binding("left,h", "fold", "Fold, or go to the row above it", show=False, id="outline.fold"),
        Binding("right,l", "unfold", "Unfold, or go to the first row below", show=False, id="outline.unfold"),
        Binding("J", "fold_all", "Fold or unfold everything", show=False, id="outline.fold_all"),
        Binding("enter,o", "choose", "Open", show=False, id="outline.choose"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor came to another row."""

        outline: Outline
        item: Item

        @property
        def control(self) -> Outline:
            """The outline."""
            return self.outline

    @dataclass
    class Chosen(Message):
        """A row was chosen: enter, or a double click."""

        outline: Outline
        item: Item

        @property
        def control(self) -> Outline:
            """The outline."""
            return self.outline

    @dataclass
    class TitleClicked(Message):
        """A column's title was clicked."""

        outline: Outline
        column: str

        @property
        def control(self) -> Outline:
            """The outline."""
            return self.outline

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._empty = empty
        self._columns: tuple[Column, ...] = ()
        self._items: tuple[Item, ...] = ()
        self._sorted = ""
        self._needle = ""
        self._folded: set[str] = set()
        self._visible: list[int] = []
        self._cursor = 0

    # --- what is shown --------------------------------------------------------------------------------------

    def update_items(
        self,
        columns: Sequence[Column],
        items: Sequence[Item],
        *,
        sorted_by: str = "",
        needle: str = "",
        empty: str = "",
    ) -> None:
        """Shows these rows; the cursor stays on the row with the same key, and what was folded stays folded.

        Args:
            columns: the first one holds the tree.
            items: each followed by what lies below it, one deeper.
            sorted_by: title of the column to mark.
            needle: words to light up where they stand in a row.
            empty: what to say where there are no rows; as before when empty.
        """
        columns, items = tuple(columns), tuple(items)
        if empty and empty != self._empty:
            self._empty = empty
            self.refresh()
        if (columns, items, sorted_by, needle) == (self._columns, self._items, self._sorted, self._needle):
            return
        before = self.current
        self._columns, self._items = columns, items
        self._sorted, self._needle = sorted_by, needle
        self._lay_out(before.key if before is not None else None)
        if (now := self.current) is not None and now != before:
            self.post_message(self.Moved(self, now))

    @property
    def current(self) -> Item | None:
        """The row under the cursor; None where there is none."""
        return self._items[self._visible[self._cursor]] if self._cursor < len(self._visible) else None

    @property
    def items(self) -> tuple[Item, ...]:
        """Every row, also those folded away."""
        return self._items

    def below(self, item: Item) -> tuple[Item, ...]:
        """Every row that lies below one, at any depth, folded away or not."""
        begin = next((number for number, each in enumerate(self._items) if each is item), len(self._items)) + 1
        end = begin
        while end < len(self._items) and self._items[end].depth > item.depth:
            end += 1
        return self._items[begin:end]

    def go(self, key: str) -> bool:
        """Moves to the row with this key, unfolding what it lies in; says whether there is one."""
        index = next((number for number, item in enumerate(self._items) if item.key == key), None)
        if index is None:
            return False
        depth = self._items[index].depth
        for above in range(index - 1, -1, -1):
            if self._items[above].depth < depth:
                depth = self._items[above].depth
                self._folded.discard(self._items[above].key)
        self._lay_out(key)
        self._come_into_sight()
        self._tell()
        return True

    def fold(self, keys: Sequence[str]) -> None:
        """Folds these rows."""
        self._folded.update(keys)
        self._lay_out(self.current.key if self.current is not None else None)

    def _has_below(self, index: int) -> bool:
        return index + 1 < len(self._items) and self._items[index + 1].depth > self._items[index].depth

    def _lay_out(self, key: str | None) -> None:
        """Works out which rows can be seen, and puts the cursor on the one with this key."""
        self._visible = []
        hidden: int | None = None
        for index, item in enumerate(self._items):
            if hidden is not None and item.depth > hidden:
                continue
            hidden = item.depth if item.key in self._folded else None
            self._visible.append(index)
        if key is not None:
            place = next((at for at, index in enumerate(self._visible) if self._items[index].key == key), None)
            self._cursor = self._cursor if place is None else place
        self._cursor = max(0, min(self._cursor, len(self._visible) - 1))
        set_virtual_size(self, Size(0, len(self._visible) + 1))
        self.refresh()

    # --- keys and mouse -------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Moves the cursor by rows."""
        before, self._cursor = self._cursor, max(0, min(self._cursor + by, len(self._visible) - 1))
        self._come_into_sight()
        for row in (before, self._cursor):
            self.refresh(Region(0, row + 1 - self.scroll_offset.y, self._width, 1))
        if before != self._cursor:
            self._tell()

    def _tell(self) -> None:
        if (now := self.current) is not None:
            self.post_message(self.Moved(self, now))

    def _come_into_sight(self) -> None:
        top, height = self.scroll_offset.y, self.size.height - 1
        if height > 0 and not top <= self._cursor < top + height:
            y = self._cursor if self._cursor < top else self._cursor - height + 1
            self.scroll_to(y=y, animate=False, force=True)

    def action_page(self, by: int) -> None:
        """Moves the cursor by screenfuls."""
        self.action_move(by * max(1, self.size.height - 2))

    def action_fold(self) -> None:
        """Folds this row; one that is folded, or holds nothing, leads to the row it lies in."""
        if (item := self.current) is None:
            return
        index = self._visible[self._cursor]
        if self._has_below(index) and item.key not in self._folded:
            self._folded.add(item.key)
            self._lay_out(item.key)
            return
        for place in range(self._cursor - 1, -1, -1):
            if self._items[self._visible[place]].depth < item.depth:
                self.action_move(place - self._cursor)
                return

    def action_unfold(self) -> None:
        """Unfolds this row; one that is open leads to the first row in it."""
        if (item := self.current) is None:
            return
        if item.key in self._folded:
            self._folded.discard(item.key)
            self._lay_out(item.key)
        elif self._has_below(self._visible[self._cursor]):
            self.action_move(1)

    def action_fold_all(self) -> None:
        """Folds every row that holds others; again, unfolds them all."""
        holders = {item.key for index, item in enumerate(self._items) if self._has_below(index)}
        key = self.current.key if self.current is not None else None
        self._folded = set() if holders & self._folded else holders
        self._lay_out(key)
        self._come_into_sight()

    def action_choose(self) -> None:
        """Opens the row, or folds what only holds others."""
        if (item := self.current) is None:
            return
        if item.opens:
            self.post_message(self.Chosen(self, item))
        elif item.key in self._folded:
            self.action_unfold()
        elif self._has_below(self._visible[self._cursor]):
            self.action_fold()

    def on_click(self, event: events.Click) -> None:
        """Once moves there, or folds at its mark; twice opens. A title asks to be sorted by."""
        event.stop()
        if event.y == 0:
            self._click_title(event.x)
            return
        row = event.y - 1 + self.scroll_offset.y
        if row >= len(self._visible):
            return
        self.action_move(row - self._cursor)
        item, index = self._items[self._visible[row]], self._visible[row]
        at_mark = 2 * item.depth <= event.x <= 2 * item.depth + 2 and self._has_below(index)
        if at_mark:
            (self._folded.discard if item.key in self._folded else self._folded.add)(item.key)
            self._lay_out(item.key)
        elif event.chain == 2:
            self.action_choose()

    def _click_title(self, x: int) -> None:
        at = 1
        for column, width in fit(self._columns, self._width):
            if at <= x < at + width + 2:
                self.post_message(self.TitleClicked(self, column.title))
                return
            at += width + 2

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self._come_into_sight()
        self.refresh()

    # --- drawing --------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """The titles, a row, or what to say where there are none."""
        palette, width = palette_of(self), self._width
        if y == 0:
            return header_row(self._columns, width, palette, self._sorted)
        at = y - 1 + self.scroll_offset.y
        if at >= len(self._visible):
            words = f"  {self._empty}" if y == 1 and not self._visible else ""
            quiet = palette.plain(palette.foreground, dim=0.4)
            return Strip([Segment(words[:width], quiet)]).adjust_cell_length(width, palette.text())
        index = self._visible[at]
        item = self._items[index]
        folded = None if not self._has_below(index) else item.key in self._folded
        on_cursor = at == self._cursor
        tint = None
        if on_cursor and not palette.ansi:
            share = 0.22 if self.has_focus else 0.08
            tint = palette.background.blend(palette.primary if self.has_focus else palette.foreground, share)
        strip = item_row(item, self._columns, width, palette, tint=tint, folded=folded, needle=self._needle)
        if on_cursor and palette.ansi:
            laid = Style(reverse=True) if self.has_focus else Style(underline=True)
            bars = set(glyphs().bar.strip())  # laid the other way round, a full one would look empty
            parts = ((text, style or Style()) for text, style, _ in strip)
            segments = [Segment(text, style if bars >= set(text) else style + laid) for text, style in parts]
            return Strip(segments, width)
        return strip
