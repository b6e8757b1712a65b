"""Rows that stand for the lines of a text, and the way between both.

Every line of the text is stood for by at least one row, and rows follow the order of the text. A piece of a row names
the characters that it renders; what a row leaves out is folded into it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from inspector.highlight import Highlighter, Kind, Token
from inspector.model.artifact import Language, Position, Span


class Ingredient(StrEnum):
    """What a reading form leaves out or folds unless it is asked for."""

    INPUTS = "inputs"
    """The inputs of a graph that has many."""
    VIEWS = "views"
    """Operations that only change how a tensor is indexed, where several follow one another."""
    STRIDES = "strides"
    """Strides and devices also where they are what one expects."""
    OVERLOADS = "overloads"
    """An operator's overload, and the name space of torch's own: `aten.add.Tensor`."""
    CHECKS = "checks"
    """Checks of sizes and alignment in the output code."""
    BOILERPLATE = "boilerplate"
    """Imports, helpers, error flags, what the generator always writes."""
    KERNELS = "kernels"
    """The kernels' texts within the output code."""
    BODIES = "bodies"
    """What an operation of the IR is made of."""
    UNWINDING = "unwinding"
    """Machine code that runs only when something is thrown, and the library's own functions."""


INGREDIENTS = {
    Ingredient.INPUTS: "a graph's inputs, where they are many",
    Ingredient.VIEWS: "each of several views that follow one another",
    Ingredient.STRIDES: "strides and devices also where they are as expected",
    Ingredient.OVERLOADS: "an operator's overload: aten.add.Tensor",
    Ingredient.CHECKS: "checks of sizes and alignment in output code",
    Ingredient.BOILERPLATE: "imports, helpers, error flags",
    Ingredient.KERNELS: "the kernels' texts within the output code",
    Ingredient.BODIES: "what an operation of the IR is made of",
    Ingredient.UNWINDING: "machine code for exceptions, and the library's functions",
}
"""What is shown where it is kept, in words."""


class Extra(StrEnum):
    """What a reading form shows beside the code unless it is told not to."""

    SHAPES = "shapes"
    """The column of types at the right."""
    HEADINGS = "headings"
    """Rows that say which source line, or which module, the rows below belong to."""
    DIMMING = "dimming"
    """Views, casts and constants in a paler colour."""


EXTRAS = {
    Extra.SHAPES: "types in a column at the right",
    Extra.HEADINGS: "the source line, or the module, above what it became",
    Extra.DIMMING: "views, casts and constants in a paler colour",
}


@dataclass(frozen=True)
class Taste:
    """How a person wants to see texts."""

    concise: bool = True
    """Whether in the reading form, where they have one."""
    kept: tuple[Ingredient, ...] = ()
    """What is not to be folded."""
    without: tuple[Extra, ...] = ()
    costs: bool = False
    """Whether a column says what each line costs, where that is known."""


class RowLook(StrEnum):
    """What a row is to its reader."""

    CODE = "code"
    HEADING = "heading"
    """Says what the rows below belong to."""
    QUIET = "quiet"
    """Nothing is computed here: a view, a constant, a cast."""
    FOLD = "fold"
    """Stands for lines that are not shown."""


class Piece(NamedTuple):
    """A run of characters in a row."""

    text: str
    line: int = 0
    """The 1-based line of the text that it renders a part of; 0 for words that stand in no text."""
    start: int = 0
    """Column of the first character."""
    end: int = 0
    """Exclusive."""
    kind: Kind | None = None
    """Its colour; None leaves that to the language's highlighter."""


@dataclass(frozen=True, slots=True)
class FormRow:
    """One line of the form."""

    first: int
    """The first line of the text that it stands for, 1-based."""
    last: int
    """The last one, inclusive."""
    pieces: tuple[Piece, ...]
    right: tuple[Piece, ...] = ()
    """What stands in the column at the right: a node's type."""
    look: RowLook = RowLook.CODE
    ingredient: Ingredient | None = None
    """Of a fold, what would open it everywhere."""


class FormPlace(NamedTuple):
    """Where a part of the text is found in a laid-out form."""

    row: int
    """0-based."""
    start: int
    """Column; the end of the row's text where the row has folded it."""
    end: int
    """Exclusive."""


