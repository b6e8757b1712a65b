"""A long text with a cursor, of which only the rows that are looked at are ever measured.

The half of a code pane that knows where things are; `code` draws them and answers keys and mouse.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath

from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from inspector.highlight import Highlighter
from inspector.model.artifact import Artifact, Language, Position
from inspector.tui.panes import motion
from inspector.tui.panes.lines import Lines
from inspector.tui.panes.rows import PaneRow, RowWalk
from inspector.tui.panes.text import Folds, ShownLine, folds, shown
from inspector.tui.widgets.scrolling import set_virtual_size
from inspector.tui.widgets.state import StageState

_NOTHING = Lines("")
_KEPT_LINES = 4096
_HEAD = 1 << 20
"""Characters of a long text that the first paint looks at; the rest is counted right after it."""
_HANGING = 4
"""Cells kept right of columns that a pane scrolls sideways to."""
_MARGIN = 2
"""Rows kept between the cursor and the pane's edge."""


@dataclass(frozen=True)
class _View:
    """How an artifact was being looked at, to come back to."""

    cursor: Position
    top: PaneRow


def facts(artifact: Artifact) -> str:
    """What a title says of an artifact besides its stage: the kernel or the file."""
    return artifact.kernel or (PurePath(artifact.path).name if artifact.path else "")


