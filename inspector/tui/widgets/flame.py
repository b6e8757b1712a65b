"""Where the time went, as a flame graph: each bar as wide as its share, what it called below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from inspector.model.artifact import Span
from inspector.model.flame import FlameNode
from inspector.tui.widgets.flamebars import Bar, Path, lay_out, node_at, paint_row
from inspector.tui.widgets.scrolling import RowView, set_virtual_size
from inspector.tui.widgets.themed import palette_of


class FlameGraph(RowView):
    """A flame graph with a cursor; enter makes a bar as wide as the screen, backspace goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "up", "To the caller", show=False, id="flame.up"),
        Binding("down,j", "down", "To its longest part", show=False, id="flame.down"),
        Binding("left,h", "beside(-1)", "To the bar on the left", show=False, id="flame.left"),
        Binding("right,l", "beside(1)", "To the bar on the right", show=False, id="flame.right"),
        Binding("home,g", "top", "To the whole", show=False, id="flame.top"),
        Binding("enter", "zoom", "Make this bar as wide as the screen", show=False, id="flame.zoom"),
        Binding("backspace,escape", "back", "Back to a wider view", show=False, id="flame.back"),
        Binding("o", "choose", "Open the compile id, or the text", show=False, id="flame.choose"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor came to another bar."""

        graph: FlameGraph
        nodes: tuple[FlameNode, ...]
        """From the whole to the bar itself."""

        @property
        def control(self) -> FlameGraph:
            """The graph."""
            return self.graph

    @dataclass
    class Chosen(Message):
        """A compile id's bar, or a part of one, is to be opened."""

        graph: FlameGraph
        compile_id: str

        @property
        def control(self) -> FlameGraph:
            """The graph."""
            return self.graph

    @dataclass
    class Opened(Message):
        """The text that a bar stands for is wanted."""

        graph: FlameGraph
        span: Span

        @property
        def control(self) -> FlameGraph:
            """The graph."""
            return self.graph

    @dataclass
    class TextLacking(Message):
        """The bar stands for neither."""

        graph: FlameGraph

        @property
        def control(self) -> FlameGraph:
            """The graph."""
            return self.graph

    def __init__(self, *, empty: str = "", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._empty = empty
        self._root = FlameNode("")
        self._top: Path = ()
        self._cursor: Path = ()
        self._rows: list[list[Bar]] = []

    # --- what is shown --------------------------------------------------------------------------------------

    def update_flame(self, root: FlameNode) -> None:
        """Shows a graph; cursor and zoom stay on bars of the same names."""
        if root is self._root:
            return
        names = [node.name for node in self.nodes]
        zoomed = len(self._top)
        self._root = root
        self._cursor = _find(root, names)
        self._top = self._cursor[: min(zoomed, len(self._cursor))]
        self._lay_out()

    @property
    def nodes(self) -> tuple[FlameNode, ...]:
        """The bar under the cursor, after all that called it, the whole first."""
        return tuple(node_at(self._root, self._cursor[:depth]) for depth in range(len(self._cursor) + 1))

    @property
    def compile_id(self) -> str | None:
        """The compile id that the cursor's bar is part of."""
        return next((node.compile_id for node in reversed(self.nodes) if node.compile_id is not None), None)

    def show_compile_id(self, compile_id: str) -> None:
        """Puts the cursor on the bar of a compile id, without a word; nothing happens where it has none."""
        if self.compile_id == compile_id:
            return
        path = _find_id(self._root, compile_id)
        if path is not None:
            self._cursor = path
            if self._cursor[: len(self._top)] != self._top:
                self._top = ()
                self._lay_out()
            self.refresh()

    def _lay_out(self) -> None:
        self._rows = lay_out(node_at(self._root, self._top), self._top, self._width) if self._width else []
        set_virtual_size(self, Size(0, len(self._rows)))
        self.refresh()

    def on_resize(self) -> None:
        """Bars are as wide as the screen lets them be."""
        self._lay_out()

    # --- keys and mouse -------------------------------------------------------------------------------------

    def _go(self, path: Path) -> None:
        self._cursor = path
        row, top, height = len(path) - len(self._top), self.scroll_offset.y, self.size.height
        if height and not top <= row < top + height:
            self.scroll_to(y=row if row < top else row - height + 1, animate=False, force=True)
        self.refresh()
        self.post_message(self.Moved(self, self.nodes))

    def action_up(self) -> None:
        """To what called this."""
        if len(self._cursor) > len(self._top):
            self._go(self._cursor[:-1])

    def action_down(self) -> None:
        """To the longest part."""
        if self.nodes[-1].children:
            self._go((*self._cursor, 0))

    def action_beside(self, by: int) -> None:
        """To the next bar of the same row that is wide enough to be seen."""
        row = len(self._cursor) - len(self._top)
        if not 0 <= row < len(self._rows):
            return
        paths = [bar.path for bar in self._rows[row] if bar.path is not None]
        if self._cursor in paths:
            at = paths.index(self._cursor) + by
            if 0 <= at < len(paths):
                self._go(paths[at])
        elif paths:
            self._go(paths[0])

    def action_top(self) -> None:
        """To the widest bar."""
        self._go(self._top)

    def action_zoom(self) -> None:
        """Makes the cursor's bar as wide as the screen."""
        if self._cursor != self._top:
            self._top = self._cursor
            self._lay_out()

    def action_back(self) -> None:
        """Undoes one step of that; where there is none left, the key is for the screen."""
        if not self._top:
            from textual.actions import SkipAction

            raise SkipAction
        self._top = self._top[:-1]
        self._lay_out()

    def action_choose(self) -> None:
        """Opens the compile id that this bar is part of, or its text."""
        if self.compile_id is not None:
            self.post_message(self.Chosen(self, self.compile_id))
        elif (span := self.nodes[-1].span) is not None:
            self.post_message(self.Opened(self, span))
        else:
            self.post_message(self.TextLacking(self))

    def on_click(self, event: events.Click) -> None:
        """Once moves there, twice makes it as wide as the screen."""
        row = event.y + self.scroll_offset.y
        if row < len(self._rows):
            event.stop()
            bar = next((bar for bar in self._rows[row] if bar.first <= event.x < bar.last), None)
            if bar is not None and bar.path is not None:
                self._go(bar.path)
                if event.chain == 2:
                    self.action_zoom()

    # --- drawing --------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One row of bars."""
        palette, width = palette_of(self), self._width
        row = y + self.scroll_offset.y
        if not self._root.total:
            words = f"  {self._empty}" if y == 0 else ""
            quiet = palette.plain(palette.foreground, dim=0.4)
            return Strip([Segment(words[:width], quiet)]).adjust_cell_length(width, palette.text())
        if row >= len(self._rows):
            return Strip.blank(width, palette.text())
        return paint_row(self._rows[row], width, palette, self._cursor, focus=self.has_focus)


def _find(root: FlameNode, names: list[str]) -> Path:
    """The way to the bar with these names from the whole on, as far as there are such bars."""
    path: Path = ()
    node = root
    for name in names[1:]:
        at = next((index for index, child in enumerate(node.children) if child.name == name), None)
        if at is None:
            break
        path, node = (*path, at), node.children[at]
    return path


def _find_id(root: FlameNode, compile_id: str) -> Path | None:
    """The way to the bar of a compile id, widest first."""
    level: list[tuple[Path, FlameNode]] = [((), root)]
    while level:
        for path, node in level:
            if node.compile_id == compile_id:
                return path
        level = [
            ((*path, index), child)
            for path, node in level
            if node.compile_id is None and len(path) < 2
            for index, child in enumerate(node.children)
        ]
    return None
