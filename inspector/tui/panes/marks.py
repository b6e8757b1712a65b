"""What a lit line of a code pane carries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from inspector.model.roots import COLOURS

GROUPS = COLOURS
"""Link groups are told apart by this many colours; a higher group number wraps round."""


class Strength(IntEnum):
    """How strongly a line is lit; a stronger mark paints over a weaker one."""

    OTHER = 1
    """Belongs to some group, but not to the one the cursor is in: a gutter mark only."""
    PINNED = 2
    """Belongs to a place that is kept lit while the cursor moves on."""
    RELATIVE = 3
    """Belongs to the place the cursor is on, in this or another pane."""
    ANCHOR = 4
    """The place asked about."""


class NoteMark(IntEnum):
    """What a note is to a line; the number is the place of its character in `Glyphs.notes`."""

    HERE = 0
    """It stands here."""
    RELATED = 1
    """It stands elsewhere, at something that is linked to this line."""
    AUTOMATIC = 2
    """It was written from a fact."""


@dataclass(frozen=True)
class Mark:
    """How one line is lit."""

    group: int
    """The link group, 0 or more; its colour is `group % GROUPS`."""
    strength: Strength = Strength.RELATIVE
    spans: tuple[tuple[int, int | None], ...] = ()
    """Column ranges (start, exclusive end or None for the line's end) that are meant exactly; empty: the whole line."""
    groups: tuple[int, ...] = ()
    """The group of each of the spans, where they have colours of their own; a later one lies over an earlier one."""

    def colour(self, span: int) -> int:
        """The group of a span by its place."""
        return self.groups[span] if self.groups else self.group
