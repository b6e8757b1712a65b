"""A pane that shows one artifact: it draws the rows that are looked at, and says where its cursor went."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.color import Color
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from inspector.highlight import Token
from inspector.model.artifact import Position
from inspector.model.text_difference import Change
from inspector.say.findings import SIGNS
from inspector.tui.panes import keys
from inspector.tui.panes.costs import Costed, cost_cells
from inspector.tui.panes.driven import DrivenView
from inspector.tui.panes.find import FindStatus, Matches, find
from inspector.tui.panes.marks import Mark, NoteMark, Strength
from inspector.tui.panes.painter import Overlay, paint, selected_columns
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.rows import PaneRow
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.rule import Part, rule
from inspector.tui.widgets.state import StageState
from inspector.tui.widgets.themed import palette_of


class CodePane(Costed, DrivenView, can_focus=True):
    """Shows one artifact; knows nothing of other panes.

    Everything is drawn a row at a time: opening, moving and lighting up cost what is on the screen, whatever
    the length of the text. The first row is the title.
    """

    DEFAULT_CSS = """
    CodePane {
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        padding-right: 1; background: $background;
    }
    """
    ALLOW_SELECT = False  # the pane's own selection follows its cursor; Textual's would lie over it
    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS

    @dataclass
    class CursorMoved(Message):
        """The cursor came to another place."""

        pane: CodePane
        position: Position
        by_user: bool
        """False when the program moved it: not to be answered by moving other panes."""

        @property
        def control(self) -> CodePane:
            """The pane."""
            return self.pane

    @dataclass
    class Copied(Message):
        """Text went to the clipboard."""

        pane: CodePane
        text: str

        @property
        def control(self) -> CodePane:
            """The pane."""
            return self.pane

    @dataclass
    class Found(Message):
        """A search, or a step in it, was made."""

        pane: CodePane
        status: FindStatus

        @property
        def control(self) -> CodePane:
            """The pane."""
            return self.pane

    def __init__(self, heading: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(heading, id=id, classes=classes)
        self._marks: Mapping[int, Mark] = {}
        self._note_marks: Mapping[int, NoteMark] = {}
        self._changes: Mapping[int, Change] = {}
        self._matches = Matches()
        self._find_origin: Position | None = None
        self._find_options: tuple[bool, bool | None] = (False, None)
        self._pulse: Timer | None = None
        self._beat = 0

    # --- marks ----------------------------------------------------------------------------------------------

    def mark(self, marks: Mapping[int, Mark]) -> None:
        """Lights up lines: 1-based line → mark. Replaces all earlier marks; repaints what is seen and changed."""
        before, self._marks = self._marks, marks
        self._touched([line for line in {row.line for row in self.visible_rows} if before.get(line) != marks.get(line)])

    def mark_notes(self, marks: Mapping[int, NoteMark]) -> None:
        """Marks lines that notes show at: 1-based line → mark. Replaces all earlier ones."""
        before, self._note_marks = self._note_marks, marks
        if before != marks:
            self._touched([row.line for row in self.visible_rows if before.get(row.line) != marks.get(row.line)])

    def mark_changes(self, changes: Mapping[int, Change]) -> None:
        """Marks lines by what became of them since the version before: 1-based line → change. Replaces all marks."""
        before, self._changes = self._changes, changes
        if before != changes:
            self._touched([row.line for row in self.visible_rows if before.get(row.line) != changes.get(row.line)])

    # --- search ---------------------------------------------------------------------------------------------

    def find(self, pattern: str, *, regex: bool = False, case: bool | None = None) -> FindStatus:
        """Searches as one types: from where the search began, to the first match there or after.

        Args:
            pattern: text or a regular expression; empty ends the search and goes back to where it began.
            regex: which of the two.
            case: whether case counts; None means "if the pattern has a capital letter".
        """
        origin = self._find_origin or self._cursor
        self._find_options = regex, case
        artifact = self.artifact
        self._matches = find(artifact, pattern, regex=regex, case=case, near=origin.line) if artifact else Matches()
        self._find_origin = origin if pattern else None
        self._go_to_match(self._matches.at_or_after(origin), otherwise=origin)
        return self.find_status

    def find_next(self) -> FindStatus:
        """Goes to the next match, from the last on to the first."""
        self._go_to_match(self._matches.after(self._cursor))
        self._find_origin = self._cursor
        return self.find_status

    def find_previous(self) -> FindStatus:
        """Goes to the previous match, from the first on to the last."""
        self._go_to_match(self._matches.before(self._cursor))
        self._find_origin = self._cursor
        return self.find_status

    def clear_find(self) -> None:
        """Ends the search; the cursor stays."""
        self._matches, self._find_origin = Matches(), None
        self.refresh()

    @property
    def find_status(self) -> FindStatus:
        """What the search has come to, `3/17` as text."""
        return self._matches.standing(self._cursor)

    def _go_to_match(self, index: int, otherwise: Position | None = None) -> None:
        if index >= 0:
            line, col, _ = self._matches.places[index]
            self._move(Position(line, col), by_user=True)
        elif otherwise is not None:
            self._move(otherwise, by_user=True)
        self.refresh()
        self.post_message(self.Found(self, self.find_status))

    # --- hooks of the text view -----------------------------------------------------------------------------

    def _replaced(self, same: bool) -> None:
        if not same:
            self._marks, self._note_marks, self._changes, self._find_origin = {}, {}, {}, None
        pattern = self._matches.status.pattern
        regex, case = self._find_options
        again = same and pattern and self.artifact is not None
        self._matches = find(self.artifact, pattern, regex=regex, case=case) if again and self.artifact else Matches()
        self.call_later(self._set_pulse)

    def _moved(self, position: Position, by_user: bool) -> None:
        self.post_message(self.CursorMoved(self, position, by_user))

    def _copied(self, text: str) -> None:
        self.post_message(self.Copied(self, text))

    def _touched(self, lines: Collection[int]) -> None:
        width = self.size.width
        if lines:
            for y, row in enumerate(self.visible_rows, 1):
                if row.line in lines:
                    self.refresh(Region(0, y, width, 1))
            self._refresh_title()

    def _refresh_title(self) -> None:
        self.refresh(Region(0, 0, self.size.width, 1))

    def _set_pulse(self) -> None:
        """A spinner turns only while something is live."""
        live = self.state is StageState.LIVE and self.is_attached
        if live and self._pulse is None:
            self._pulse = self.set_interval(0.25, self._tick)
        elif not live and self._pulse is not None:
            self._pulse.stop()
            self._pulse = None

    def _tick(self) -> None:
        self._beat += 1
        self._refresh_title()
        if self.artifact is None:
            self.refresh(Region(0, self._message_row, self.size.width, 1))

    def on_mount(self) -> None:
        """The pane may have been given its text before it was on the screen."""
        super().on_mount()  # type: ignore[no-untyped-call]
        self._set_pulse()

    def on_resize(self) -> None:
        """The same place stays in sight; one that was asked for while the pane had no size comes into it."""
        self._laid_out()
        if self._late is not None:
            self._scroll_to_row(self._late)

    def watch_wrap(self) -> None:
        """Wrapped lines are never scrolled sideways."""
        self.scroll_x = 0
        self._laid_out()
        self._follow_cursor()

    def watch_line_numbers(self) -> None:
        """The gutter's width changes."""
        self._laid_out()

    def on_focus(self) -> None:
        """The title and the cursor look different."""
        self.refresh()

    def on_blur(self) -> None:
        """The title and the cursor look different."""
        self.refresh()

    def action_find_next(self) -> None:
        """Next match."""
        self.find_next()

    def action_find_previous(self) -> None:
        """Previous match."""
        self.find_previous()

    def action_clear(self) -> None:
        """Ends the selection, else the search; where there is neither, the key is for the screen."""
        if self.selection is not None:
            self.clear_selection()
        elif self._matches.status.pattern:
            self.clear_find()
        else:
            raise SkipAction

    def _count(self) -> str:
        """How long the text is, in words."""
        count = self._lines.estimate
        return f"{count:,} line{'s' if count != 1 else ''}"

    def _tokens(self, line: int) -> tuple[Token, ...]:
        """The colours of a 1-based line."""
        return self._highlighter.line(line - 1)

    # --- drawing --------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One row of the screen: the title, a row of text, or nothing."""
        palette, width = palette_of(self), self.size.width
        if y == 0:
            return self._title(palette)
        if self.artifact is None:
            return self._message(palette) if y == self._message_row else Strip.blank(width, palette.text())
        row = self._row_at(y)
        return self._text_row(row, palette) if row is not None else Strip.blank(width, palette.text())

    def _row_at(self, y: int) -> PaneRow | None:
        if not self.wrap:
            line = self._top.line + y - 1
            return PaneRow(line, 0) if line <= len(self._lines) else None
        rows = self.visible_rows
        return rows[y - 1] if y <= len(rows) else None

    @property
    def _message_row(self) -> int:
        return max(1, self.size.height // 2)

    def _title(self, palette: Palette) -> Strip:
        focus = self.has_focus
        line = palette.plain(palette.accent if focus else palette.foreground, dim=0.2 if focus else 0.75)
        strong = palette.plain(palette.accent if focus else palette.foreground, bold=True, dim=0 if focus else 0.25)
        quiet = palette.plain(palette.foreground, dim=0.3 if focus else 0.5)
        left: list[Part] = [(self.heading, strong)]
        right: list[Part] = []
        if self.artifact is not None:
            left += [(sanitised(self.detail), quiet), (self._costs_words(), strong), (self._count(), quiet)]
            status = self.find_status
            right.append((str(status), palette.plain(palette.error if status.error else palette.warning, bold=True)))
            if self.selection is not None:
                right.append((f"{self.selection[1].line - self.selection[0].line + 1} selected", quiet))
            if focus:
                where = self._where()
                right.append((f"{where.line}:{where.col + 1}", quiet))
        if self.state is not StageState.DONE:
            right.append((f"{self._glyph} {self.state.value}", self._state_style(palette)))
        return rule(self.size.width, left, right, line)

    @property
    def _glyph(self) -> str:
        alphabet = glyphs()
        if self.state is StageState.LIVE:
            return alphabet.spinner[self._beat % len(alphabet.spinner)]
        return alphabet.states[self.state]

    def _state_style(self, palette: Palette) -> Style:
        colors = {StageState.FAILED: palette.error, StageState.LIVE: palette.warning, StageState.DONE: palette.success}
        waits = self.state is StageState.WAITING
        return palette.plain(colors.get(self.state, palette.foreground), bold=not waits, dim=0.5 if waits else 0)

    def _message(self, palette: Palette) -> Strip:
        text = f"{self._glyph}  {sanitised(self.detail or self.state.value)}"
        text = text[: self.size.width].center(self.size.width)
        return Strip([Segment(text, self._state_style(palette))]).adjust_cell_length(self.size.width, palette.text())

    def _text_row(self, row: PaneRow, palette: Palette) -> Strip:
        view = self._shown_line(row.line)
        mark = self._marks.get(row.line)
        tint = palette.tint(mark) if mark is not None else None
        on_cursor = row.line == self._cursor.line
        if on_cursor and tint is None and not palette.ansi:
            tint = palette.cursor_line
        first, last = self._columns_of(row)
        overlays = self._overlays(row, palette, mark, view.columns)
        segments = paint(view, self._tokens(row.line), first, last, palette=palette, tint=tint, overlays=overlays)
        body = Strip(segments)
        width, ground = self._text_width, palette.text(None, tint)
        skipped = self._left(row) - view.cell(first)
        if skipped < 0:
            body = Strip([Segment(" " * -skipped, ground), *body])
        elif skipped or body.cell_length > width:
            body = body.crop(skipped, skipped + width)
        gutter = self._gutter(row, palette, mark, tint, on_cursor)
        return Strip([*gutter, *body.adjust_cell_length(width, ground)], self.size.width)

    def _gutter(
        self, row: PaneRow, palette: Palette, mark: Mark | None, tint: Color | None, on_cursor: bool
    ) -> list[Segment]:
        alphabet = glyphs()
        segments = [Segment(" ", palette.text(None, tint))]
        if mark is not None:
            segments = [Segment(alphabet.marks[mark.strength - 1], palette.gutter(mark, tint))]
        digits = self.gutter_width - 3 - self.cost_width
        if self.line_numbers:
            number = f"{self._number(row.line):>{digits}}" if row.part == 0 else alphabet.wrapped.rjust(digits)
            style = palette.plain(palette.foreground, dim=0.15 if on_cursor else 0.55, bold=on_cursor, tint=tint)
            change = self._changes.get(row.line) if row.part == 0 else None
            if change is None:
                segments.append(Segment(number + " ", style))
            else:
                sign = palette.plain(_changed(palette, change), bold=True, tint=tint)
                segments += [Segment(number, style), Segment(SIGNS[change].sign, sign)]
        noted = self._note_marks.get(row.line) if row.part == 0 else None
        if noted is None:
            segments.append(Segment(" ", palette.text(None, tint)))
        else:
            style = palette.plain(palette.warning, dim=0 if noted is NoteMark.HERE else 0.3, tint=tint)
            segments.append(Segment(alphabet.notes[noted], style))
        return segments + (cost_cells(self._cost(row), self.cost_width, palette, tint) if self.cost_width else [])

    def _overlays(self, row: PaneRow, palette: Palette, mark: Mark | None, columns: int) -> list[Overlay]:
        overlays = [Overlay(*found) for found in self._heat_styles(row.line, palette)]
        if mark is not None and mark.spans:
            for number, (start, end) in enumerate(mark.spans):
                background = palette.span_tint(mark, number)
                style = Style(underline=True, bgcolor=background.rich_color if background else None)
                overlays.append(Overlay(start, columns if end is None else end, style))
        elif mark is not None and palette.ansi and mark.strength is Strength.ANCHOR:
            overlays.append(Overlay(0, columns, Style(underline=True)))
        for start, end in self._matches.by_line.get(row.line, ()):
            current = (row.line, start) == self._cursor
            overlays.append(Overlay(start, end, palette.found(current)))
        if self.selection is not None:
            chosen = selected_columns(*self.selection, row.line, columns)
            if chosen is not None:
                overlays.append(Overlay(*chosen, palette.selected))
        if row.line == self._cursor.line and self.has_focus:
            overlays.append(Overlay(self._cursor.col, self._cursor.col + 1, Style(reverse=True)))
        return overlays


def _changed(palette: Palette, change: Change) -> Color:
    """The colour of what became of a line."""
    return {Change.ADDED: palette.success, Change.REMOVED: palette.error}.get(change, palette.warning)
