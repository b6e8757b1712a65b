"""What a difference is said with beside rows and sections: the names of its sides, signs, and what is left out.

A face may leave out what it has no room for, and says how much. What the sides of a comparison are called is the
face's: A and B where one stands after the other, left and right where they stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from inspector.model.text_difference import Change
from inspector.say.doc import Row, Tone, Values


class SideName(NamedTuple):
    """What a face calls one of the two."""

    name: str
    within: str
    subject: str


Sides = tuple[SideName, SideName]

A_AND_B: Sides = (SideName("A", "in A", "A"), SideName("B", "in B", "B"))
LEFT_AND_RIGHT: Sides = (
    SideName("left", "on the left", "the left side"),
    SideName("right", "on the right", "the right side"),
)


NOT_RECORDED = "not recorded"
"""What is said of a figure or a setting that one side does not hold."""


class Sign(NamedTuple):
    """What became of something, in one character and a colour."""

    sign: str
    tone: Tone


SIGNS = {
    Change.SAME: Sign("=", Tone.QUIET),
    Change.ABSENT: Sign("?", Tone.WARNING),
    Change.UNRECORDED: Sign("·", Tone.QUIET),
    Change.RENAMED: Sign("≈", Tone.GOOD),
    Change.MOVED: Sign("↕", Tone.NAME),
    Change.CHANGED: Sign("≠", Tone.WARNING),
    Change.REMOVED: Sign("−", Tone.ERROR),
    Change.ADDED: Sign("+", Tone.GOOD),
}


def cut(rows: Sequence[Row], most: int, hint: str = "") -> Iterator[Row]:
    """At most so many rows of each depth, what differs before what does not, and how many are left out.

    Args:
        hint: how to see the others.
    """
    depth = min((row.depth for row in rows), default=0)
    starts = [at for at, row in enumerate(rows) if row.depth == depth]
    groups = [rows[start:end] for start, end in pairwise((*starts, len(rows)))]
    differing = sorted(range(len(groups)), key=lambda at: (change := groups[at][0].change) is None or change.alike)
    for at in sorted(differing[:most]):
        yield groups[at][0]
        yield from cut(groups[at][1:], most, hint)
    if len(groups) > most:
        yield Row(more_words(len(groups) - most, hint), tone=Tone.QUIET, depth=depth)


def heaviest(table: Sequence[Values], most: int) -> list[Values]:
    """At most so many rows of a table, in its order."""
    kept = sorted(range(len(table)), key=lambda at: -table[at].weight)[:most]
    return [table[at] for at in sorted(kept)]


def more_words(left: int, hint: str = "") -> str:
    """How much is left out."""
    return f"… {left:,} more{f' ({hint})' if hint else ''}"
