"""Places in artifacts: what belongs to one, and what is noted at them."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.cli.documents.shapes import extended
from inspector.model.annotation import Annotation
from inspector.model.artifact import Position
from inspector.model.link import Origin
from inspector.model.stage import Stage


@dataclass(frozen=True)
class InArtifact:
    """Something in an artifact."""

    artifact: str
    """The artifact's id."""
    stage: Stage
    compile_id: str | None
    kernel: str | None
    text: str
    """What stands there; of several lines the first, and how many follow."""


@dataclass(frozen=True)
class AskedPlace(InArtifact):
    """The place that was asked for."""

    line: int
    """From 1."""
    col: int | None
    """From 0; null for the whole line."""


@dataclass(frozen=True)
class Extent:
    """From where to where."""

    start: Position
    end: Position


@dataclass(frozen=True)
class RelatedPlace(InArtifact):
    """What belongs to it in another artifact."""

    start: Position
    end: Position
    origin: Origin
    """How that is known."""


@dataclass(frozen=True)
class LinksDocument:
    """What belongs to a place, in all stages."""

    at: AskedPlace
    anchors: tuple[Extent, ...]
    """The spans there that links are known of."""
    relatives: tuple[RelatedPlace, ...]


@dataclass(frozen=True, kw_only=True)
class ShownAnnotation(Annotation):
    """A note, and where it stands."""

    at: str | None
    """Its place as `--at` takes it; null for a note about a compile id, or about the capture."""
    line: str | None
    """What stands there."""
    origin: Origin | None
    """With `--at`: how it is known that it belongs to that place."""

    @classmethod
    def of(cls, note: Annotation, at: str, line: str, origin: Origin | None) -> ShownAnnotation:
        """A note at a place; an empty one for none."""
        return extended(cls, note, at=at or None, line=line if at else None, origin=origin)


@dataclass(frozen=True)
class AnnotationsDocument:
    """What people noted, and what facts say by themselves."""

    annotations: tuple[ShownAnnotation, ...]


@dataclass(frozen=True)
class AnnotationChange:
    """A note that was just added, changed or removed."""

    done: str
    """`added`, `changed` or `removed`."""
    annotation: ShownAnnotation
