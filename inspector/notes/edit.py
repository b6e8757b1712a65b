"""Adding, changing and removing notes: a tuple of them in, another out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from inspector.errors import UsageError
from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.link import LinkIndex

Annotations = tuple[Annotation, ...]


def added(
    notes: Annotations,
    span: Span,
    text: str,
    *,
    compile_id: str | None = None,
    author: str = "",
    time: datetime | None = None,
) -> tuple[Annotations, Annotation]:
    """The notes with one more, and that one.

    Args:
        span: where it stands.
        text: Markdown.
        compile_id: in a source file, the compile id that it was written at, if that is to be said.
        author: who wrote it, if that is to be said.
        time: when, if that is to be said.

    Raises:
        UsageError: the text is empty.
    """
    text = _checked(text)
    when = stamp(time)
    note = Annotation(_new_id(notes, span, text, author, when), text, span, compile_id, author, when)
    return (*notes, note), note


def changed(
    notes: Annotations, id: str, text: str, *, author: str | None = None, time: datetime | None = None
) -> tuple[Annotations, Annotation]:
    """The notes with another text in one of them, and that one.

    Args:
        author: who it is by now; None for who wrote it.
        time: when it was changed; None leaves what it says of that.

    Raises:
        UsageError: there is no such note, or the text is empty.
    """
    old = found(notes, id)
    new = replace(
        old, text=_checked(text), author=old.author if author is None else author, time=stamp(time) or old.time
    )
    return tuple(new if note is old else note for note in notes), new


def removed(notes: Annotations, id: str) -> tuple[Annotations, Annotation]:
    """The notes without one of them, and that one.

    Raises:
        UsageError: there is no such note.
    """
    gone = found(notes, id)
    return tuple(note for note in notes if note is not gone), gone


def merged(base: Annotations, mine: Annotations, theirs: Annotations) -> tuple[Annotations, tuple[str, ...]]:
    """The notes after two have changed the same ones: nothing that either wrote is lost.

    What only one side changed is as that side has it. A note that both changed stays as theirs, and mine becomes a note
    of its own; one that one side removed and the other changed stays.

    Args:
        base: as both found them.
        mine: as this side left them.
        theirs: as the other side left them.

    Returns:
        The notes, theirs first; and a sentence about each note that is not simply as this side left it.
    """
    before, here = ({note.id: note for note in notes} for notes in (base, mine))
    there = {note.id: note for note in theirs}
    result: list[Annotation] = []
    words: list[str] = []
    for note in theirs:
        old, own = before.get(note.id), here.get(note.id)
        if own is None and old is not None and note != old:
            words.append(f"The note {note.id} was removed here and changed elsewhere meanwhile: it stays.")
        if own is not None or note != old:
            result.append(own if own is not None and note == old else note)
    for own in mine:
        old, other = before.get(own.id), there.get(own.id)
        if other is None and own != old:
            if old is not None:
                words.append(f"The note {own.id} was removed elsewhere meanwhile and changed here: it stays.")
            result.append(own)
        elif other is not None and own not in (old, other) and other != old:
            twin = replace(own, id=_free_id(result + list(mine), own))
            words.append(f"The note {own.id} was changed elsewhere meanwhile too: what was written here is {twin.id}.")
            result.append(twin)
    return tuple(result), tuple(words)


def found(notes: Annotations, id: str) -> Annotation:
    """The note of that id, or the only one whose id, with or without `n-`, begins with it.

    Raises:
        UsageError: there is none, or there are several; the hint says which ones there are.
    """
    exact = [note for note in notes if note.id == id]
    fitting = exact or [note for note in notes if id and note.id.startswith((id, f"n-{id}"))]
    if len(fitting) == 1:
        return fitting[0]
    which = ", ".join(note.id for note in fitting or notes) or "none; add one with --add PLACE TEXT"
    words = f"Several notes begin with {id!r}." if fitting else f"There is no note {id!r}."
    raise UsageError(words, f"{'They are' if fitting else 'There are'}: {which}.")


def span_at(artifact: Artifact, index: LinkIndex, line: int, col: int | None) -> Span:
    """What a note on a place is about: the smallest linked span around a column, else the whole line.

    Args:
        line: 1-based.
        col: 0-based; None for the whole line.
    """
    if col is None:
        return Span.of_lines(artifact.id, line)
    here = Position(line, col)
    around = [
        anchor
        for anchor in index.relatives(artifact.id, line, col).anchors
        if anchor.artifact == artifact.id and anchor.start <= here < anchor.end
    ]
    if not around:
        return Span.of_lines(artifact.id, line)
    return min(around, key=lambda span: (span.end.line - span.start.line, span.end.col - span.start.col))


def moved(notes: Annotations, index: LinkIndex, kept: Mapping[str, int]) -> Annotations:
    """The notes where some artifacts are gone: what stood in one of those stands at the nearest of its relatives.

    Args:
        kept: ids of the artifacts that are left → their place in the compiler's order, by which the next is found.
    """
    return tuple(_moved(note, index, kept) for note in notes)


def _moved(note: Annotation, index: LinkIndex, kept: Mapping[str, int]) -> Annotation:
    if note.span is None or note.span.artifact in kept:
        return note
    relatives = index.around(note.span).by_artifact
    near = min((item for item in relatives if item in kept), key=lambda item: (kept[item], item), default=None)
    return replace(note, span=relatives[near][0].span if near is not None else None)


def stamp(time: datetime | None) -> str:
    """`2026-05-04T12:00:00Z`; empty for None."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time is not None else ""


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise UsageError("A note needs a text.", "Remove it with --remove ID if nothing is left to say.")
    return text


def _new_id(notes: Iterable[Annotation], span: Span, text: str, author: str, time: str) -> str:
    """Six digits that two people who note on copies of one bundle hardly ever share; the same note has the same."""
    return _free_id(notes, (span, text, author, time))


def _free_id(notes: Iterable[Annotation], content: object) -> str:
    taken = {note.id for note in notes}
    number = 0
    while True:
        made = hashlib.sha256(repr((content, number)).encode(errors="surrogatepass")).hexdigest()
        if (id := f"n-{made[:6]}") not in taken:
            return id
        number += 1
