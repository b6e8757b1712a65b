"""A code pane that can show its text in the reading form; whoever speaks with it speaks of the stored text.

Inside, the pane shows the rows of the form as if they were a text of their own. What comes in from outside (places,
marks) is translated to rows, and what goes out (the cursor, what is seen, the selection) back to the stored text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from inspector.form.form import Form, Laid
from inspector.form.reading import has_form, reading
from inspector.highlight import Token
from inspector.model.artifact import Artifact, Position, Span
from inspector.tui.panes.code import CodePane
from inspector.tui.panes.marks import Mark, NoteMark
from inspector.tui.widgets.state import StageState

MOST = 1 << 20
"""Characters of a text beyond which it is shown as it is stored: making its form would hold the screen up."""


def readable(text: Artifact) -> bool:
    """Whether a text is shown in a reading form where that is wanted."""
    return has_form(text) and len(text.text) <= MOST


@lru_cache(maxsize=16)
def _form(text: Artifact) -> Form:
    """The last forms that were made: another width lays the same rows out anew."""
    return reading(text)


class ReadPane(CodePane):
    """Shows an artifact as it is stored, or in its reading form."""

    _text: Artifact | None = None
    _laid: Laid | None = None
    _wanted = False

    @property
    def text(self) -> Artifact | None:
        """The stored text that is shown, in whichever form; None before there is anything."""
        return self._text

    @property
    def concise(self) -> bool:
        """Whether it is shown in its reading form."""
        return self._laid is not None

    def read(self, text: Artifact, *, concise: bool, state: StageState, detail: str) -> None:
        """Shows a text in a form, or as it is stored where it has none; in the other form it keeps its place."""
        self._wanted, concise = concise, concise and readable(text)
        same = self._text is not None and self._text.id == text.id and self.concise != concise
        place = self.place
        self._text = text
        self._laid = _form(text).lay_out(self._room) if concise else None
        self.show(self._as_shown(text), state=state, detail=detail)
        if same:
            self.go(*place)

    @property
    def _room(self) -> int | None:
        """Cells for a row, with a gutter for five digits; None while the pane has no size."""
        return max(self.size.width - 9, 30) if self.size.width else None

    def _as_shown(self, text: Artifact) -> Artifact:
        if self._laid is None:
            return text
        focus = self._laid.form.rows_of(text.focus, text.focus)
        lines = "\n".join(self._laid.lines)
        return replace(text, id=f"{text.id}\n", text=lines, focus=(focus.start if focus else 0) + 1)

    def show_state(self, heading: str, state: StageState, message: str = "") -> None:
        """As a code pane; there is no text then."""
        self._text = self._laid = None
        super().show_state(heading, state, message)

    # --- places of the stored text --------------------------------------------------------------------------

    @property
    def place(self) -> Position:
        """Where the cursor stands in the stored text."""
        return self._stored(self.cursor)

    def _stored(self, shown: Position) -> Position:
        return shown if self._laid is None else self._laid.position(shown.line - 1, shown.col)

    @property
    def picked(self) -> tuple[Position, Position] | None:
        """Beginning and exclusive end of what is selected, in the stored text."""
        if self.selection is None:
            return None
        start, end = map(self._stored, self.selection)
        if self._laid is not None and end <= start:
            end = Position(self._laid.form.rows[self.selection[1].line - 1].last + 1, 0)
        return start, end

    def go(self, line: int, col: int = 0, *, by_user: bool = False) -> None:
        """Moves the cursor to a place of the stored text, or to the row that stands for it."""
        row, shown = self._shown_at(line, col)
        self.goto(row, shown, by_user=by_user)

    def bring(self, first: int, last: int) -> None:
        """Scrolls so that lines of the stored text can be seen, as far as they fit."""
        self.reveal(self._shown_at(first, 0)[0], self._shown_at(last, 0)[0])

    def _shown_at(self, line: int, col: int) -> tuple[int, int]:
        if self._laid is None or self._text is None:
            return line, col
        line = max(1, min(line, len(self._text.lines)))
        places = self._laid.places(Span(self._text.id, Position(line, col), Position(line, col + 1)))
        if not any(place.end > place.start for place in places):
            return self._laid.form.rows_of(line, line).start + 1, 0
        return places[0].row + 1, places[0].start

    def seen(self) -> list[int]:
        """The lines of the stored text that the rows on screen stand for."""
        if self._laid is None:
            return [row.line for row in self.visible_rows]
        rows = (self._laid.form.rows[row.line - 1] for row in self.visible_rows)
        return [line for row in rows for line in range(row.first, row.last + 1)]

    # --- marks ----------------------------------------------------------------------------------------------

    def light(self, marks: Mapping[int, Mark]) -> None:
        """Lights up lines of the stored text."""
        self.mark(marks if self._laid is None else _RowMarks(self._laid, marks))

    def light_notes(self, marks: Mapping[int, NoteMark]) -> None:
        """Marks lines of the stored text that notes show at."""
        if self._laid is None:
            self.mark_notes(marks)
            return
        found: dict[int, NoteMark] = {}
        for line, mark in marks.items():
            for row in self._laid.form.rows_of(line, line):
                found[row + 1] = min(mark, found.get(row + 1, mark))
        self.mark_notes(found)

    # --- hooks of the code pane -----------------------------------------------------------------------------

    def _number(self, line: int) -> int:
        return line if self._laid is None else self._laid.form.rows[line - 1].first

    def _where(self) -> Position:
        return self.place

    def _count(self) -> str:
        if self._laid is None or self._text is None:
            long = self._wanted and self._text is not None and has_form(self._text)
            return super()._count() + (", too long to read" if long else "")
        return f"read · {len(self._laid.form.rows):,} rows of {len(self._text.lines):,} lines"

    def _tokens(self, line: int) -> tuple[Token, ...]:
        if self._laid is None or self._text is None:
            return super()._tokens(line)
        return self._laid.tokens(line - 1, self._text.language)


class _RowMarks(Mapping[int, Mark]):
    """Marks of the stored text's lines as marks of rows, made as the pane looks at them; the strongest of a row's."""

    def __init__(self, laid: Laid, marks: Mapping[int, Mark]) -> None:
        self._laid = laid
        self._marks = marks

    def __getitem__(self, line: int) -> Mark:
        row = self._laid.form.rows[line - 1]
        found = [(at, mark) for at in range(row.first, row.last + 1) if (mark := self._marks.get(at)) is not None]
        if not found:
            raise KeyError(line)
        at, mark = max(found, key=lambda item: item[1].strength)
        if not mark.spans:
            return mark
        spans = [
            (place.start, place.end)
            for start, end in mark.spans
            for place in self._laid.places(Span("", Position(at, start), Position(at, 1 << 30 if end is None else end)))
            if place.row == line - 1 and place.end > place.start
        ]
        return replace(mark, spans=tuple(spans))

    def __iter__(self) -> Iterator[int]:
        return (line for line in range(1, len(self._laid.form.rows) + 1) if line in self)

    def __contains__(self, line: object) -> bool:
        return isinstance(line, int) and self.get(line) is not None

    def __len__(self) -> int:
        return sum(1 for _ in self)