class TextView(ScrollView):
    """One artifact, a cursor, a selection and a scroll position."""

    wrap: reactive[bool] = reactive(False, init=False)
    """Whether long lines go on in the next row."""
    line_numbers: reactive[bool] = reactive(True, init=False)

    def __init__(self, heading: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.heading = heading
        self.state = StageState.WAITING
        self.detail = ""
        self._artifact: Artifact | None = None
        self._lines = _NOTHING
        self._highlighter = Highlighter(Language.TEXT, self._lines)
        self._cursor = Position(1, 0)
        self._anchor: Position | None = None
        self._goal = 0
        self._part = 0
        self._late: PaneRow | None = None
        self._shown: dict[int, ShownLine] = {}
        self._folds: dict[int, Folds] = {}
        """Of wrapped lines, made as they are looked at."""
        self._views: dict[str, _View] = {}
        self._rows = RowWalk(1)

    # --- what is shown --------------------------------------------------------------------------------------

    @property
    def artifact(self) -> Artifact | None:
        """What is shown; None before there is anything."""
        return self._artifact

    def show(
        self,
        artifact: Artifact,
        *,
        heading: str | None = None,
        state: StageState = StageState.DONE,
        detail: str = "",
    ) -> None:
        """Shows an artifact.

        An artifact that was shown before comes back at the place it was left; one that is new begins at its
        focus line. The same artifact with more text keeps cursor, marks and scroll position.

        Args:
            artifact: what to show.
            heading: the title's first words; the stage's own when None.
            state: where its stage stands.
            detail: the title's further words (a kernel, a file); the artifact's own when empty.
        """
        self.heading = artifact.stage.heading if heading is None else heading
        self.detail = detail or facts(artifact)
        self.state = state
        if artifact is self._artifact:
            self.refresh()
            return
        same = self._artifact is not None and self._artifact.id == artifact.id
        self._leave()
        self._artifact = artifact
        view = self._views.get(artifact.id)
        begin = view.cursor if view else Position(artifact.focus, 0)
        self._lines = Lines(artifact.text, _HEAD)
        if not self._lines.complete:
            if begin.line > len(self._lines) // 2:
                self._lines = Lines(artifact.text)
            else:
                self.set_timer(0.05, self._whole)  # by then it is painted; call_after_refresh comes too early
        self._highlighter = Highlighter(artifact.language, self._lines)
        self._shown.clear()
        if not same:
            self._anchor = None
        self._replaced(same)
        self._cursor = motion.clamped(self._lines, begin)
        self._laid_out()
        self._goal = self._x(self._cursor)
        if view is not None:
            self._scroll_to_row(view.top)
        else:
            self._scroll_to_row(PaneRow(max(1, self._cursor.line - _MARGIN), 0))
            self.scroll_x = 0

    def _whole(self) -> None:
        """Goes on from a long text's head, which was enough for the first paint, to all of it."""
        if self._artifact is not None and not self._lines.complete:
            self._lines = Lines(self._artifact.text)
            self._highlighter = Highlighter(self._artifact.language, self._lines)
            self._laid_out()

    def show_state(self, heading: str, state: StageState, message: str = "") -> None:
        """Shows that there is nothing yet, and why: `waiting for Dynamo…`, a failure's reason."""
        self._leave()
        self.heading, self.detail = heading, message
        self._artifact, self._lines = None, _NOTHING
        self._highlighter = Highlighter(Language.TEXT, self._lines)
        self._cursor, self._anchor = Position(1, 0), None
        self._shown.clear()
        self.state = state
        self._replaced(False)
        self._laid_out()
        self._scroll_to_row(PaneRow(1, 0))

    def _leave(self) -> None:
        if self._artifact is not None:
            self._views[self._artifact.id] = _View(self._cursor, self._top)

    def _replaced(self, same: bool) -> None:
        """Hook: another text is shown; `same` when it is a newer text of the same artifact."""

    def _moved(self, position: Position, by_user: bool) -> None:
        """Hook: the cursor came to another place."""

    def _touched(self, lines: Collection[int]) -> None:
        """Hook: these lines look different now."""

    # --- cursor and scrolling -------------------------------------------------------------------------------

    @property
    def cursor(self) -> Position:
        """Where the cursor stands."""
        return self._cursor

    def goto(self, line: int, col: int = 0, *, by_user: bool = False) -> None:
        """Moves the cursor, to the nearest place that exists, and scrolls to it."""
        self._move(Position(line, col), by_user=by_user)

    def reveal(self, line: int, last: int | None = None) -> None:
        """Scrolls so that lines `line` to `last` can be seen, as far as they fit, and leaves the cursor alone."""
        self._whole()
        first = max(1, min(line, len(self._lines)))
        last = max(first, min(last or first, len(self._lines)))
        visible, height = {row.line for row in self.visible_rows}, max(0, self._text_height)
        needed = 1 if last - first >= height else sum(map(self._rows.parts, range(first, last + 1)))
        if first in visible and (last in visible or needed > height):
            return
        # What fits stands whole, a third of the room above it where there is so much.
        above = height // 3 if last == first else min(height // 3, max(0, height - needed))
        self._scroll_to_row(self._rows.moved(PaneRow(first, 0), -above))

    def reveal_columns(self, line: int, start: int, end: int) -> None:
        """Scrolls sideways so that columns of a line can be seen, the first of them at least."""
        if self.wrap:
            return
        begin, stop = self._cell(Position(line, start)), self._cell(Position(line, end))
        left, width = self.scroll_offset.x, self._text_width
        if not (left <= begin and stop <= left + width):
            self.scroll_x = max(0, min(begin, stop - width + _HANGING))

    def _move(self, to: Position, *, by_user: bool, select: bool = False, keep_goal: bool = False) -> None:
        self._whole()
        before, to = self._cursor, motion.clamped(self._lines, to)
        ends = {before.line, to.line} | ({self._anchor.line} if self._anchor is not None else set())
        touched = range(min(ends), max(ends) + 1) if select or self._anchor is not None else ends
        if not select:
            self._anchor = None
        elif self._anchor is None:
            self._anchor = before
        self._cursor = to
        if not keep_goal:
            self._goal = self._x(to)
        self._touched(touched)
        self._follow_cursor()
        if to != before:
            self._moved(to, by_user)

    def _follow_cursor(self) -> None:
        height = self._text_height
        if height <= 0:
            self._scroll_to_row(PaneRow(max(1, self._cursor.line - _MARGIN), 0))
            return
        row = self._row_of(self._cursor)
        margin = min(_MARGIN, (height - 1) // 2)
        lowest = self._rows.moved(row, -margin)
        highest = self._rows.moved(row, margin - height + 1)
        top = self._top
        if not highest <= top <= lowest:
            near = lowest if top > lowest else highest
            page = self._rows.moved(near, height if top < near else -height)
            within = page >= top if top > near else page <= top
            self._scroll_to_row(near if within else self._rows.moved(row, -(height // 3)))
        if not self.wrap:
            cell, left, width = self._cell(self._cursor), self.scroll_offset.x, self._text_width
            if not left <= cell < left + width:
                self.scroll_x = max(0, cell - 8 if cell < left else cell - width + 8)

    def _scroll_to_row(self, row: PaneRow) -> None:
        if self._text_height <= 0:  # hidden, or not laid out yet
            self._late = row
            return
        self._late = None
        row = max(PaneRow(1, 0), min(row, self._rows.last_top(self._text_height)))
        if row.line - 1 == round(self.scroll_y):
            if row.part != self._part:
                self._part = row.part
                self.refresh()
            return
        self.scroll_to(y=row.line - 1, animate=False, force=True)
        self._part = row.part

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A scrollbar knows lines only."""
        if round(old_value) != round(new_value):
            self._part = 0
        super().watch_scroll_y(old_value, new_value)

    @property
    def max_scroll_y(self) -> int:
        """The top line, from 0, of the last screenful."""
        return self._rows.last_top(self._text_height).line - 1 if self._text_height > 0 else 0

    @property
    def max_scroll_x(self) -> int:
        """As far as the widest visible line needs: no line that is not looked at is measured."""
        if self.wrap:
            return 0
        lines = {row.line for row in self.visible_rows} | {self._cursor.line}
        return max(0, max(map(self._line_width, lines)) + 1 - self._text_width)

    # --- geometry -------------------------------------------------------------------------------------------

    @property
    def visible_rows(self) -> list[PaneRow]:
        """What each row of the screen below the title shows."""
        return self._rows.from_top(self._top, max(0, self._text_height))

    @property
    def _top(self) -> PaneRow:
        return PaneRow(min(round(self.scroll_y) + 1, len(self._lines)), self._part)

    @property
    def _text_height(self) -> int:
        return self.size.height - 1

    @property
    def gutter_width(self) -> int:
        """Cells left of the text: the mark and, when shown, the line number and what a line costs."""
        return 2 + (len(str(self._highest)) + 1 if self.line_numbers else 0) + self.cost_width

    @property
    def cost_width(self) -> int:
        """Cells for what a line costs; 0 where that is not shown."""
        return 0

    @property
    def _highest(self) -> int:
        """The highest number in the gutter."""
        return self._lines.estimate

    @property
    def _text_width(self) -> int:
        return max(1, self.size.width - self.gutter_width)

    def _laid_out(self) -> None:
        """The text, the pane's width or the wrapping changed."""
        self._folds.clear()
        self._rows = RowWalk(len(self._lines), (lambda line: len(self._folds_of(line).starts)) if self.wrap else None)
        self._part = min(self._part, self._rows.parts(self._top.line) - 1)
        set_virtual_size(self, Size(0, len(self._lines) + 1 if self._artifact is not None else 0))
        self.refresh()

    def _shown_line(self, line: int) -> ShownLine:
        known = self._shown.get(line)
        if known is None:
            if len(self._shown) >= _KEPT_LINES:
                self._shown.clear()
            known = self._shown[line] = shown(self._lines[line - 1])
        return known

    def _line_width(self, line: int) -> int:
        return self._shown_line(line).width

    def _cell(self, position: Position) -> int:
        return self._shown_line(position.line).cell(position.col)

    def _folds_of(self, line: int) -> Folds:
        known = self._folds.get(line)
        if known is None:
            if len(self._folds) >= _KEPT_LINES:
                self._folds.clear()
            # One cell stays free for the cursor after the last character, and for half of a wide one.
            known = self._folds[line] = folds(self._shown_line(line), max(1, self._text_width - 1))
        return known

    def _row_of(self, position: Position) -> PaneRow:
        starts = self._folds_of(position.line).starts if self.wrap else (0,)
        return PaneRow(position.line, max(0, bisect_right(starts, position.col) - 1))

    def _left(self, row: PaneRow) -> int:
        """The cell of the line that a row's leftmost cell shows; below 0 where a wrapped row hangs."""
        if not self.wrap:
            return round(self.scroll_x)
        found = self._folds_of(row.line)
        return self._shown_line(row.line).cell(found.starts[row.part]) - (found.hang if row.part else 0)

    def _x(self, position: Position) -> int:
        """The cell of a place: in its line, or in its row where lines are wrapped."""
        return self._cell(position) - (self._left(self._row_of(position)) if self.wrap else 0)

    def _columns_of(self, row: PaneRow) -> tuple[int, int]:
        """First stored column and exclusive end of what a row shows."""
        view = self._shown_line(row.line)
        if self.wrap:
            starts = (*self._folds_of(row.line).starts, view.columns + 1)
            return starts[row.part], starts[row.part + 1]
        left = round(self.scroll_x)
        return view.column(left), view.column(left + self._text_width) + 1

    def position_at(self, x: int, y: int) -> Position | None:
        """The place in the text under a cell of the pane; None on the title or below the text."""
        rows = self.visible_rows
        if not 1 <= y <= len(rows) or self._artifact is None:
            return None
        row, view = rows[y - 1], self._shown_line(rows[y - 1].line)
        first, last = self._columns_of(row)
        col = view.column(self._left(row) + max(0, x - self.gutter_width))
        return Position(row.line, max(first, min(col, last - 1)) if self.wrap else col)

    # --- selection ------------------------------------------------------------------------------------------

    @property
    def selection(self) -> tuple[Position, Position] | None:
        """Beginning and exclusive end of what is selected; None for nothing."""
        if self._anchor is None or self._anchor == self._cursor:
            return None
        return min(self._anchor, self._cursor), max(self._anchor, self._cursor)

    @property
    def selected_text(self) -> str:
        """What is selected, as stored; empty for nothing."""
        return motion.text_between(self._lines, *self.selection) if self.selection is not None else ""

    def select(self, start: Position, end: Position) -> None:
        """Selects from one place to another; the cursor comes to the end."""
        self._move(start, by_user=False)
        self._move(end, by_user=False, select=True)

    def select_all(self) -> None:
        """Selects the whole text and leaves the scroll position alone."""
        self._whole()
        self._anchor, self._cursor = Position(1, 0), Position(len(self._lines), len(self._lines[-1]))
        self.refresh()

    def clear_selection(self) -> None:
        """Selects nothing."""
        if self._anchor is not None:
            self._anchor = None
            self.refresh()
