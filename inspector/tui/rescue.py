"""What becomes of the notes when the app ends by a mistake of its own: one policy, for every place it can come from.

Textual hands every exception that nobody caught to the app: of message handlers, timers, drawing and its workers; those
of other threads are handed to it by the app. Then the notes that are not saved are written as a bundle of what was on
screen, what was being typed too, and one line on the terminal says where. `inspector open` shows them again.
"""

from __future__ import annotations

import json
import os
import platform
import re
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from textual.worker import WorkerFailed

from inspector.errors import EXIT_TARGET_FAILED, InspectorError
from inspector.model.annotation import Annotation
from inspector.paths import free_path
from inspector.tui.panes.text import sanitised

if TYPE_CHECKING:
    from textual.app import App

    from inspector.tui.front import Noted


@dataclass(frozen=True)
class AppEnding:
    """How the app ended that should not have."""

    words: str
    """One line for the terminal: what went wrong, and where the notes are."""
    exit_code: int


def rescue(app: App[Any], front: Noted | None, heading: str, error: BaseException) -> AppEnding:
    """Keeps what would be lost; raises nothing, whatever state the app is in.

    Args:
        app: what ends.
        front: the screen whose notes would be lost; None where there is none.
        heading: what the app was about.
        error: why.
    """
    while isinstance(error, WorkerFailed):
        error = error.error
    known = isinstance(error, InspectorError)
    told = " ".join(str(error).split()) if known else _mistake(error)
    code = error.exit_code if isinstance(error, InspectorError) else EXIT_TARGET_FAILED
    more = " ".join(filter(None, (_notes(app, front, heading), "" if known else _report(error))))
    told = f"{told.removesuffix('.')}. {more}" if more else told
    return AppEnding(sanitised(f"inspector: {told}"), code)


def _mistake(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f", {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    words = " ".join(f"{type(error).__name__}: {error}".split())
    return f"ended by a mistake of its own ({words[:200]}{place})."


# --- the notes ----------------------------------------------------------------------------------------------


def _notes(app: App[Any], front: Noted | None, heading: str) -> str:
    """What became of the notes, in words; empty where none would have been lost."""
    from inspector.tui.guests import guest

    try:
        notes, unsaved = (front.notebook.notes, front.notebook.unsaved) if front is not None else ((), False)
        drafts = _drafts(app)
        if front is None or not (unsaved or drafts):
            return ""
        notes += drafts
        if guest():
            return "A guest's notes are not kept."
        count = f"{len(notes)} {'note is' if len(notes) == 1 else 'notes are'}"
        try:
            path = _kept(heading, ".inspector", lambda path: _as_bundle(front, notes, path))
            return f"The {count} kept in {path}: `inspector open {quote(str(path))}`."
        except Exception as error:  # noqa: BLE001 (what is on screen may be what is broken; the notes are not)
            path = _kept(heading, ".json", lambda path: _as_json(notes, path))
            return f"The {count} kept in {path}, without the texts that they are about ({_mistake(error)[:-1]})."
    except Exception as error:  # noqa: BLE001 (nothing is left to try)
        return f"The notes could not be kept ({type(error).__name__}: {error})."


def _drafts(app: App[Any]) -> tuple[Annotation, ...]:
    """What was being written and not kept yet, as a note about the whole."""
    from inspector.tui.screens.noting import NoteScreen

    texts = [screen.draft for screen in app.screen_stack if isinstance(screen, NoteScreen)]
    return tuple(Annotation(f"n-draft{at or ''}", text) for at, text in enumerate(texts) if text)


def _as_bundle(front: Noted, notes: tuple[Annotation, ...], path: Path) -> None:
    from inspector.bundle import write

    capture = front.to_save()
    lost = [note for note in notes if note.span is not None and note.span.artifact not in capture.by_id]
    if lost:
        raise LookupError(f"{lost[0].id} is about a text that is not there")
    write(replace(capture, annotations=notes), path)


def _as_json(notes: tuple[Annotation, ...], path: Path) -> None:
    from inspector.bundle.notes import as_json

    path.write_text(json.dumps([as_json(note) for note in notes], indent=1), encoding="utf-8")


# --- the report ---------------------------------------------------------------------------------------------


def _report(error: BaseException) -> str:
    """Keeps the traceback for whoever fixes it; says where."""
    from inspector.tui.guests import guest
    from inspector.version import __version__

    if guest():
        return ""
    head = f"inspector {__version__}, Python {platform.python_version()}\n\n"
    text = head + "".join(traceback.format_exception(error))
    try:
        path = _kept("traceback", ".txt", lambda path: path.write_text(text, encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return f"The traceback is in {path}."


# --- where --------------------------------------------------------------------------------------------------


def _kept(name: str, ending: str, write: Callable[[Path], object]) -> Path:
    """Writes a file into the person's state folder, or a temporary one where that cannot be written.

    Raises:
        OSError: neither can.
        Exception: what `write` raises in both.
    """
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:40] or "notes"
    failed: Exception = OSError("there is no folder to write to")
    for folder in _folders():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = free_path(folder, f"{stem}-{now}", ending)
            write(path)
            return path
        except Exception as error:  # noqa: BLE001 (the next folder may do)
            failed = error
    raise failed


def _folders() -> Iterator[Path]:
    """`$XDG_STATE_HOME/inspector/rescued` or `~/.local/state/inspector/rescued`, then a temporary folder."""
    with suppress(RuntimeError):  # no HOME, and the user is in no password file
        yield Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "inspector" / "rescued"
    yield Path(tempfile.mkdtemp(prefix="inspector-rescued-"))
