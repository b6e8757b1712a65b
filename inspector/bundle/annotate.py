"""Writes other notes into a bundle that is there: everything else in it stays as it is, byte for byte."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from inspector.bundle.differences import difference_links
from inspector.bundle.layout import ANNOTATIONS, MANIFEST, PAGE
from inspector.bundle.notes import notes_json
from inspector.bundle.page import render
from inspector.bundle.reader import read_files
from inspector.bundle.writer import zipped
from inspector.codec import dump
from inspector.errors import UsageError
from inspector.files import writing
from inspector.model.annotation import Annotation
from inspector.model.capture import Capture

T = TypeVar("T")
Change = Callable[[tuple[Annotation, ...]], tuple[tuple[Annotation, ...], T]]


def annotate(path: Path, change: Change[T]) -> T:
    """Changes the notes of the bundle at `path`; its page, where it has one, is drawn anew to show them.

    The notes are read and written with nobody else writing, and the bundle changes in one step: a reader finds the old
    one or the new one. Files that somebody put beside those of the bundle stay.

    Args:
        change: takes the notes that are there, and gives those that shall be, and what to return.

    Raises:
        UsageError: as `read`; what `change` raises; or it cannot be written.
    """
    try:
        with writing(path) as place:
            capture, manifest, files = read_files(path)
            notes, result = change(capture.annotations)
            _require_places(path, capture, notes)
            capture = replace(capture, annotations=notes)
            made = {ANNOTATIONS: dump(notes_json(capture))}
            if PAGE in files:
                made[PAGE] = render(capture, difference_links(capture, files)).encode()
            for name, data in made.items():
                manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            made = {MANIFEST: dump(manifest), **made}
            if place.path.is_dir():
                place.folder(_copy(place.path, made), force=True)
            else:
                place.file(zipped({MANIFEST: made[MANIFEST], **files, **made}), force=True)
            return result
    except OSError as error:
        raise UsageError(
            f"The notes cannot be written to {path}: {error.strerror or error}.",
            "Make room there, or copy the bundle to where you may write and note on that.",
        ) from error


def _require_places(path: Path, capture: Capture, notes: tuple[Annotation, ...]) -> None:
    for note in notes:
        if note.span is not None and note.span.artifact not in capture.by_id and note not in capture.annotations:
            raise UsageError(
                f"{path} has no {note.span.artifact} any more, on which a note stands: another capture took its place.",
                "Nothing was written. Keep the notes by exporting what is on screen under another name.",
            )


def _copy(target: Path, made: dict[str, bytes]) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        shutil.copytree(target, folder, symlinks=True, dirs_exist_ok=True)
        for name, data in made.items():
            (folder / name).write_bytes(data)

    return fill
