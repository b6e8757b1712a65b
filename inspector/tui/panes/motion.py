"""Where the cursor goes, as plain functions of the text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from inspector.model.artifact import Position

_WORD = re.compile(r"\w+")


def clamped(lines: Sequence[str], position: Position) -> Position:
    """The nearest place that exists."""
    line = max(1, min(position.line, len(lines)))
    return Position(line, max(0, min(position.col, len(lines[line - 1]))))


def next_character(lines: Sequence[str], position: Position) -> Position:
    """One to the right, over the line's end to the next line."""
    if position.col < len(lines[position.line - 1]):
        return Position(position.line, position.col + 1)
    return Position(position.line + 1, 0) if position.line < len(lines) else position


def previous_character(lines: Sequence[str], position: Position) -> Position:
    """One to the left, over the line's beginning to the line before."""
    if position.col:
        return Position(position.line, position.col - 1)
    return Position(position.line - 1, len(lines[position.line - 2])) if position.line > 1 else position


def next_word(lines: Sequence[str], position: Position) -> Position:
    """The beginning of the next word, or the line's end, or the next line's first word."""
    text = lines[position.line - 1]
    for match in _WORD.finditer(text, position.col):
        if match.start() > position.col and not (
            position.col and text[match.start() - 1 : match.start() + 1].isalnum()
        ):
            return Position(position.line, match.start())
    if position.col < len(text):
        return Position(position.line, len(text))
    return line_start(lines, Position(position.line + 1, 0)) if position.line < len(lines) else position


def previous_word(lines: Sequence[str], position: Position) -> Position:
    """The beginning of this or the previous word, or the line's beginning, or the end of the line before."""
    starts = [match.start() for match in _WORD.finditer(lines[position.line - 1], 0, position.col)]
    if starts:
        return Position(position.line, starts[-1])
    if position.col:
        return Position(position.line, 0)
    return Position(position.line - 1, len(lines[position.line - 2])) if position.line > 1 else position


def line_start(lines: Sequence[str], position: Position) -> Position:
    """The first character that is not blank; from there, or left of it, column 0."""
    text = lines[position.line - 1]
    indent = len(text) - len(text.lstrip())
    return Position(position.line, indent if position.col != indent and indent < len(text) else 0)


def word_at(lines: Sequence[str], position: Position) -> tuple[int, int]:
    """First column and exclusive end of the word at a place; the one character there if it is in no word."""
    for match in _WORD.finditer(lines[position.line - 1]):
        if match.start() <= position.col < match.end():
            return match.span()
    return position.col, min(position.col + 1, len(lines[position.line - 1]))


def text_between(lines: Sequence[str], start: Position, end: Position) -> str:
    """The text from one place to another, newlines included."""
    if start.line == end.line:
        return lines[start.line - 1][start.col : end.col]
    middle = lines[start.line : end.line - 1]
    return "\n".join((lines[start.line - 1][start.col :], *middle, lines[end.line - 1][: end.col]))
