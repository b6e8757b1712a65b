"""A code pane that can show its text in the reading form; whoever speaks with it speaks of the stored text.

Inside, the pane shows the rows of the form as if they were a text of their own. What comes in from outside (places,
marks) is translated to rows, and what goes out (the cursor, what is seen, the selection) back to the stored text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from inspector.form.form import Form, Laid, RowLook, Taste
from inspector.form.reading import has_form, reading
from inspector.highlight import Token
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.text_difference import Change
from inspector.price import TextPrice
from inspector.say.gutter import Tag, heat_of, tag, title
from inspector.tui.panes.code import CodePane
from inspector.tui.panes.costs import column_width
from inspector.tui.panes.marks import Mark, NoteMark
from inspector.tui.panes.rows import PaneRow
from inspector.tui.panes.text import Folds
from inspector.tui.widgets.state import StageState

MOST = 1 << 20
"""Characters of a text beyond which it is shown as it is stored: making its form would hold the screen up."""


def readable(text: Artifact) -> bool:
    """Whether a text is shown in a reading form where that is wanted."""
    return has_form(text) and len(text.text) <= MOST


@lru_cache(maxsize=16)
def _form(text: Artifact, taste: Taste, opened: frozenset[int]) -> Form:
    """The last forms that were made: another width lays the same rows out anew."""
    return reading(text, taste.kept, opened, taste.without)


RAW = Taste(concise=False)


class ReadPane(CodePane):
    """Shows an artifact as it is stored, or in its reading form."""

    _text: Artifact | None = None
    _laid: Laid | None = None
    _taste = RAW
    _price: TextPrice | None = None

    def __init__(self, heading: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(heading, id=id, classes=classes)
        self._opened: dict[str, frozenset[int]] = {}
        """Text → stored lines whose folds a person has opened."""
        self._lit: Mapping[int, Mark] = {}
        self._noted: Mapping[int, NoteMark] = {}
        self._altered: Mapping[int, Change] = {}

    @property
    def text(self) -> Artifact | None:
        """The stored text that is shown, in whichever form; None before there is anything."""
        return self._text

    @property
    def concise(self) -> bool:
        """Whether it is shown in its reading form."""
        return self._laid is not None

    @property
    def taste(self) -> Taste:
        """How texts are shown; what has no reading form is shown as it is stored all the same."""
        return self._taste

    def read(
        self, text: Artifact, taste: Taste, *, state: StageState, detail: str, price: TextPrice | None = None
    ) -> None:
        """Shows a text in a form, or as it is stored where it has none; in another form it keeps its place.

        Args:
            text: what to show.
            taste: in which form.
            state: where its stage stands.
            detail: the title's further words.
            price: what its lines cost, for the column that says so; None for no column.
        """
        priced, self._price = self._price is not price, price
        same, place, before = self._text is not None and self._text.id == text.id, self.place, self._laid
        self._taste, self._text = taste, text
        self._laid = None
        if taste.concise and readable(text):
            self._laid = (form := _form(text, replace(taste, costs=False), self._opened_in(text))).lay_out(None)
            self._laid = form.lay_out(self._room)  # the room depends on how many digits its numbers have
        self.show(self._as_shown(text), state=state, detail=detail)
        if priced and self._laid is None:  # the room for text is another
            self._laid_out()
        if same and (before and before.form) is not (self._laid and self._laid.form):
            self.light(self._lit)
            self.light_notes(self._noted)
            self.light_changes(self._altered)
            self.go(*place)

    def action_open_fold(self) -> None:
        """Opens what is folded into the cursor's row, or folds it again."""
        if self._laid is None or self._text is None:
            return
        line, opened = self.place.line, self._opened_in(self._text)
        row = self._laid.form.rows[self.cursor.line - 1]
        before = _form(self._text, replace(self._taste, costs=False), frozenset())
        folded = [before.rows[number] for number in before.rows_of(line, line) if before.rows[number].ingredient]
        if not folded:
            self.app.notify("Nothing is folded here.", timeout=2)
            return
        lines = frozenset(range(folded[0].first, folded[0].last + 1))
        self._opened[self._text.id] = opened - lines if opened & lines else opened | {row.first}
        self.read(self._text, self._taste, state=self.state, detail=self.detail, price=self._price)

    def _opened_in(self, text: Artifact) -> frozenset[int]:
        return self._opened.get(text.id, frozenset())

    @property
    def _room(self) -> int | None:
        """Cells for a row, the last one left for the cursor; None while the pane has no size."""
        return max(self._text_width - 1, 30) if self.size.width else None

    @property
    def _highest(self) -> int:
        return super()._highest if self._laid is None or self._text is None else len(self._text.lines)

    def _folds_of(self, line: int) -> Folds:
        """A heading takes one row: what it repeats of the source stands in the source."""
        if self._laid is not None and self._laid.form.rows[line - 1].look is RowLook.HEADING:
            return Folds((0,), 0)
        return super()._folds_of(line)

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

    def bring(self, spans: Sequence[Span]) -> None:
        """Scrolls so that spans of the stored text, in order of their start, can be seen as far as they fit."""
        if not spans:
            return
        first, *_ = spans
        last = max(span.last_line for span in spans)
        row, start = self._shown_at(*first.start)
        self.reveal(row, self._shown_at(last, 0)[0])
        end = self._shown_at(first.start.line, max(first.start.col, first.end.col - 1))[1] + 1
        text = self._lines[row - 1]
        indent = len(text) - len(text.lstrip())
        self.reveal_columns(row, max(start, indent), end if first.end.line == first.start.line else len(text))

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
        self._lit = marks
        self.mark(marks if self._laid is None else _RowMarks(self._laid, marks))

    def light_notes(self, marks: Mapping[int, NoteMark]) -> None:
        """Marks lines of the stored text that notes show at."""
        self._noted = marks
        if self._laid is None:
            self.mark_notes(marks)
            return
        found: dict[int, NoteMark] = {}
        for line, mark in marks.items():
            for row in self._laid.form.rows_of(line, line):
                found[row + 1] = min(mark, found.get(row + 1, mark))
        self.mark_notes(found)

    # --- what it costs --------------------------------------------------------------------------------------

    @property
    def cost_width(self) -> int:
        """Cells for what a line costs; 0 where that is not shown."""
        return column_width(self.size.width) if self._price is not None else 0

    def _cost(self, row: PaneRow) -> Tag | None:
        if self._price is None or row.part:
            return None
        cost = self._price.of(*self._lines_of(row.line))
        return tag(cost, self._price.price) if cost is not None else None

    def _lines_of(self, row: int) -> tuple[int, int]:
        """The stored lines that a 1-based row stands for."""
        if self._laid is None:
            return row, row
        form = self._laid.form.rows[row - 1]
        return form.first, form.last

    def _heats(self, line: int) -> Iterator[tuple[int, int, int]]:
        if self._price is None or self._laid is not None:
            return
        columns = self._shown_line(line).columns
        for row in self._price.expressions:
            if row.span is not None and row.span.start.line == line:
                end = row.span.end.col if row.span.end.line == line else columns
                yield row.span.start.col, end, heat_of(self._price.price.share(row.own))

    def _costs_words(self) -> str:
        return title(self._price.price, known=bool(self._price)) if self._price is not None else ""

    def light_changes(self, changes: Mapping[int, Change]) -> None:
        """Marks lines of the stored text by what became of them; a row has the largest change of its lines."""
        self._altered = changes
        if self._laid is None:
            self.mark_changes(changes)
            return
        found: dict[int, Change] = {}
        for line, change in changes.items():
            for row in self._laid.form.rows_of(line, line):
                kinds = {change, found.get(row + 1, change)}
                found[row + 1] = change if len(kinds) == 1 else Change.CHANGED
        self.mark_changes(found)

    # --- hooks of the code pane -----------------------------------------------------------------------------

    def _number(self, line: int) -> int:
        return line if self._laid is None else self._laid.form.rows[line - 1].first

    def _where(self) -> Position:
        return self.place

    def _count(self) -> str:
        if self._laid is None or self._text is None:
            long = self._taste.concise and self._text is not None and has_form(self._text)
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
        if line > len(self._laid.form.rows):  # of rows that were more before
            raise KeyError(line)
        row = self._laid.form.rows[line - 1]
        found = [(at, mark) for at in range(row.first, row.last + 1) if (mark := self._marks.get(at)) is not None]
        if not found:
            raise KeyError(line)
        at, mark = max(found, key=lambda item: item[1].strength)
        if not mark.spans:
            return mark
        spans = [
            ((place.start, place.end), mark.colour(number))
            for number, (start, end) in enumerate(mark.spans)
            for place in self._laid.places(Span("", Position(at, start), Position(at, 1 << 30 if end is None else end)))
            if place.row == line - 1 and place.end > place.start
        ]
        groups = tuple(group for _, group in spans) if mark.groups else ()
        return replace(mark, spans=tuple(span for span, _ in spans), groups=groups)

    def __iter__(self) -> Iterator[int]:
        return (line for line in range(1, len(self._laid.form.rows) + 1) if line in self)

    def __contains__(self, line: object) -> bool:
        return isinstance(line, int) and self.get(line) is not None

    def __len__(self) -> int:
        return sum(1 for _ in self)
