"""Writes other notes into a bundle that is there: everything else in it stays as it is, byte for byte."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from inspector.bundle import codec
from inspector.bundle.differences import difference_links
from inspector.bundle.layout import ANNOTATIONS, MANIFEST, PAGE
from inspector.bundle.notes import notes_json
from inspector.bundle.page import render
from inspector.bundle.reader import read_files
from inspector.bundle.writer import swap, write_zip
from inspector.errors import UsageError
from inspector.model.annotation import Annotation


def annotate(path: Path, notes: tuple[Annotation, ...]) -> None:
    """Replaces the notes of the bundle at `path`; its page, where it has one, is drawn anew to show them.

    The bundle changes in one step: a reader finds the old one or the new one. Files that somebody put beside those of
    the bundle stay.

    Raises:
        UsageError: as `read`; or it cannot be written.
    """
    capture, manifest, files = read_files(path)
    capture = replace(capture, annotations=notes)
    made = {ANNOTATIONS: codec.dump(notes_json(capture))}
    if PAGE in files:
        made[PAGE] = render(capture, difference_links(capture, files)).encode()
    for name, data in made.items():
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    made = {MANIFEST: codec.dump(manifest), **made}
    target = path.resolve()
    try:
        if target.is_dir():
            _rewrite_folder(target, made)
        else:
            write_zip({MANIFEST: made[MANIFEST], **files, **made}, target)
    except OSError as error:
        raise UsageError(
            f"The notes cannot be written to {path}: {error.strerror or error}.",
            "Make room there, or copy the bundle to where you may write and note on that.",
        ) from error


def _rewrite_folder(target: Path, made: dict[str, bytes]) -> None:
    """A copy with the new files takes the folder's place."""
    copy = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
    try:
        shutil.copytree(target, copy, symlinks=True, dirs_exist_ok=True)
        for name, data in made.items():
            (copy / name).write_bytes(data)
        swap(copy, target)
    finally:
        shutil.rmtree(copy, ignore_errors=True)
