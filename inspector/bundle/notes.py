"""`annotations.json`: what people noted, and beside it, for other readers, what the facts say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from inspector.bundle.codec import Json, Malformed, get, maybe, objects, read_span, span_json
from inspector.model.annotation import Annotation
from inspector.model.capture import Capture
from inspector.notes import automatic


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


def notes(data: Any) -> tuple[Annotation, ...]:
    """Reads the people's notes of what `notes_json` wrote."""
    found = tuple(_annotation(item) for item in objects(data, "annotations"))
    if repeated := _repeated(note.id for note in found):
        raise Malformed(f"two notes are called {repeated!r}")
    return found


def _annotation(data: Json) -> Annotation:
    span = maybe(data, "span", dict)
    try:
        place = read_span(span) if span is not None else None
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed(f"the place of a note is not complete ({error})") from error
    return Annotation(
        get(data, "id", str),
        get(data, "text", str),
        place,
        maybe(data, "compile_id", str),
        maybe(data, "author", str) or "",
        maybe(data, "time", str) or "",
    )


def _repeated(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""
