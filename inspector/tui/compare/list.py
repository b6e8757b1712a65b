"""The list of a difference's parts: what stands in its rows, and which rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from inspector.say.doc import Cell, Column, Item, Tone
from inspector.tui.compare.parts import DifferencePart

_MANY = 3
"""Pairs of compile ids above which those that are alike are folded at first."""


def columns() -> tuple[Column, ...]:
    """The titles; verdicts stand where there is room."""
    return (Column("part", 30, grow=3), Column("verdict", 21, grow=1, rank=1), Column("changes", 7, right=True))


def item_of(part: DifferencePart) -> Item:
    """One row."""
    name = Cell(f"{part.mark.sign} {part.title}", part.mark.tone)
    return Item(part.key, (name, Cell(part.mark.words, Tone.QUIET), Cell(part.count)), part.depth, opens=True)


def only_different(parts: Sequence[DifferencePart]) -> tuple[DifferencePart, ...]:
    """The parts that differ, and those that they lie in."""
    kept: list[DifferencePart] = []
    depth = 0
    for part in reversed(parts):
        if part.depth < depth or not part.alike:
            kept.append(part)
            depth = part.depth
    return tuple(reversed(kept))


def folded_first(parts: Sequence[DifferencePart]) -> tuple[str, ...]:
    """Keys of the rows to fold: of many pairs of compile ids those that are alike."""
    pairs = [part for part, below in pairwise(parts) if part.depth == 0 < below.depth]
    return tuple(part.key for part in pairs if len(pairs) > _MANY and part.alike)
