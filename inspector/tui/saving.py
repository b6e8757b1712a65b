"""Saving notes: in the bundle that is open, else as a bundle of what is on screen; and asking before they are lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.errors import InspectorError
from inspector.model.capture import Capture
from inspector.tui.notebook import Notebook

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen
    from inspector.tui.main import MainScreen

Then = Callable[[], None]
"""What to do once all is saved."""
FOR_GUESTS = "This is a guest's view: it writes nothing on this machine."


def guest() -> bool:
    """Whether this screen was handed to somebody else by `inspector serve`: then it writes nothing on this machine."""
    return os.environ.get("INSPECTOR_GUEST") == "1"


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


def save(screen: MainScreen | LogScreen, notebook: Notebook, then: Then | None = None) -> None:
    """Saves into the bundle that is open, else asks for a name and makes one.

    Args:
        screen: what is on screen.
        notebook: what was noted.
        then: what to do once all is saved.
    """
    if notebook.place is not None:
        _into_bundle(screen, notebook, then)
        return
    from inspector.tui.screens.export import export_noted

    try:
        capture = annotated(capture_of(screen, notebook), notebook)
    except InspectorError as error:
        screen.notify(f"{error.message} {error.hint}", severity="error", timeout=10)
        return
    export_noted(screen, capture, kept(notebook, capture, then))


def leave(screen: MainScreen | LogScreen, notebook: Notebook, go: Then) -> None:
    """Leaves, unless notes would be lost: then the person is asked; asked for again, it leaves."""
    from inspector.tui.screens.noting import LeaveScreen

    if not notebook.unsaved or isinstance(screen.app.screen, LeaveScreen):
        go()
        return
    where = f"in {notebook.place.name}" if notebook.place is not None else "in a bundle"
    count = len({*notebook.notes} ^ {*notebook.saved})
    what = "A change to the notes" if count == 1 else f"{count} changes to the notes"
    words = f"{what} would be lost. Save {'it' if count == 1 else 'them'} {where}?"

    def answered(answer: str | None) -> None:
        if answer == "save":
            save(screen, notebook, go)
        elif answer == "discard":
            go()

    screen.push(LeaveScreen(words), answered)


def _into_bundle(screen: MainScreen | LogScreen, notebook: Notebook, then: Then | None) -> None:
    from inspector.bundle.annotate import annotate

    assert notebook.place is not None
    if guest():
        screen.notify(FOR_GUESTS, severity="warning", timeout=5)
        return
    if not notebook.unsaved:
        screen.notify(f"Nothing has changed since {notebook.place.name} was saved.", timeout=3)
    else:
        try:
            notes, words = annotate(notebook.place, notebook.merged)
        except InspectorError as error:
            screen.notify(f"{error.message} {error.hint}", severity="error", timeout=10)
            return
        notebook.notes = notebook.saved = notes
        screen.notify(" ".join((f"Saved in {notebook.place.name}.", *words)), timeout=10 if words else 3)
    if then is not None:
        then()


def capture_of(screen: MainScreen | LogScreen, notebook: Notebook) -> Capture:
    """What is saved: the capture on screen; of a log, that compile id and those that have notes.

    Raises:
        InspectorError: the log cannot be read.
    """
    from inspector.tui.main import MainScreen

    log = screen.log_screen if isinstance(screen, MainScreen) else screen
    if log is None:
        assert isinstance(screen, MainScreen)
        return screen.session.capture
    wanted = {note.span.artifact.partition(":")[0] for note in notebook.notes if note.span is not None}
    wanted |= {note.compile_id for note in notebook.notes if note.compile_id is not None}
    if isinstance(screen, MainScreen) and screen.session.compile_id is not None:
        wanted.add(screen.session.compile_id)
    known = log.views.state.overview.by_id
    ids = tuple(compile_id for compile_id in known if compile_id in wanted)
    return log.source.capture(ids or tuple(known))
