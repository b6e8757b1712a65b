"""The notes on the page: what their Markdown says and where each of them shows is worked out here.

The page's script looks places up, and makes an element of each block and run: no string ever becomes markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.model.annotation import Annotation
from inspector.model.artifact import Span
from inspector.model.capture import Capture
from inspector.notes import PlacedNotes, summary
from inspector.notes.automatic import automatic
from inspector.notes.blocks import NoteBlock, blocks


def written(capture: Capture) -> list[dict[str, Any]]:
    """People's notes, then those of the facts; those alone that have a place on the page, or none at all."""
    placed = PlacedNotes((*capture.annotations, *automatic(capture)), capture.index)
    return [_note(capture, placed, note) for note in placed.notes]


def _note(capture: Capture, placed: PlacedNotes, note: Annotation) -> dict[str, Any]:
    span = note.span if note.span is not None and note.span.artifact in capture.by_id else None
    at: dict[str, list[list[int]]] = {}
    for found in _spans(placed, note):
        if found.artifact in capture.by_id and [found.start.line, found.last_line] not in at.get(found.artifact, []):
            at.setdefault(found.artifact, []).append([found.start.line, found.last_line])
    return {
        "id": note.id,
        "text": [_block(block) for block in blocks(note.text)],
        "summary": summary(note.text),
        "by": note.fact.value.replace("_", " ") if note.fact is not None else note.author,
        "time": note.time,
        "automatic": note.automatic,
        "compileId": note.compile_id,
        "place": [span.artifact, span.start.line, span.last_line, span.start.col] if span is not None else None,
        "at": at,
    }


def _spans(placed: PlacedNotes, note: Annotation) -> Iterator[Span]:
    """Its own place, and what belongs to that."""
    if note.span is not None:
        yield note.span
    for found in placed.relatives(note).values():
        yield from (item.span for item in found)


def _block(block: NoteBlock) -> list[Any]:
    """Kind, number, runs, children."""
    runs = [[run.text, run.look.value, run.link] if run.link else [run.text, run.look.value] for run in block.runs]
    return [block.kind.value, block.number, runs, [_block(child) for child in block.children]]
