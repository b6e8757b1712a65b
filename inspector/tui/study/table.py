"""The tables of a page as a widget that scrolls both ways; the names stay in sight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from inspector.study.document import ReportTable
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.rule import rule
from inspector.tui.widgets.scrolling import set_virtual_size
from inspector.tui.widgets.themed import palette_of

_GAP = 2
_PINNED = 2
"""Rows at the top that stay: the title and the names of the columns of the table that is scrolled through."""
_Row = tuple[str, tuple[str, ...]]
"""What a row is, `blank`, `title`, `heads` or `cells`, and its texts."""


class StudyTable(ScrollView, can_focus=True):
    """Tables below each other; the keys move what is seen of them."""

    DEFAULT_CSS = """
    StudyTable {
        height: 1fr; width: 1fr; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable; background: $background;
    }
    """
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("home,g", "move(-1000000)", "Top", show=False),
        Binding("end,G", "move(1000000)", "Bottom", show=False),
        Binding("left,h", "sideways(-1)", "Columns before", show=False),
        Binding("right,l", "sideways(1)", "Further columns", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tables: tuple[ReportTable, ...] = ()
        self._rows: list[tuple[ReportTable, _Row]] = []
        self._first = 0
        """How many columns of numbers are out of sight at the left."""

    def update_tables(self, tables: Sequence[ReportTable]) -> None:
        """Shows these; what was scrolled stays where it was as long as the titles are the same."""
        tables = tuple(tables)
        if tables == self._tables:
            return
        if [table.title for table in tables] != [table.title for table in self._tables]:
            self._first = 0
            self.scroll_to(y=0, animate=False, force=True)
        self._tables = tables
        self._rows = []
        for number, table in enumerate(tables):
            self._rows += [(table, ("blank", ())), (table, ("title", ())), (table, ("heads", ()))] if number else []
            self._rows += [(table, ("cells", cells)) for cells in table.rows]
        set_virtual_size(self, Size(0, len(self._rows) + _PINNED))
        self.refresh()

    @property
    def tables(self) -> tuple[ReportTable, ...]:
        """What is shown."""
        return self._tables

    def action_move(self, by: int) -> None:
        """Scrolls by rows."""
        self.scroll_to(y=max(0, min(self.scroll_offset.y + by, self.max_scroll_y)), animate=False, force=True)
        self.refresh()

    def action_page(self, by: int) -> None:
        """Scrolls by screenfuls."""
        self.action_move(by * max(1, self.size.height - 2))

    def action_sideways(self, by: int) -> None:
        """Scrolls by columns, as long as there are some out of sight."""
        if by > 0 and not any(self._hidden(table) for table in self._tables):
            return
        most = max((len(table.columns) - table.names - 1 for table in self._tables), default=0)
        self._first = max(0, min(self._first + by, most))
        self.refresh()

    def _hidden(self, table: ReportTable) -> bool:
        """Whether columns are out of sight at the right."""
        shown, _ = self._fitting(table)
        return shown[-1] < len(table.columns) - 1 if shown else False

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _fitting(self, table: ReportTable) -> tuple[list[int], list[int]]:
        """The columns in sight, and the width of every column."""
        rows = [table.columns, *table.rows]
        widths = [max(cell_len(_shown(row[number])) for row in rows) for number in range(len(table.columns))]
        order = [*range(table.names), *range(table.names + self._first, len(table.columns))]
        shown: list[int] = []
        used = 1
        for number in order:
            if shown and used + widths[number] > self._width:
                break
            shown.append(number)
            used += widths[number] + _GAP
        return shown, widths

    # --- drawing --------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """What is pinned at the top, then what is scrolled."""
        palette, width = palette_of(self), self._width
        top = self.scroll_offset.y
        cells: tuple[str, ...] = ()
        if y < _PINNED and top < len(self._rows):
            table, kind = self._rows[top][0], ("title", "heads")[y]
        elif y >= _PINNED and top + y - _PINNED < len(self._rows):
            table, (kind, cells) = self._rows[top + y - _PINNED]
        else:
            return Strip.blank(width, palette.text())
        if kind == "title":
            return self._title(table, palette, width)
        if kind == "blank":
            return Strip.blank(width, palette.text())
        heads = kind == "heads"
        row = self._row(table, table.columns if heads else cells, palette, heads=heads)
        return row.adjust_cell_length(width, palette.text())

    def _title(self, table: ReportTable, palette: Palette, width: int) -> Strip:
        lead = palette.accent if self.has_focus else palette.foreground
        line = palette.plain(lead, dim=0.4 if self.has_focus else 0.75)
        sides = [glyphs().left] if self._first else []
        sides += [glyphs().right] if self._hidden(table) else []
        more = [(f"{' '.join(sides)} more columns", palette.plain(palette.accent))] if sides else []
        return rule(width, [(sanitised(table.title), palette.plain(lead, bold=True))], more, line)

    def _row(self, table: ReportTable, cells: tuple[str, ...], palette: Palette, *, heads: bool) -> Strip:
        shown, widths = self._fitting(table)
        quiet, plain = palette.plain(palette.foreground, dim=0.5), palette.text()
        name = palette.plain(palette.primary, bold=True)
        segments = [Segment(" ", plain)]
        for number in shown:
            text = _shown(cells[number])
            space = " " * (widths[number] - cell_len(text))
            is_name = number < table.names
            style = quiet if heads else name if is_name else plain
            segments += [Segment(text + space if is_name else space + text, style), Segment(" " * _GAP, plain)]
        return Strip(segments)


def _shown(cell: str) -> str:
    return sanitised(cell.replace("\n", " "))