@dataclass(frozen=True)
class Form:
    """A text in rows."""

    artifact: str
    """The id of the artifact that it is a form of."""
    rows: tuple[FormRow, ...]

    def lay_out(self, width: int | None = None) -> Laid:
        """The rows as lines, with the right column where it fits.

        Args:
            width: in cells; None for as much as the longest row needs.
        """
        return Laid(self, width)

    @cached_property
    def _firsts(self) -> list[int]:
        return [row.first for row in self.rows]

    def rows_of(self, first: int, last: int) -> range:
        """The rows that stand for any of the lines `first` to `last`, both 1-based and inclusive."""
        begin = bisect_right(self._firsts, first) - 1
        while begin > 0 and self.rows[begin - 1].last >= first:
            begin -= 1
        begin = max(begin, 0)
        while begin < len(self.rows) and self.rows[begin].last < first:
            begin += 1
        return range(begin, max(begin, bisect_right(self._firsts, last)))


class Laid:
    """A form as lines of a certain width.

    Args:
        form: the form.
        width: in cells; None for no limit.
    """

    def __init__(self, form: Form, width: int | None) -> None:
        self.form = form
        self.width = width
        sizes = [sum(len(piece.text) for piece in row.pieces) for row in form.rows]
        self._right_at = [self._column(row, left) for row, left in zip(form.rows, sizes, strict=True)]

    def _column(self, row: FormRow, left: int) -> int:
        size = sum(len(piece.text) for piece in row.right)
        if not size:
            return left
        end = self.width if self.width is not None else self._natural
        return max(left + 2, end - size)

    @cached_property
    def _natural(self) -> int:
        """The width that rows with a right column need, the longest tenth of them left out."""
        needs = sorted(
            sum(len(piece.text) for piece in (*row.pieces, *row.right)) + 2 for row in self.form.rows if row.right
        )
        return needs[len(needs) * 9 // 10] if needs else 0

    @cached_property
    def lines(self) -> list[str]:
        """The text of every row."""
        return [self._line(number) for number in range(len(self.form.rows))]

    def _line(self, number: int) -> str:
        row = self.form.rows[number]
        left = "".join(piece.text for piece in row.pieces)
        if not row.right:
            return left
        return left.ljust(self._right_at[number]) + "".join(piece.text for piece in row.right)

    def pieces(self, row: int) -> Iterator[tuple[int, Piece]]:
        """The pieces of a row, each with the column at which it begins."""
        at = 0
        for piece in self.form.rows[row].pieces:
            yield at, piece
            at += len(piece.text)
        at = self._right_at[row]
        for piece in self.form.rows[row].right:
            yield at, piece
            at += len(piece.text)

    def tokens(self, row: int, language: Language) -> tuple[Token, ...]:
        """The colours of a row: those its pieces name, and the language's for the rest of a row of code."""
        found = self.form.rows[row]
        named = [
            Token(at, at + len(piece.text), piece.kind) for at, piece in self.pieces(row) if piece.kind is not None
        ]
        if found.look is RowLook.QUIET:
            return _without_gaps(named, len(self.lines[row]))
        if found.look is not RowLook.CODE:
            return tuple(named)
        rest = [
            token
            for token in Highlighter(language, [self.lines[row]]).line(0)
            if not any(token.start < other.end and other.start < token.end for other in named)
        ]
        return tuple(sorted([*named, *rest]))

    def position(self, row: int, col: int) -> Position:
        """The place in the text that a cell of the form stands for: exact where it is rendered, else near it."""
        found = self.form.rows[row]
        before = Position(found.first, 0)
        for at, piece in self.pieces(row):
            if not piece.line:
                continue
            if col < at:
                return before if before.col or before.line != found.first else Position(piece.line, piece.start)
            if col < at + len(piece.text):
                same = piece.end - piece.start == len(piece.text)
                return Position(piece.line, piece.start + (col - at if same else 0))
            before = Position(piece.line, max(piece.start, piece.end - 1))
        return before

    def places(self, span: Span) -> list[FormPlace]:
        """Where a span of the text is to be seen; a row that has folded it is named with no width."""
        found: list[FormPlace] = []
        for number in self.form.rows_of(span.start.line, span.last_line):
            cells = [(at, at + len(piece.text), piece) for at, piece in self.pieces(number) if _within(piece, span)]
            if cells:
                found += _joined(number, (_part(at, piece, span) for at, _, piece in cells))
        if found:
            return found
        return [
            FormPlace(number, end := len(self.lines[number]), end)
            for number in self.form.rows_of(span.start.line, span.last_line)
        ]


def _without_gaps(named: Iterable[Token], size: int) -> tuple[Token, ...]:
    """A quiet row: dim wherever nothing else is said."""
    found: list[Token] = []
    at = 0
    for token in sorted(named):
        if token.start > at:
            found.append(Token(at, token.start, Kind.COMMENT))
        found.append(token)
        at = token.end
    return (*found, Token(at, size, Kind.COMMENT)) if at < size else tuple(found)


def _within(piece: Piece, span: Span) -> bool:
    """Whether a piece renders any character of a span."""
    if not piece.line:
        return False
    return Position(piece.line, piece.start) < span.end and span.start < Position(piece.line, piece.end)


def _part(at: int, piece: Piece, span: Span) -> tuple[int, int]:
    """The cells of a piece that render the span: all of them where its words are others than the text's."""
    size = len(piece.text)
    if piece.end - piece.start != size:
        return at, at + size
    first = max(0, span.start.col - piece.start) if span.start.line == piece.line else 0
    last = min(size, span.end.col - piece.start) if span.end.line == piece.line else size
    return at + first, at + last


def _joined(row: int, cells: Iterable[tuple[int, int]]) -> Iterator[FormPlace]:
    """Neighbouring cells as one place."""
    now: tuple[int, int] | None = None
    for start, end in sorted(cells):
        if now is not None and start <= now[1] + 1:
            now = (now[0], max(now[1], end))
            continue
        if now is not None:
            yield FormPlace(row, *now)
        now = (start, end)
    if now is not None:
        yield FormPlace(row, *now)


def raw(artifact: str, lines: Sequence[str]) -> Form:
    """The stored text as it is, a row each line."""
    rows = (FormRow(number, number, (Piece(line, number, 0, len(line)),)) for number, line in enumerate(lines, 1))
    return Form(artifact, tuple(rows))


def covered(rows: Iterable[FormRow], count: int) -> tuple[FormRow, ...]:
    """Rows in the order of the text, widened so that each of its `count` lines belongs to one.

    A line that no row was made of belongs to the row before it, and to the first one before any.
    """
    ordered = sorted(rows, key=lambda row: (row.first, row.last))
    if not ordered:
        return ()
    found: list[FormRow] = []
    for number, row in enumerate(ordered):
        first = 1 if number == 0 else row.first
        last = row.last
        if number + 1 == len(ordered):
            last = max(last, count)
        elif ordered[number + 1].first > last + 1:
            last = ordered[number + 1].first - 1
        found.append(FormRow(first, last, row.pieces, row.right, row.look, row.ingredient))
    return tuple(found)


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as runs of neighbours, first and last."""
    at = 0
    while at < len(numbers):
        end = at
        while end + 1 < len(numbers) and numbers[end + 1] == numbers[end] + 1:
            end += 1
        yield numbers[at], numbers[end]
        at = end + 1


def fold(first: int, last: int, words: str, ingredient: Ingredient, indent: int = 0) -> FormRow:
    """A row that stands for lines which are not shown."""
    return FormRow(first, last, (Piece(" " * indent + words, kind=Kind.COMMENT),), (), RowLook.FOLD, ingredient)


def text_piece(text: str, line: int, start: int, kind: Kind | None = None) -> Piece:
    """A piece that is the text's own characters."""
    return Piece(text, line, start, start + len(text), kind)


__all__ = [
    "EXTRAS",
    "INGREDIENTS",
    "Extra",
    "Form",
    "FormPlace",
    "FormRow",
    "Ingredient",
    "Laid",
    "Piece",
    "RowLook",
    "Taste",
    "covered",
    "fold",
    "raw",
    "runs",
    "text_piece",
]
