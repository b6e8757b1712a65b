"""A note laid out in rows of a terminal: what the screen and the command line show of its Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from inspector.notes.blocks import BlockKind, NoteBlock, RunLook, TextRun, blocks

TAB = 4


class RowPiece(NamedTuple):
    """Characters on one row that look alike."""

    text: str
    look: RunLook = RunLook.PLAIN


Row = tuple[RowPiece, ...]
_WORDS = re.compile(r"\n|[^\S\n]+|\S+")
_NARROWEST = 8
"""Cells that a text keeps however deep in lists and quotations it stands."""
_GAP = "  "
"""Between the columns of a table."""
_LONGEST_RULE = 40


def rows(text: str, width: int) -> tuple[Row, ...]:
    """A note's Markdown as rows of at most `width` cells; an empty row stands between blocks.

    An address stands behind the words that lead there, for nobody should have to trust the words.
    """
    return tuple(_together(blocks(text), max(width, _NARROWEST)))


def cells(text: str) -> int:
    """How many cells a text takes."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _together(found: Sequence[NoteBlock], width: int) -> Iterator[Row]:
    for number, block in enumerate(found):
        if number:
            yield ()
        yield from _block(block, width)


def _block(block: NoteBlock, width: int) -> Iterator[Row]:
    match block.kind:
        case BlockKind.PARAGRAPH:
            yield from _wrapped(_told(block.runs), width)
        case BlockKind.HEADING:
            yield from _wrapped(_told(_strong(block.runs)), width)
        case BlockKind.CODE:
            yield from _code(block.runs, width)
        case BlockKind.BULLETS | BlockKind.NUMBERS:
            yield from _list(block, width)
        case BlockKind.QUOTE:
            for row in _together(block.children, max(_NARROWEST, width - 2)):
                yield (RowPiece("│ "), *row)
        case BlockKind.RULE:
            yield (RowPiece("┄" * min(width, _LONGEST_RULE)),)
        case BlockKind.TABLE:
            yield from _table(block, width)
        case _:  # an item, a row, a cell: what holds them draws them
            yield from _together(block.children, width)


def _list(block: NoteBlock, width: int) -> Iterator[Row]:
    """Items one below the other: their own blocks too, for an empty row would part them from their mark."""
    for at, item in enumerate(block.children):
        mark = f"{block.number + at}. " if block.kind is BlockKind.NUMBERS else "- "
        inner = [row for child in item.children for row in _block(child, max(_NARROWEST, width - len(mark)))]
        for number, row in enumerate(inner or [()]):
            yield (RowPiece(" " * len(mark) if number else mark), *row)


def _code(runs: Sequence[TextRun], width: int) -> Iterator[Row]:
    inner = max(_NARROWEST, width - 2)
    for line in "".join(run.text for run in runs).split("\n"):
        for part in _cut(line.expandtabs(TAB), inner) or [""]:
            yield (RowPiece("  "), RowPiece(part, RunLook.CODE))


def _table(block: NoteBlock, width: int) -> Iterator[Row]:
    """Columns side by side where they fit, else each cell on a row of its own."""
    table = [[tuple(_one_line(_told(cell.runs))) for cell in row.children] for row in block.children]
    widths = [max((_width(cell) for cell in column), default=0) for column in zip(*table, strict=False)]
    fits = sum(widths) + len(_GAP) * (len(widths) - 1) <= width
    for number, row in enumerate(table):
        if fits:
            padded = [(*cell, RowPiece(" " * (size - _width(cell)))) for cell, size in zip(row, widths, strict=False)]
            yield _tidy(piece for at, cell in enumerate(padded) for piece in (RowPiece(_GAP if at else ""), *cell))
        else:
            if number:
                yield ()
            for cell in row:
                yield from _wrapped(cell, width)


def _one_line(pieces: Iterable[RowPiece]) -> Iterator[RowPiece]:
    return (piece._replace(text=piece.text.replace("\n", " ")) for piece in pieces)


def _width(row: Iterable[RowPiece]) -> int:
    return sum(cells(piece.text) for piece in row)


def _strong(runs: Sequence[TextRun]) -> tuple[TextRun, ...]:
    return tuple(run._replace(look=run.look | RunLook.STRONG) for run in runs)


def _told(runs: Sequence[TextRun]) -> Iterator[RowPiece]:
    """The runs, with each address behind the words that lead there."""
    words = ""
    for at, run in enumerate(runs):
        yield RowPiece(run.text, run.look)
        words = words + run.text if run.link else ""
        following = runs[at + 1].link if at + 1 < len(runs) else ""
        if run.link and following != run.link:
            if words != run.link:
                yield RowPiece(f" ({run.link})")
            words = ""


def _wrapped(pieces: Iterable[RowPiece], width: int) -> Iterator[Row]:
    """Words filled into rows; a word that is longer than a row is cut."""
    row: list[RowPiece] = []
    used = 0
    gap: RowPiece | None = None
    for word in _words(pieces):
        if word is None:
            yield _tidy(row)
            row, used, gap = [], 0, None
        elif len(word) == 1 and word[0].text.isspace():
            gap = word[0]._replace(text=" ") if row else None
        else:
            size = _width(word)
            if row and used + (gap is not None) + size > width:
                yield _tidy(row)
                row, used, gap = [], 0, None
            if gap is not None:
                row.append(gap)
                used, gap = used + 1, None
            for piece in word:
                for number, part in enumerate(_cut(piece.text, width, width - used)):
                    if number:
                        yield _tidy(row)
                        row, used = [], 0
                    row.append(RowPiece(part, piece.look))
                    used += cells(part)
    if row:
        yield _tidy(row)


def _words(pieces: Iterable[RowPiece]) -> Iterator[tuple[RowPiece, ...] | None]:
    """Words, which may change their look half-way; blanks between them; None for a line's end."""
    word: list[RowPiece] = []
    for piece in pieces:
        for found in _WORDS.findall(piece.text):
            if found.isspace():
                if word:
                    yield tuple(word)
                    word = []
                yield None if found == "\n" else (RowPiece(found, piece.look),)
            else:
                word.append(RowPiece(found, piece.look))
    if word:
        yield tuple(word)


def _cut(text: str, width: int, first: int | None = None) -> list[str]:
    """A text in parts of at most `width` cells, the first one of at most `first`."""
    parts, part, left = [], "", width if first is None else first
    for character in text:
        size = _cells(character)
        if size > left and (part or left < width):
            parts.append(part)
            part, left = "", width
        part += character
        left -= size
    return [*parts, part] if part else parts


def _tidy(row: Iterable[RowPiece]) -> Row:
    """Neighbours that look alike as one."""
    made: list[RowPiece] = []
    for piece in row:
        if made and made[-1].look == piece.look:
            made[-1] = made[-1]._replace(text=made[-1].text + piece.text)
        elif piece.text:
            made.append(piece)
    return tuple(made)
