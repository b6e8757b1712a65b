"""Where notes show: at their own place, and at all that belongs to it in other stages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from inspector.model.annotation import Annotation
from inspector.model.artifact import Position, Span
from inspector.model.link import LinkIndex, Origin, Relative, Relatives


class Placed(NamedTuple):
    """A note at a place."""

    note: Annotation
    origin: Origin | None
    """How the place is known to belong to the note's own; None at the note's own place."""


class PlacedNotes:
    """Notes, and the places of a capture that they show at.

    A person's note marks its own place and all that the links lead to from there. An automatic note marks its own
    place only, which is a whole kernel at times, and still shows wherever the cursor is on something linked to that.

    Args:
        notes: in the order to list them.
        index: the capture's link index.
    """

    def __init__(self, notes: Iterable[Annotation], index: LinkIndex) -> None:
        self.notes = tuple(notes)
        self._index = index
        self._relatives: dict[str, Mapping[str, tuple[Relative, ...]]] = {}

    def relatives(self, note: Annotation) -> Mapping[str, tuple[Relative, ...]]:
        """Artifact id → what belongs to a note's place there, that of the note itself included."""
        if note.span is None or note.automatic:
            return {}
        if note.id not in self._relatives:
            self._relatives[note.id] = self._index.around(note.span).by_artifact
        return self._relatives[note.id]

    def at(
        self, artifact_id: str, line: int, col: int | None = None, relatives: Relatives | None = None
    ) -> tuple[Placed, ...]:
        """The notes that show at a place, those that stand there first.

        Args:
            line: 1-based.
            col: 0-based; None means the whole line.
            relatives: what the index says of the place, where that was looked up already.
        """
        return self.within(_line_or_column(artifact_id, line, col), relatives)

    def within(self, place: Span, relatives: Relatives | None = None) -> tuple[Placed, ...]:
        """The notes that show anywhere in a range, as `at` a place."""
        asked = relatives
        if asked is None and self._travelling:
            asked = self._index.around(place)
        own: list[Placed] = []
        others: list[Placed] = []
        for note in self.notes:
            if note.span is None:
                continue
            if _overlap(note.span, place):
                own.append(Placed(note, None))
            elif note.automatic and asked is not None:
                here = [
                    item for item in asked.by_artifact.get(note.span.artifact, ()) if _overlap(item.span, note.span)
                ]
                others += [Placed(note, _best(here))] if here else []
            else:
                here = [item for item in self.relatives(note).get(place.artifact, ()) if _overlap(item.span, place)]
                others += [Placed(note, _best(here))] if here else []
        return (*own, *others)

    def marks(self, artifact_id: str) -> Mapping[int, Placed]:
        """1-based line of an artifact → the note to mark it with: a person's before an automatic one.

        A span of several lines is marked at its first.
        """
        found: dict[int, Placed] = {}
        for line, placed in self._marked(artifact_id):
            known = found.get(line)
            if known is None or _weight(placed) < _weight(known):
                found[line] = placed
        return found

    def _marked(self, artifact_id: str) -> Iterator[tuple[int, Placed]]:
        for note in self.notes:
            if note.span is None:
                continue
            if note.span.artifact == artifact_id:
                yield note.span.start.line, Placed(note, None)
            for item in self.relatives(note).get(artifact_id, ()):
                if not _overlap(item.span, note.span):
                    yield item.span.start.line, Placed(note, item.origin)

    @cached_property
    def _travelling(self) -> bool:
        return any(note.automatic and note.span is not None for note in self.notes)


def _weight(placed: Placed) -> tuple[bool, bool]:
    return placed.note.automatic, placed.origin is not None


def _best(found: Iterable[Relative]) -> Origin:
    return min((item.origin for item in found), key=lambda origin: origin.rank)


def _line_or_column(artifact_id: str, line: int, col: int | None) -> Span:
    if col is None:
        return Span.of_lines(artifact_id, line)
    return Span(artifact_id, Position(line, col), Position(line, col + 1))


def _overlap(a: Span, b: Span) -> bool:
    return a.artifact == b.artifact and a.start < b.end and b.start < a.end
