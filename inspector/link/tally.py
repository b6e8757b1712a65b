"""Links found and links that had to be given up, with the reason: a gap is counted, never papered over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from inspector.model.artifact import Span
from inspector.model.link import Link, Origin


@dataclass
class Tally:
    """What one linker found."""

    links: list[Link] = field(default_factory=list)
    gaps: Counter[str] = field(default_factory=Counter)
    """What could not be linked, in words, and how often."""

    def link(self, a: Span, b: Span, origin: Origin) -> None:
        """Ties an earlier span to a later one."""
        self.links.append(Link(a, b, origin))

    def gap(self, reason: str, count: int = 1) -> None:
        """Counts what the record names but the text does not hold."""
        if count:
            self.gaps[reason] += count

    def extend(self, others: Iterable[Tally]) -> None:
        """Adds what other linkers found."""
        for other in others:
            self.links += other.links
            self.gaps += other.gaps
