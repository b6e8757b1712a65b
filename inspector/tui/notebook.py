"""The notes of one run of the app, and whether they are on disk: plain state, without Textual."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.model.annotation import Annotation
from inspector.notes import merged

Notes = tuple[Annotation, ...]


@dataclass
class Notebook:
    """What a person has noted, over every compile id that was opened."""

    notes: Notes = ()
    saved: Notes = ()
    """As they are on disk."""
    place: Path | None = None
    """The bundle that they are kept in; None until there is one."""
    author: str = ""
    """Who writes them; empty to name nobody."""

    @property
    def unsaved(self) -> bool:
        """Whether something would be lost."""
        return self.notes != self.saved

    def merged(self, theirs: Notes) -> tuple[Notes, tuple[Notes, tuple[str, ...]]]:
        """A change for `annotate`: these notes and those that came meanwhile; and the same, with what to say."""
        notes, words = merged(self.saved, self.notes, theirs)
        return notes, (notes, words)
