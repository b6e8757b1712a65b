"""`annotations.json`: what people noted, and beside it, for other readers, what the facts say."""

from __future__ import annotations

from collections import Counter

from inspector.bundle.contents import Annotations, span_json
from inspector.codec import Json, decode
from inspector.jsontext import Malformed
from inspector.model.annotation import Annotation
from inspector.model.capture import Capture
from inspector.notes.automatic import automatic


def notes_json(capture: Capture) -> Json:
    """The file's content. A reader of this room works the automatic notes out anew."""
    return {
        "version": 1,
        "annotations": [as_json(note) for note in capture.annotations],
        "automatic": [as_json(note) for note in automatic(capture)],
    }


def as_json(note: Annotation) -> Json:
    """One note; what it does not say is left out."""
    data: Json = {"id": note.id, "text": note.text}
    if note.span is not None:
        data["span"] = span_json(note.span)
    told = {"compile_id": note.compile_id, "author": note.author, "time": note.time}
    data |= {key: value for key, value in told.items() if value}
    return data | ({"fact": note.fact.value} if note.fact is not None else {})


def notes(data: bytes) -> tuple[Annotation, ...]:
    """Reads the people's notes of what `notes_json` wrote.

    Raises:
        Malformed: it is something else, or two notes are called the same.
    """
    found = tuple(item.note for item in decode(data, Annotations).annotations)
    if repeated := next((name for name, count in Counter(note.id for note in found).items() if count > 1), None):
        raise Malformed(f"two notes are called {repeated!r}")
    return found
