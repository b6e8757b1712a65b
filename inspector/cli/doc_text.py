"""Sections of rows as a terminal's text: labels in a column, tones as colours, what belongs to a row further in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from inspector.cli.paths import where_is
from inspector.cli.printable import one_line
from inspector.cli.terminal import Style
from inspector.model.frame import Frame
from inspector.say.doc import Line, Row, Section, Tone

_MOST = 60
"""Rows of a section."""
_ALIKE = 20
"""Rows of one depth in a row."""
_LONGEST = 400
"""Characters of a line; a part of a cache's key may be a whole graph."""
_WIDEST = 28
"""Columns of labels; a longer one moves its text on."""
_REST = ": --json has them"


def section_lines(section: Section, style: Style) -> Iterator[str]:
    """An empty line, the heading and the rows, each at most so often; for what is left out, where it is."""
    yield ""
    yield style.bold(one_line(section.title))
    alike = (row for _, run in groupby(section.rows, lambda row: row.depth) for row in _few(tuple(run)))
    yield from row_lines(Section("", "", None, tuple(alike), "").first(_MOST, _REST).rows, style)


def _few(run: tuple[Row, ...]) -> tuple[Row, ...]:
    rest = f"… {len(run) - _ALIKE:,} more{_REST}"
    return run if len(run) <= _ALIKE + 1 else (*run[:_ALIKE], Row(rest, Tone.QUIET, run[0].depth))


def row_lines(rows: Iterable[Row], style: Style) -> Iterator[str]:
    """Rows below a heading."""
    shown = tuple(rows)
    widths = {row.depth: 0 for row in shown}
    for row in shown:
        widths[row.depth] = min(_WIDEST, max(widths[row.depth], len(one_line(row.label))))
    for row in shown:
        indent, label = "  " * (row.depth + 1), one_line(row.label)
        before = f"{style.dim(label)}{' ' * (max(widths[row.depth] - len(label), 0) + 2)}" if row.label else ""
        lines = [line for line in _text(row).splitlines() if line.strip()] or [""]
        for number, line in enumerate(lines):
            lead = before if number == 0 else " " * (max(widths[row.depth], len(label)) + 2 if row.label else 0)
            yield f"{indent}{lead}{style.toned(row.tone)(_cut(line))}".rstrip()


def _text(row: Row) -> str:
    """The row's text, its file named as short as it stays clear."""
    if isinstance(row.to, Line):
        return row.text.replace(f"{row.to.file}:{row.to.line}", where_is(Frame(row.to.file, row.to.line, "")), 1)
    return row.text


def _cut(line: str) -> str:
    line = one_line(line)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
