"""Saving notes: in the bundle that is open, else as a bundle of what is on screen; and asking before they are lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.errors import InspectorError
from inspector.model.capture import Capture
from inspector.tui.guests import FOR_GUESTS, guest
from inspector.tui.notebook import Notebook, Notes

if TYPE_CHECKING:
    from inspector.tui.front import Noted

Then = Callable[[], None]
"""What to do once all is saved."""


def annotated(capture: Capture, notebook: Notebook) -> Capture:
    """A capture with the notes on it: those whose place it holds, and those that have none."""
    notes = tuple(note for note in notebook.notes if note.span is None or note.span.artifact in capture.by_id)
    return replace(capture, annotations=notes)


def kept(notebook: Notebook, capture: Capture, then: Then | None = None) -> Callable[[], None]:
    """What to do when a capture has been written whole: its notes are saved."""
    notes = notebook.notes

    def done() -> None:
        if capture.annotations == notes:
            notebook.saved = notes
        if then is not None:
            then()

    return done


def noted_ids(notes: Notes, known: Sequence[str], *more: str | None) -> tuple[str, ...]:
    """Of the compile ids of a log those that have notes, and some more; all of them where there is none."""
    wanted = {note.span.artifact.partition(":")[0] for note in notes if note.span is not None}
    wanted |= {note.compile_id for note in notes if note.compile_id is not None} | {item for item in more if item}
    return tuple(compile_id for compile_id in known if compile_id in wanted) or tuple(known)


def save(screen: Noted, then: Then | None = None) -> None:
    """Saves into the bundle that is open, else asks for a name and makes one.

    Args:
        screen: what is on screen.
        then: what to do once all is saved.
    """
    notebook = screen.notebook
    try:
        if notebook.place is not None:
            _into_bundle(screen, notebook, notebook.place, then)
            return
        from inspector.tui.screens.export import ExportPrompt

        capture = annotated(screen.to_save(), notebook)
        done = kept(notebook, capture, then)
        screen.push(ExportPrompt(screen.heading, lambda: capture, "with the notes", done))
    except InspectorError as error:
        screen.notify(f"{error.message} {error.hint}", severity="error", timeout=10)


def keep(screen: Noted) -> None:
    """Puts what is on screen into the library, with its notes; a toast says under which name."""
    from inspector.tui.screens.file_prompt import FilePrompt, WrittenFile

    if guest():
        screen.notify(FOR_GUESTS, severity="warning", timeout=5)
        return
    try:
        capture = annotated(screen.to_save(), screen.notebook)
    except InspectorError as error:
        screen.notify(f"{error.message} {error.hint}", severity="error", timeout=10)
        return

    def work() -> WrittenFile:
        from inspector.library import Library
        from inspector.say.library import kept_words

        return WrittenFile(kept_words(Library().keep(capture)), "")

    screen.app.post_message(FilePrompt.Accepted(work))


def leave(screen: Noted, go: Then) -> None:
    """Leaves, unless notes would be lost: then the person is asked; asked for again, it leaves."""
    from inspector.tui.screens.noting import LeaveScreen

    notebook = screen.notebook
    if not notebook.unsaved or isinstance(screen.app.screen, LeaveScreen):
        go()
        return
    where = f"in {notebook.place.name}" if notebook.place is not None else "in a bundle"
    count = len({*notebook.notes} ^ {*notebook.saved})
    what = "A change to the notes" if count == 1 else f"{count} changes to the notes"
    words = f"{what} would be lost. Save {'it' if count == 1 else 'them'} {where}?"

    def answered(answer: str | None) -> None:
        if answer == "save":
            save(screen, go)
        elif answer == "discard":
            go()

    screen.push(LeaveScreen(words), answered)


def _into_bundle(screen: Noted, notebook: Notebook, place: Path, then: Then | None) -> None:
    from inspector.bundle.annotate import annotate

    if guest():
        screen.notify(FOR_GUESTS, severity="warning", timeout=5)
        return
    if not notebook.unsaved:
        screen.notify(f"Nothing has changed since {place.name} was saved.", timeout=3)
    else:
        notes, words = annotate(place, notebook.merged)
        notebook.notes = notebook.saved = notes
        screen.notify(" ".join((f"Saved in {place.name}.", *words)), timeout=10 if words else 3)
    if then is not None:
        then()
