"""How two texts differ, line by line and thing by thing. Part of `inspector.model.difference`, which has it all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from inspector.model.artifact import Language
from inspector.model.stage import Stage


class Change(StrEnum):
    """What became of something from the first side to the second; later members are larger changes."""

    SAME = "same"
    """To the letter, but for what says nothing about the code: addresses, temporary paths, hashes."""
    ABSENT = "absent"
    """Neither side's record holds anything of it: nothing was compared, and nothing can be said."""
    UNRECORDED = "unrecorded"
    """Only one side's log holds it: the other's code came from a cache, and torch then logs less. No difference."""
    RENAMED = "renamed"
    """The same up to names."""
    MOVED = "moved"
    """The same up to names, at another place in the order."""
    CHANGED = "changed"
    REMOVED = "removed"
    """Only on the first side."""
    ADDED = "added"
    """Only on the second side."""

    @property
    def alike(self) -> bool:
        """Whether it is the same up to names, as far as both sides say."""
        return self in (Change.SAME, Change.UNRECORDED, Change.RENAMED)

    @property
    def compared(self) -> bool:
        """Whether both sides hold it; without that no verdict is a clean one."""
        return self not in (Change.ABSENT, Change.UNRECORDED)


def largest(changes: Iterable[Change]) -> Change:
    """What to say of a whole: the largest change, where anything that came or went is a change of the whole.

    A whole of which nothing was compared is not the same: it is unrecorded, or absent.
    """
    found = set(changes)
    if found & {Change.CHANGED, Change.ADDED, Change.REMOVED}:
        return Change.CHANGED
    order = (Change.MOVED, Change.RENAMED, Change.SAME, Change.UNRECORDED)
    return next((change for change in order if change in found), Change.ABSENT)


# --- texts --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """One side of a text difference: an artifact's text, or a list made for the comparison (a rank's collectives)."""

    label: str
    """The artifact's id, or `rank 1 · collectives`."""
    language: Language
    text: str
    artifact: str | None = None
    """The artifact's id in its capture; None for a list that was made."""

    @cached_property
    def lines(self) -> list[str]:
        """The text cut at newlines, as `Artifact.lines`."""
        return self.text.split("\n") if not self.text.endswith("\n") else self.text[:-1].split("\n")


Columns = tuple[tuple[int, int], ...]
"""Ranges of a line, 0-based in code points, ends exclusive."""


class TextRow(NamedTuple):
    """One row of two columns of text. Each side's lines appear once, in order."""

    change: Change
    a: int | None
    """The 1-based line on the first side; None where that side has nothing here."""
    b: int | None
    parts_a: Columns = ()
    """What differs within the line: of a renamed row the names, of a changed one whatever changed."""
    parts_b: Columns = ()
    other: int | None = None
    """Of a row that shows one side only because its line moved (and perhaps changed): the line on the other side."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One unit of meaning (a graph's node, an operation, a statement) that is not the same on both sides."""

    change: Change
    a: str
    """Its name on the first side, `mul_3`; empty where it has none or is not there."""
    b: str
    line_a: int | None
    line_b: int | None
    what: str
    """In words: `f32[8, 16] → f32[s77, 16]`; of what came or went, its own text."""


@dataclass(frozen=True)
class TextDifference:
    """Two texts of one stage, side by side."""

    title: str
    """`aten`, `kernel cpp_fused_mul_0`, `collectives`."""
    a: Text | None
    """None where only the second side has such a text."""
    b: Text | None
    change: Change
    """Of the whole: SAME, ABSENT (neither has a line that says anything), UNRECORDED, RENAMED (identical up to names),
    MOVED (and up to order), CHANGED, REMOVED or ADDED."""
    rows: tuple[TextRow, ...]
    items: tuple[ItemChange, ...] = ()
    """Nodes, operations and statements that changed, came or went; in the order of the rows."""
    renames: tuple[tuple[str, str], ...] = ()
    """Names of one thing that differ, in the order of the first side."""
    stage: Stage | None = None
    kernel_a: str | None = None
    kernel_b: str | None = None
    compared: int = 0
    """Lines that were held against each other: those of the longer side, without blank ones, braces and comments; 0
    where one side alone has the text."""

    @cached_property
    def counts(self) -> Mapping[Change, int]:
        """How many lines have come to what; one that moved has a row on each side and is one line."""
        return Counter(row.change for row in self.rows if row.other is None or row.b is not None)

    @cached_property
    def changed_lines(self) -> Mapping[int, Change]:
        """What became of the second side's lines, of those that are not alike; of lines that are gone the line after
        them, or the last."""
        if self.b is None:
            return {}
        if self.a is None:
            return dict.fromkeys(range(1, len(self.b.lines) + 1), Change.ADDED)
        found: dict[int, Change] = {}
        last, gone = 0, False
        for row in self.rows:
            if row.b is None:
                gone |= row.change is Change.REMOVED
                continue
            last = row.b
            if not row.change.alike:
                found[last] = row.change
            elif gone:
                found[last] = Change.REMOVED
            gone = False
        if gone and last:
            found.setdefault(last, Change.REMOVED)
        return found

    def near(self, context: int) -> list[bool]:
        """Which rows are at most `context` rows from one that differs."""
        found = [False] * len(self.rows)
        for index, row in enumerate(self.rows):
            if not row.change.alike:
                for number in range(max(0, index - context), min(len(found), index + context + 1)):
                    found[number] = True
        return found
