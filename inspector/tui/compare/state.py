"""The screen of a difference as a state: its parts, which of them is on screen, and what the list leaves out."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.model.difference import CaptureDifference
from inspector.say.doc import Item
from inspector.tui.compare.effects import DifferenceEffect
from inspector.tui.compare.list import only_different
from inspector.tui.compare.parts import DifferencePart

_WIDE = 130
"""Columns from which on the list of parts stands beside what it lists; in fewer, one hides the other."""
_ROOMY = 180
"""Columns from which on the list has room for verdicts, while it has the focus; texts need the room themselves."""


@dataclass(frozen=True)
class DifferenceDesk:
    """One moment of the screen; `inspector.tui.compare.after` makes the next."""

    names: tuple[str, ...]
    """What is held against what; one name for what has more than two sides."""
    about: str
    """More words about it."""
    every: tuple[DifferencePart, ...]
    """All parts, in the order to list them."""
    key: str
    """Of the part on screen."""
    difference: CaptureDifference | None = None
    """What the parts are of, to be shared; None where it is no difference of captures."""
    alone: bool = False
    """Whether it is the only screen there is, which escape does not close."""
    from_list: bool = False
    """Whether it began with the list."""
    only: bool = False
    """Whether the list leaves out what does not differ."""
    listing: bool = False
    """Whether the list is on screen, where there is no room beside it."""
    in_list: bool = False
    """Whether the list has the keys."""
    last: bool = False
    """Whether a text that comes on screen begins with its last change."""
    width: int = 0
    effects: tuple[DifferenceEffect, ...] = ()

    @property
    def parts(self) -> tuple[DifferencePart, ...]:
        """What is listed."""
        return only_different(self.every) if self.only else self.every

    def by_key(self, key: str) -> DifferencePart:
        """A part."""
        return next(part for part in self.every if part.key == key)

    @property
    def part(self) -> DifferencePart:
        """What is on screen."""
        return self.by_key(self.key)

    @property
    def narrow(self) -> bool:
        """Whether the list hides what it lists, or that the list."""
        return self.width < _WIDE or len(self.every) == 1

    @property
    def roomy(self) -> bool:
        """Whether the list has room for verdicts."""
        return self.width >= _ROOMY and self.in_list

    def status(self, place: str, row: Item | None) -> tuple[str, str]:
        """The bottom row.

        Args:
            place: where in a text the cursor is.
            row: the one under the cursor of a table that has the keys.
        """
        part, many, parts = self.part, len(self.every) > 1, self.parts
        where = f"{parts.index(part) + 1}/{len(parts)} " if many and part in parts else ""
        words = []
        if part.text is not None:
            words.append(place)
        elif part.table is not None and row is not None:
            words.append("  ".join(filter(None, (cell.text for cell in row.cells[1:3]))))
            if row.key in part.table.leads:
                words.append("Enter shows the code")
        if self.in_list:
            words.append("Enter shows it · x only what differs")
        words.append("n N differences")
        if many:
            words.append("[ ] parts" if self.in_list else "Tab list")
        if not self.alone or (self.narrow and not self.in_list):
            words.append("Esc back")
        if part.text is not None:
            words.append("J everything · v columns")
        if self.difference is not None:
            words.append("E page")
        return f"{where}{part.title}", " · ".join(filter(None, words))
