"""What a difference is said with: topics of findings, plain data that a face draws.

A face may leave out what it has no room for, and says how much. What the sides of a comparison are called is the
face's: A and B where one stands after the other, left and right where they stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from inspector.model.text_difference import Change
from inspector.say.doc import Tone


class Side(NamedTuple):
    """What a face calls one of the two."""

    name: str
    within: str
    subject: str


Sides = tuple[Side, Side]

A_AND_B: Sides = (Side("A", "in A", "A"), Side("B", "in B", "B"))
LEFT_AND_RIGHT: Sides = (
    Side("left", "on the left", "the left side"),
    Side("right", "on the right", "the right side"),
)


class Sign(NamedTuple):
    """What became of something, in one character and a colour."""

    sign: str
    plain: str
    """Where a terminal knows ASCII alone."""
    tone: Tone


SIGNS = {
    Change.SAME: Sign("=", "=", Tone.QUIET),
    Change.ABSENT: Sign("?", "?", Tone.WARNING),
    Change.UNRECORDED: Sign("·", ".", Tone.QUIET),
    Change.RENAMED: Sign("≈", "~", Tone.GOOD),
    Change.MOVED: Sign("↕", "^", Tone.NAME),
    Change.CHANGED: Sign("≠", "!", Tone.WARNING),
    Change.REMOVED: Sign("−", "-", Tone.ERROR),
    Change.ADDED: Sign("+", "+", Tone.GOOD),
}


@dataclass(frozen=True)
class Finding:
    """One statement."""

    text: str
    change: Change | None = None
    """What became of what it is about: its sign, and its tone."""
    tone: Tone = Tone.TEXT
    """Of what nothing became of."""
    label: str = ""
    """What it is about, in a few words; stands before the text."""
    depth: int = 0
    """1 for what belongs to the row before."""
    pair: str = ""
    """Key of the pair of compile ids that it is about."""
    point: tuple[float, float, float] | None = None
    """A ratio and the ends of its interval, for a face that can draw them."""


class Values(NamedTuple):
    """One row of a table: a name and what each column holds."""

    name: str
    values: tuple[str, ...]
    depth: int = 0
    weight: float = 0.0
    """Where not all are shown, the heaviest are."""


@dataclass(frozen=True)
class Topic:
    """A heading, and either rows or a table."""

    key: str
    title: str
    rows: tuple[Finding, ...] = ()
    table: tuple[Values, ...] = ()
    columns: tuple[str, ...] = ()
    """Titles of the table's values."""
    count: int | None = None
    """Of what the title names; None where counting makes no sense."""
    empty: str = ""
    """What is said where there is nothing; empty: the section is left out."""
    note: str = ""
    """How to read it."""


def cut(rows: Sequence[Finding], most: int, hint: str = "") -> Iterator[Finding]:
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
        yield Finding(more_words(len(groups) - most, hint), tone=Tone.QUIET, depth=depth)


def heaviest(table: Sequence[Values], most: int) -> list[Values]:
    """At most so many rows of a table, in its order."""
    kept = sorted(range(len(table)), key=lambda at: -table[at].weight)[:most]
    return [table[at] for at in sorted(kept)]


def more_words(left: int, hint: str = "") -> str:
    """How much is left out."""
    return f"… {left:,} more{f' ({hint})' if hint else ''}"
