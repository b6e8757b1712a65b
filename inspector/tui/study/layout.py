"""What of the screen of a study fits into a terminal. No Textual here."""

from __future__ import annotations

from typing import NamedTuple

BESIDE, BELOW, HIDDEN = "beside", "below", "hidden"
"""Where the plan stands."""
CHART, TABLE, BOTH = "chart", "table", "both"
"""What a page shows."""


class StudyLayout(NamedTuple):
    """What fits."""

    plan: str
    """`beside`, `below` or `hidden`."""
    plan_cells: int
    """Columns of the plan beside, or rows of the one below."""
    table_rows: int
    """Rows of the table below the chart; 0 where one of them has the page alone."""
    words: int
    """Most rows of words below the page."""


def layout_for(width: int, height: int, *, runs: int, plan: bool | None, table: int, words: int) -> StudyLayout:
    """The layout of a page.

    Args:
        width: columns of the terminal.
        height: its rows.
        runs: of the plan; 0 where there is none.
        plan: whether a person asked for the plan, or put it away; None for as it fits.
        table: rows of the page's tables, where chart and table may both be shown; else 0.
        words: rows of words that the page has.
    """
    left = height - 4
    if not runs or plan is False:
        where, cells = HIDDEN, 0
    elif width >= 130:
        where, cells = BESIDE, min(52, width * 27 // 100)
    else:
        where, cells = BELOW, min(runs + 1, max(4, left * 30 // 100))
        left -= cells + 1
    said = min(words, max(1, left // 5)) if words else 0
    left -= said
    both = table > 0 and left >= 30
    return StudyLayout(where, cells, min(table, left * 45 // 100) if both else 0, said)
