"""Which rows of two aligned texts are on screen: side by side or one below the other, with or without what is alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from inspector.model.difference import TextRow

CONTEXT = 3
"""Rows that stay around a change when what is alike is left out."""


class DiffLine(NamedTuple):
    """One row of the screen."""

    row: TextRow | None
    """None where rows are left out."""
    left: bool = True
    """Whether the first side shows here; where texts stand below each other only one side does."""
    right: bool = True
    hidden: int = 0
    """How many rows are left out here."""
    begins: bool = False
    """Whether a change begins here: where the keys for the next and the previous one stop."""
    change: int | None = None
    """Which change it is part of, from 0; None for what is alike."""


def lay_out(rows: Sequence[TextRow], *, beside: bool, everything: bool, each: bool = False) -> list[DiffLine]:
    """The rows of the screen.

    Args:
        rows: as aligned.
        beside: whether the texts stand side by side.
        everything: whether what is alike is shown too.
        each: whether every row that is not alike is a change of its own, rather than every run of them.
    """
    lines: list[DiffLine] = []
    before, changes = True, 0
    for piece in _pieces(rows, everything, each):
        if isinstance(piece, int):
            lines.append(DiffLine(None, hidden=piece))
            before = True
            continue
        alike = piece[0].change.alike
        shown = [DiffLine(row) for row in piece] if beside or alike else list(_below(piece))
        if not alike:
            begins = before or each
            changes += begins
            shown = [line._replace(change=changes - 1) for line in shown]
            shown[0] = shown[0]._replace(begins=begins)
        before = alike
        if alike and not beside:
            shown = [line._replace(left=False) for line in shown]
        lines += shown
    return lines


def _pieces(rows: Sequence[TextRow], everything: bool, each: bool) -> Iterator[list[TextRow] | int]:
    """Runs of rows that are alike, and runs that are not; numbers where rows are left out."""
    runs: list[list[TextRow]] = []
    for row in rows:
        if runs and runs[-1][0].change.alike == row.change.alike and not each:
            runs[-1].append(row)
        else:
            runs.append([row])
    for number, run in enumerate(runs):
        if everything or not run[0].change.alike:
            yield run
            continue
        head = CONTEXT if number else 0
        tail = CONTEXT if number < len(runs) - 1 else 0
        if len(run) <= head + tail + 1:
            yield run
            continue
        if head:
            yield run[:head]
        yield len(run) - head - tail
        if tail:
            yield run[-tail:]


def _below(run: list[TextRow]) -> Iterator[DiffLine]:
    """The first side's rows, then the second side's."""
    for row in run:
        if row.a is not None:
            yield DiffLine(row, right=False)
    for row in run:
        if row.b is not None:
            yield DiffLine(row, left=False)
