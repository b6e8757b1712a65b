"""What of the screen of a log fits into a terminal. No Textual here."""

from __future__ import annotations

from typing import NamedTuple

RIGHT, BELOW, HIDDEN = "right", "below", "hidden"
"""Where the details stand."""


class LogLayout(NamedTuple):
    """What fits."""

    details: str
    """`right`, `below` or `hidden`."""
    details_cells: int
    """Columns of details at the right, or rows of those below."""
    flame: int
    """Rows of the flame graph; 0 for none."""

    @property
    def details_shown(self) -> bool:
        """Whether there is room for details."""
        return self.details != HIDDEN


def layout_for(
    width: int, height: int, view: str, depth: int, *, details: bool | None = None, flame: bool | None = None
) -> LogLayout:
    """The layout of one view.

    Args:
        width: columns of the terminal.
        height: its rows.
        view: name of the view; `time` is about the flame graph.
        depth: rows that the flame graph has.
        details: whether a person asked for the details, or put them away; None for whatever fits.
        flame: the same of the flame graph.
    """
    if view == "time":
        rows = min(max(6, height * 55 // 100), depth + 1) if flame is not False else 0
    else:
        wanted = height >= 40 if flame is None else flame
        rows = min(12, height // 4, depth + 1) if wanted and height >= 20 else 0
    if details is False:
        return LogLayout(HIDDEN, 0, rows)
    if width >= 140:
        return LogLayout(RIGHT, width * 36 // 100, rows)
    left = height - rows - 4
    if details is None and left < 22:
        return LogLayout(HIDDEN, 0, rows)
    return LogLayout(BELOW, max(4, left * 45 // 100), rows)
