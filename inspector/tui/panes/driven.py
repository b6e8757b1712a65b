"""Keyboard and mouse of a text view."""

from __future__ import annotations

from textual import events
from textual.timer import Timer

from inspector.model.artifact import Position
from inspector.tui.panes import motion
from inspector.tui.panes.textview import TextView

_WHEEL = 3
"""Rows a notch of the wheel."""
_SIDEWAYS = 8
"""Cells a notch of the wheel with shift."""


class DrivenView(TextView):
    """A text view that answers keys and mouse."""

    def __init__(self, heading: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(heading, id=id, classes=classes)
        self._dragging = False
        self._drag_at = (0, 0)
        self._drag_timer: Timer | None = None

    def _copied(self, text: str) -> None:
        """Hook: text went to the clipboard."""

    # --- keys -----------------------------------------------------------------------------------------------

    def action_move_cursor(self, move: str) -> None:
        """Moves the cursor and selects nothing; `keys.MOVES` lists the moves."""
        self._step(move, select=False)

    def action_extend_selection(self, move: str) -> None:
        """Moves the cursor and selects what lies between."""
        self._step(move, select=True)

    def _step(self, move: str, *, select: bool) -> None:
        if self.artifact is None:
            return
        self._whole()
        rows = {
            "up": -1,
            "down": 1,
            "page_up": 2 - self._text_height,
            "page_down": self._text_height - 2,
            "half_up": -(self._text_height // 2),
            "half_down": self._text_height // 2,
        }
        if move in rows:
            self._step_rows(rows[move] or 1, select=select)
            return
        lines, here = self._lines, self._cursor
        last = Position(len(lines), 0)
        places = {
            "left": lambda: motion.previous_character(lines, here),
            "right": lambda: motion.next_character(lines, here),
            "word_left": lambda: motion.previous_word(lines, here),
            "word_right": lambda: motion.next_word(lines, here),
            "line_start": lambda: motion.line_start(lines, here),
            "line_end": lambda: Position(here.line, len(lines[here.line - 1])),
            "top": lambda: Position(1, 0),
            "bottom": lambda: last,
        }
        self._move(places[move](), by_user=True, select=select)

    def _step_rows(self, by: int, *, select: bool) -> None:
        """Moves by rows of the screen, keeping to the column that was last chosen."""
        here, goal = self._row_of(self._cursor), self._goal
        row = self._rows.moved(here, by)
        if abs(by) > 1:  # a page: the rows move under the cursor
            self._scroll_to_row(self._rows.moved(self._top, by))
        col = self._shown_line(row.line).column(goal + (self._left(row) if self.wrap else 0))
        if self.wrap:
            first, last = self._columns_of(row)
            col = max(first, min(col, last - 1))
        self._move(Position(row.line, col), by_user=True, select=select, keep_goal=True)

    def action_select_all(self) -> None:
        """Selects the whole text."""
        self.select_all()

    def action_copy(self) -> None:
        """Copies the selection, else the whole text."""
        self.copy()

    def copy(self) -> str:
        """Sends the selection, else the whole artifact, to the clipboard (OSC 52), and returns it."""
        text = self.selected_text or (self.artifact.text if self.artifact is not None else "")
        if text:
            self.app.copy_to_clipboard(text)
            self._copied(text)
        return text

    def action_toggle_wrap(self) -> None:
        """Wraps long lines, or no longer."""
        self.wrap = not self.wrap

    def action_toggle_line_numbers(self) -> None:
        """Shows line numbers, or no longer."""
        self.line_numbers = not self.line_numbers

    # --- mouse ----------------------------------------------------------------------------------------------

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Sets the cursor; with shift, selects up to it; a drag begins."""
        place = self.position_at(event.x, event.y)
        if event.button != 1 or place is None:
            return
        event.stop()
        self._move(place, by_user=True, select=event.shift)
        self._dragging, self._drag_at = True, (event.x, event.y)
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """A drag selects; beyond the pane's edge it scrolls as well."""
        if not self._dragging:
            return
        event.stop()
        if (event.x, event.y) == self._drag_at:
            return
        self._drag_at = event.x, event.y
        outside = not 1 <= event.y <= self._text_height
        if outside and self._drag_timer is None:
            self._drag_timer = self.set_interval(0.05, self._drag)
        elif not outside and self._drag_timer is not None:
            self._drag_timer.stop()
            self._drag_timer = None
        self._drag()

    def _drag(self) -> None:
        x, y = self._drag_at
        if y < 1 or y > self._text_height:
            self._scroll_to_row(self._rows.moved(self._top, -1 if y < 1 else 1))
        place = self.position_at(x, max(1, min(y, len(self.visible_rows))))
        if place is not None and place != self._cursor:
            self._move(place, by_user=True, select=True)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """A drag ends."""
        if self._dragging:
            event.stop()
            self._dragging = False
            self.release_mouse()
            if self._drag_timer is not None:
                self._drag_timer.stop()
                self._drag_timer = None

    def on_click(self, event: events.Click) -> None:
        """Twice selects the word, three times the line."""
        place = self.position_at(event.x, event.y)
        if place is None or event.chain < 2:
            return
        event.stop()
        start, end = motion.word_at(self._lines, place) if event.chain == 2 else (0, len(self._lines[place.line - 1]))
        self.select(Position(place.line, start), Position(place.line, end))

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, 1)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, -1)

    def _on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self._sideways(event, 1)

    def _on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self._sideways(event, -1)

    def _wheel(self, event: events.MouseEvent, direction: int) -> None:
        if event.shift or event.ctrl:
            self._sideways(event, direction)
            return
        before = self._top
        self._scroll_to_row(self._rows.moved(self._top, direction * _WHEEL))
        if self._top != before:
            event.stop()

    def _sideways(self, event: events.MouseEvent, direction: int) -> None:
        before = self.scroll_x
        self.scroll_x = before + direction * _SIDEWAYS
        if self.scroll_x != before:
            event.stop()

    def _number(self, line: int) -> int:
        """The number in the gutter."""
        return line

    def _where(self) -> Position:
        """The place that the title tells."""
        return self._cursor
