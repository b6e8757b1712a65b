"""Notes on places: where they show, how they are changed, and those that are written from facts.

One place for all faces: a note shows where it stands and at what its place became or came from, as the link index says.
`notes.automatic` is asked for by its own name: it reads all facts, which the first screen does not wait for.
"""

from inspector.notes.blocks import summary
from inspector.notes.edit import added, changed, found, merged, moved, removed, span_at
from inspector.notes.placed import Placed, PlacedNotes

__all__ = [
    "Placed",
    "PlacedNotes",
    "added",
    "changed",
    "found",
    "merged",
    "moved",
    "removed",
    "span_at",
    "summary",
]
