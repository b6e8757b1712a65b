"""Lines of a list that stand at another place in the other list."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from inspector.model.difference import Change, Row, TextDifference, largest


def with_moved(difference: TextDifference) -> TextDifference:
    """The difference of two lists, with what was taken out here and put in there told as one line that moved.

    Programs are aligned by what their statements mean, which finds moved ones; the lines of a list mean what they say.
    """
    if difference.a is None or difference.b is None:
        return difference
    lines_a, lines_b = difference.a.lines, difference.b.lines
    waiting: defaultdict[str, list[int]] = defaultdict(list)
    for row in reversed(difference.rows):
        if row.change is Change.ADDED and row.b is not None:
            waiting[lines_b[row.b - 1]].append(row.b)
    there: dict[int, int] = {}
    for row in difference.rows:
        if row.change is Change.REMOVED and row.a is not None and (found := waiting[lines_a[row.a - 1]]):
            there[row.a] = found.pop()
    here = {b: a for a, b in there.items()}

    def moved(row: Row) -> Row:
        other = None
        if row.change is Change.REMOVED and row.a is not None:
            other = there.get(row.a)
        elif row.change is Change.ADDED and row.b is not None:
            other = here.get(row.b)
        return row if other is None else row._replace(change=Change.MOVED, other=other)

    rows = tuple(map(moved, difference.rows))
    return replace(difference, rows=rows, change=largest(row.change for row in rows)) if there else difference
