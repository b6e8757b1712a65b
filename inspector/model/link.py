"""What belongs to what between two artifacts, and how that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from inspector.model.artifact import Span


class Origin(StrEnum):
    """How a link is known, strongest first. A guess is never shown as knowledge."""

    EXACT = "exact"
    """Recorded by the compiler while the code was generated."""
    DEBUG_INFO = "debug_info"
    """Read from the line tables of the binary that runs."""
    ALIGNED = "aligned"
    """Worked out afterwards from the two texts."""
    KERNEL = "kernel"
    """Only known for the kernel as a whole."""

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return _RANK[self]


_RANK = {origin: rank for rank, origin in enumerate(Origin)}


class Link(NamedTuple):
    """Two spans that belong together; `a` is the earlier stage."""

    a: Span
    b: Span
    origin: Origin


class Relative(NamedTuple):
    """A span that belongs to the place one asked about."""

    span: Span
    origin: Origin
    """The weakest origin on the way there: a chain is known only as well as its weakest link."""


@dataclass(frozen=True)
class Relatives:
    """The answer to one look-up: every relative, by artifact."""

    anchors: tuple[Span, ...]
    """The linked spans that the asked place lies in."""
    by_artifact: Mapping[str, tuple[Relative, ...]]
    """Artifact id → relatives in it, by position; the asked artifact holds its own anchors."""

    def __bool__(self) -> bool:
        return bool(self.anchors)

    def __iter__(self) -> Iterator[Relative]:
        for relatives in self.by_artifact.values():
            yield from relatives


class LinkIndex:
    """Answers, for a place in one artifact, which spans elsewhere belong to it.

    A look-up walks from the place towards later stages along `a → b` links and towards earlier stages
    along `b → a` links, and never turns round: a kernel's siblings are not relatives of one of its
    statements merely because they share a kernel.
    """

    def __init__(self, links: Iterable[Link] = ()) -> None:
        raise NotImplementedError  # filled in by the first piece of work on this file
