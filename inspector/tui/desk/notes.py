"""Notes: where they show on the desk, and what the person does with them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.link import LinkIndex
from inspector.model.stage import Stage
from inspector.notes import Placed, PlacedNotes, added, changed, removed, span_at, summary
from inspector.notes.automatic import automatic
from inspector.say.doc import Row, Section, Tone
from inspector.say.names import place
from inspector.tui.choice import Choice
from inspector.tui.desk.effects import AskNote, Pick
from inspector.tui.desk.intents import EditNote, GoToNote, Here, RemoveNote, WriteNote
from inspector.tui.desk.remembered import remembered
from inspector.tui.desk.state import Desk, say, with_effect
from inspector.tui.panes.marks import NoteMark
from inspector.tui.widgets.glyphs import glyphs

_LONGEST = 40
"""Characters of a note in the status line."""
_LISTED = 65
"""Characters of a note and its place in a list."""


# --- where they show ----------------------------------------------------------------------------------------


def placed(desk: Desk) -> PlacedNotes:
    """All notes on the newest links, those too that the facts write once there are all of them."""
    return _placed(desk.notes, () if desk.compiling else _automatic(desk.capture), desk.index)


@remembered(lambda *made_from: made_from)
def _placed(notes: tuple[Annotation, ...], automatic: tuple[Annotation, ...], index: LinkIndex) -> PlacedNotes:
    return PlacedNotes((*notes, *automatic), index)


def _facts(capture: Capture) -> tuple[object, ...]:
    """Samples of the race make another capture many times a second, and change nothing of these."""
    about = capture.compilations, capture.graph_breaks, capture.recompiles, capture.fusions
    return *about, capture.phases, capture.profiles, capture.artifacts


_automatic = remembered(_facts)(automatic)


def _marked(item: Placed) -> NoteMark:
    if item.note.automatic:
        return NoteMark.AUTOMATIC
    return NoteMark.HERE if item.origin is None else NoteMark.RELATED


def marks(desk: Desk, artifact: Artifact) -> Mapping[int, NoteMark]:
    """The lines of a text that a note is to be seen at."""
    return {line: _marked(item) for line, item in placed(desk).marks(artifact.id).items()}


def here(desk: Desk) -> tuple[Placed, ...]:
    """The notes that show at the place asked about."""
    if desk.group is None:
        return ()
    artifact_id, position = desk.group.spot
    artifact = desk.capture.by_id.get(artifact_id)
    if artifact is None or position.line > len(artifact.lines):
        return ()
    # Of what stands in the line itself nothing is left out, wherever in it the cursor is.
    return placed(desk).at(artifact_id, position.line, None, desk.group.relatives)


def words(desk: Desk) -> str:
    """The notes here, for the status line; empty for none."""
    found = [item.note for item in here(desk) if not item.note.automatic]
    if not found:
        return ""
    text = _cut(summary(found[0].text), _LONGEST)
    return f"{glyphs().notes[0]} {text}" + (f" and {len(found) - 1} more" if len(found) > 1 else "")


def section(desk: Desk) -> Section | None:
    """The notes here, for the details; None for none."""
    found = here(desk)
    if not found:
        return None
    return Section("here", "Notes here", len(found), tuple(row for item in found for row in _rows(desk, item)), "")


def _rows(desk: Desk, item: Placed) -> tuple[Row, ...]:
    note = item.note
    by = note.fact.value.replace("_", " ") if note.fact is not None else note.author
    about = " · ".join(filter(None, (by, note.time, where(desk, note))))
    tone = Tone.QUIET if note.automatic else Tone.WARNING
    return Row(f"{glyphs().notes[_marked(item)]} {about}".rstrip(), tone), Row(note.text, depth=1, markdown=True)


def _artifact(desk: Desk, note: Annotation) -> Artifact | None:
    return desk.capture.by_id.get(note.span.artifact) if note.span is not None else None


def where(desk: Desk, note: Annotation) -> str:
    """A note's place in words: `modeling_llama.py:164`, `ATen:12`."""
    artifact = _artifact(desk, note)
    if note.span is None or artifact is None:
        return note.compile_id or (note.span.artifact if note.span is not None else "")
    line = note.span.start.line
    if artifact.stage is Stage.SOURCE:
        return place(artifact.path or artifact.id, line)
    return f"{artifact.stage.short}:{line}" + (f" of {artifact.compile_id}" if artifact.compile_id else "")


