"""Notes on places: where they show, how they are changed, and those that are written from facts.

One place for all faces: a note shows where it stands and at what its place became or came from, as the link index says.
"""

from inspector.notes.automatic import automatic
from inspector.notes.blocks import summary
from inspector.notes.edit import added, changed, found, merged, moved, removed, span_at
from inspector.notes.placed import Placed, PlacedNotes

__all__ = [
    "Placed",
    "PlacedNotes",
    "added",
    "automatic",
    "changed",
    "found",
    "merged",
    "moved",
    "removed",
    "span_at",
    "summary",
]
