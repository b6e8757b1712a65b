"""Reads a bundle. Nothing in it is executed or unpickled; paths, sizes and hashes are checked first."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from inspector.bundle import contents, events, guards, notes
from inspector.bundle.contents import ArtifactEntry, CompilationEntry, FileEntry, Manifest
from inspector.bundle.layout import (
    ANNOTATIONS,
    EDITS,
    EVENTS,
    FACTS,
    FORMAT,
    FUSION,
    GRAPH_BREAKS,
    GUARD_TREE,
    GUARDS,
    LATENCY,
    LINKS,
    MANIFEST,
    MAX_FILE,
    MAX_FILES,
    MAX_TOTAL,
    METRICS,
    PROFILE,
    RECOMPILES,
    VERSION,
)
from inspector.bundle.store import Store, open_store
from inspector.codec import Json, convert, decode, member
from inspector.errors import UsageError
from inspector.jsontext import Malformed, load
from inspector.link.older import as_known_today
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, Recompile
from inspector.model.recompiles import whole_reasons

T = TypeVar("T")


def read(path: Path) -> Capture:
    """The capture in the bundle at `path`, a folder or a zip.

    Raises:
        UsageError: it is no bundle, is of a newer format, was changed or cut short, or is not safe to read.
    """
    with _without_collector():
        return _guarded(path, lambda store: _capture(*_checked(store)))


def read_files(path: Path) -> tuple[Capture, Json, dict[str, bytes]]:
    """The capture, the manifest and every file that it lists.

    Raises:
        UsageError: as `read`.
    """

    def work(store: Store) -> tuple[Capture, Json, dict[str, bytes]]:
        manifest, files = _checked(store)
        return _capture(manifest, files), manifest, files

    with _without_collector():
        return _guarded(path, work)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Half a million small objects at once make the garbage collector search again and again: three times as slow."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def verify(path: Path) -> int:
    """Checks every file of the bundle at `path` against the manifest, and returns how many there are.

    Raises:
        UsageError: as `read`.
    """
    return _guarded(path, lambda store: len(_checked(store)[1]))


def strange_files(path: Path) -> tuple[str, ...]:
    """Files and links at `path` that are no part of the bundle there, in alphabetical order.

    Raises:
        UsageError: there is no bundle: no manifest that says so and lists its files.
    """

    def work(store: Store) -> tuple[str, ...]:
        listed = member(_manifest(store), "files", dict)
        return tuple(sorted(set(store.names()) - set(listed) - {MANIFEST}))

    return _guarded(path, work)


_TRIES = 20
"""Times that a bundle is read again because another took its place meanwhile."""


def _guarded(path: Path, work: Callable[[Store], T]) -> T:
    """Reads the bundle that is there, or the one that took its place meanwhile, never half of each."""
    for _ in range(_TRIES):
        before = _identity(path)
        try:
            return _told(path, work)
        except UsageError:
            if _identity(path) == before:
                raise
    return _told(path, work)


def _identity(path: Path) -> tuple[int, int] | None:
    """Which folder or file it is; None for none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _told(path: Path, work: Callable[[Store], T]) -> T:
    """The one place where what is wrong inside a bundle becomes an error for a person."""
    store = open_store(path)
    try:
        return work(store)
    except Malformed as error:
        raise UsageError(
            f"The bundle {path} cannot be read: {error}.", "Get it again from where it was made, or capture it anew."
        ) from error
    finally:
        store.close()


def _checked(store: Store) -> tuple[Json, dict[str, bytes]]:
    """The manifest and every file it lists, their sizes and hashes being right."""
    manifest = _manifest(store)
    version = member(manifest, "version", int)
    if version > VERSION:
        raise UsageError(
            f"This bundle is of format version {version}; this inspector reads versions up to {VERSION}.",
            "Install a newer torch-inspector to open it.",
        )
    listed = member(manifest, "files", dict[str, FileEntry])
    if len(listed) > MAX_FILES:
        raise Malformed(f"it lists more than {MAX_FILES} files")
    files: dict[str, bytes] = {}
    left = MAX_TOTAL
    for name, entry in listed.items():
        data = store.read(name, min(MAX_FILE, left))
        left -= len(data)
        if len(data) != entry.size or hashlib.sha256(data).hexdigest() != entry.sha256:
            raise Malformed(f"{name} is not what was written: its size or SHA-256 differs from the manifest's")
        files[name] = data
    return manifest, files


def _manifest(store: Store) -> Json:
    manifest = _within(MANIFEST, lambda: load(store.read(MANIFEST, MAX_FILE)))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Malformed(f"{MANIFEST} does not say that it is one")
    return manifest


def _within(name: str, work: Callable[[], T]) -> T:
    """Does `work`, and says in which file it was that something was wrong."""
    try:
        return work()
    except Malformed as error:
        raise Malformed(f"{name}: {error}") from error


def _capture(data: Json, files: dict[str, bytes]) -> Capture:
    manifest = _within(MANIFEST, lambda: convert(data, Manifest))

    def read(name: str, parse: Callable[[bytes], T]) -> T:
        if name not in files:
            raise Malformed(f"{name} is missing in the manifest's files")
        return _within(name, lambda: parse(files[name]))

    def file(name: str, kind: type[T]) -> T:
        return read(name, lambda data: decode(data, kind))

    def compilation(entry: CompilationEntry) -> Compilation:
        folder = entry.folder
        tree = f"{folder}/{GUARD_TREE}"
        return entry.complete(
            read(f"{folder}/{GUARDS}", guards.guards),
            file(tree, contents.GuardTree).managers if tree in files else (),
            file(f"{folder}/{METRICS}", contents.Metrics).metrics,
        )

    def recompiles(folder: str) -> tuple[Recompile, ...]:
        found = file(f"{folder}/{RECOMPILES}", contents.Recompiles)
        if found.whole:
            return found.recompiles
        return tuple(replace(item, reasons=whole_reasons(item.reasons)) for item in found.recompiles)

    def artifact(entry: ArtifactEntry) -> Artifact:
        return read(entry.path, entry.with_text)

    folders = tuple(manifest.folders.values())
    # Bundles of version 1 that were written before these have none.
    facts = {
        name: kind
        for file_name, kind in (
            (FACTS, contents.Facts),
            (PROFILE, contents.Profiles),
            (EDITS, contents.Edits),
        )
        if file_name in files
        for name, kind in contents.of_capture(kind, file(file_name, kind)).items()
    }
    fusions = [f"{folder}/{FUSION}" for folder in folders if f"{folder}/{FUSION}" in files]
    phases, instants = read(EVENTS, events.read)
    artifacts = tuple(map(artifact, manifest.artifacts))
    return Capture(
        request=manifest.request,
        target=manifest.target,
        environment=manifest.environment,
        artifacts=artifacts,
        links=as_known_today(file(LINKS, contents.Links).known, artifacts),
        compilations=tuple(map(compilation, manifest.compilations)),
        graph_breaks=tuple(
            item for folder in folders for item in file(f"{folder}/{GRAPH_BREAKS}", contents.GraphBreaks).graph_breaks
        ),
        recompiles=tuple(item for folder in folders for item in recompiles(folder)),
        fusions=tuple(item for name in fusions for item in file(name, contents.Fusion).kernels),
        others=tuple(map(artifact, manifest.others)),
        phases=phases,
        instants=instants,
        latency=file(LATENCY, contents.Latency).runs,
        notes=manifest.notes,
        records=manifest.records,
        dropped=manifest.dropped,
        finished=manifest.finished,
        unknown=manifest.unknown,
        annotations=read(ANNOTATIONS, notes.notes),
        **facts,
    )
