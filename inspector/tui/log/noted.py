"""The notes of a whole session on the screen of its log: listed, gone to, saved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from inspector.model.annotation import Annotation
from inspector.tui.desk.intents import GoToNote

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen


def list_notes(screen: LogScreen) -> None:
    """Lists what was noted at any compile id; the chosen note is gone to."""
    from inspector.tui.desk.notes import choice
    from inspector.tui.screens.picker import Picker

    notes = screen.notebook.notes
    if not notes:
        screen.notify("There are no notes yet: a puts one on a line of a compile id.", timeout=3)
        return
    choices = [choice(note, _where(note), note.author) for note in notes]
    screen.push(Picker("Notes", choices), partial(_go, screen))


def _where(note: Annotation) -> str:
    """A note's place in words, without the capture that it lies in."""
    if note.span is None:
        return note.compile_id or ""
    name = note.span.artifact.removeprefix("source:")
    return f"{name}:{note.span.start.line}" + (f" of {note.compile_id}" if note.compile_id else "")


def _go(screen: LogScreen, key: str | None) -> None:
    note = next((note for note in screen.notebook.notes if note.id == key), None)
    if note is None:
        return
    known = screen.views.state.overview.by_id
    named = note.span.artifact.partition(":")[0] if note.span is not None else ""
    compile_id = next((item for item in (named, note.compile_id) if item in known), None)
    if compile_id is None:
        screen.notify("This log holds the place of that note no more.", severity="warning", timeout=4)
        return

    screen.opener.open(compile_id, then=GoToNote(note.id))