# --- writing them -------------------------------------------------------------------------------------------


def add(desk: Desk, at: Here) -> Desk:
    """Asks for a note on the selection, else on what the cursor is on."""
    if at.artifact is None:
        return say(desk, "There is no text to note on yet.")
    artifact = at.artifact
    if at.selection is not None:
        span = Span(artifact.id, *at.selection)
    else:
        line, col = at.cursor
        meant = col if artifact.lines[line - 1][: col + 1].strip() else None  # in the indentation, the whole line
        span = span_at(artifact, desk.index, line, meant)
    name = where(desk, Annotation("", "", span))
    text = artifact.lines[span.start.line - 1]
    if span.last_line > span.start.line:
        about = f"{name}–{span.last_line}"
    else:
        part = text[span.start.col : span.end.col] if span.end.line == span.start.line else text
        about = f"{name}  {part.strip()[:48]}"
    return with_effect(desk, AskNote(f"Note on {about}", "", desk.author, partial(WriteNote, span=span)))


def edit(desk: Desk, note: Annotation) -> Desk:
    """Asks for another text of a note."""
    title = f"Note on {where(desk, note)}"
    return with_effect(desk, AskNote(title, note.text, note.author, partial(WriteNote, id=note.id)))


def remove(desk: Desk, note: Annotation) -> Desk:
    """Removes a note."""
    notes, _ = removed(desk.notes, note.id)
    return say(replace(desk, notes=notes), f"Removed: {summary(note.text)}")


def one_of(
    desk: Desk, title: str, act: Callable[[Desk, Annotation], Desk], then: type[EditNote] | type[RemoveNote]
) -> Desk:
    """Does something with the note here; where there are several, the person says with which."""
    found = [item.note for item in here(desk) if not item.note.automatic]
    if not found:
        return say(desk, "No note of yours shows here: a writes one, M lists all.", timeout=4)
    if len(found) == 1:
        return act(desk, found[0])
    return with_effect(desk, Pick(title, tuple(choice(note, where(desk, note)) for note in found), None, then))


def listed(desk: Desk) -> Desk:
    """Lists every note; the chosen one is gone to."""
    notes = placed(desk).notes
    if not notes:
        return say(desk, "There are no notes yet: a puts one on this line.")
    choices = (choice(note, where(desk, note), "" if note.automatic else note.author) for note in notes)
    return with_effect(desk, Pick("Notes", tuple(choices), None, GoToNote))


def goal(desk: Desk, note: Annotation) -> tuple[Artifact, Position] | None:
    """Where a note leads; None for one about the whole."""
    artifact = _artifact(desk, note)
    if note.span is None or artifact is None:
        return None
    start = note.span.start
    return artifact, Position(min(start.line, len(artifact.lines)), start.col)


def found(desk: Desk, key: str) -> Annotation | None:
    """The note of that id."""
    return next((note for note in placed(desk).notes if note.id == key), None)


def write(desk: Desk, written: WriteNote) -> Desk:
    """Keeps what a person wrote; an empty text of a note that there is removes it."""
    if written.id is None:
        if not written.text or written.span is None:
            return desk
        # Of a log, the compile id says what to save together with the source file.
        at = desk.compile_id if desk.of_log else None
        about = {"compile_id": at, "author": written.author, "time": written.time}
        notes, _ = added(desk.notes, written.span, written.text, **about)  # type: ignore[arg-type]
        desk = replace(desk, notes=notes, author=written.author)
        return say(desk, "Noted. It is in this session until Ctrl+S saves it.")
    note = found(desk, written.id)
    if note is None:
        return desk
    if not written.text:
        return remove(desk, note)
    if (written.text, written.author) == (note.text, note.author):
        return desk
    notes, _ = changed(desk.notes, note.id, written.text, author=written.author, time=written.time)
    return say(replace(desk, notes=notes), "Changed.")


def choice(note: Annotation, where: str, below: str = "") -> Choice:
    """A note in a list: its first words and its place, on one line of a small terminal."""
    return Choice(note.id, _cut(summary(note.text), max(24, _LISTED - len(where))), where, below)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
