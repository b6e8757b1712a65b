"""Parts of the state of a log's screen: how far it is read, how rows are wanted, the rows of a view. No Textual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspector.errors import InspectorError
from inspector.model.overview import Overview
from inspector.say.doc import Column, Item, Section
from inspector.trace.log import IndexProgress, Source
from inspector.trace.reader import BadRecord

VIEWS = (
    ("compiles", "Compiles", "Every compile id: by the user's code, with status, time, breaks, recompiles and caches."),
    ("time", "Time", "Where the time went, as a flame graph and as a table."),
    ("breaks", "Graph breaks", "The graph breaks, each reason once, with every place."),
    ("recompiles", "Recompiles", "Each function that was compiled again, with the guard that failed."),
    ("ranks", "Ranks", "All ranks in one view, and where they differ."),
    ("records", "Records", "Files, records by kind, and the damage with its byte offsets."),
    (
        "pieces",
        "Pieces",
        "What a server compiled in pieces, for each range of token counts; what a cache folder holds.",
    ),
)
"""Name, title and one sentence of each view, in the order of their keys."""
NAMES = tuple(name for name, _, _ in VIEWS)


@dataclass(frozen=True)
class LogState:
    """One moment of a log that is being indexed, verified or followed."""

    overview: Overview = field(default_factory=lambda: Overview(complete=False))
    progress: IndexProgress = field(default_factory=lambda: IndexProgress(0, None))
    verified: IndexProgress | None = None
    """How far the checksums have been verified; None before that begins."""
    indexed: bool = False
    """Whether all of it that was there has been indexed once."""
    stored: bool = False
    """Whether it is a folder of compiled code, read as if it were a log."""
    followed: bool = False
    """Whether more of it is still being written."""
    records: int = 0
    sources: tuple[Source, ...] = ()
    ignored: tuple[Path, ...] = ()
    kinds: Mapping[str, int] = field(default_factory=dict)
    bad: tuple[BadRecord, ...] = ()
    error: InspectorError | None = None
    """Why reading ended; None while it goes well."""

    @property
    def checking(self) -> bool:
        """Whether checksums are still being verified."""
        return self.verified is not None and self.verified.done < (self.verified.total or 0)


@dataclass(frozen=True)
class Options:
    """How a person wants to see the rows of one view."""

    sort: str = ""
    """Title of the column to sort by; empty for the log's own order."""
    flat: bool = False
    """Whether to leave the tree out."""
    needle: str = ""
    """What rows must hold, see `inspector.model.selection`."""


@dataclass(frozen=True)
class ViewRows:
    """The rows of one view."""

    columns: tuple[Column, ...]
    items: tuple[Item, ...]
    empty: str
    """What to say where there is nothing."""
    lit: str = ""
    """Words to light up in the rows."""


About = Sequence[Section]
"""What the details say of the row under the cursor."""
