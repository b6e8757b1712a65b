"""Reads a bundle. Nothing in it is executed or unpickled; paths, sizes and hashes are checked first."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from inspector.bundle import codec, events, facts, notes, profiles, typed
from inspector.bundle.codec import Json, Malformed, get, maybe, objects
from inspector.bundle.layout import (
    ANNOTATIONS,
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
from inspector.errors import UsageError
from inspector.link.older import as_known_today
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture
from inspector.model.guards import GuardManager
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

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
        listed = get(_manifest(store), "files", dict)
        return tuple(sorted(set(store.names()) - set(listed) - {MANIFEST}))

    return _guarded(path, work)


def _guarded(path: Path, work: Callable[[Store], T]) -> T:
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
    version = get(manifest, "version", int)
    if version > VERSION:
        raise UsageError(
            f"This bundle is of format version {version}; this inspector reads versions up to {VERSION}.",
            "Install a newer torch-inspector to open it.",
        )
    listed = get(manifest, "files", dict)
    if len(listed) > MAX_FILES:
        raise Malformed(f"it lists more than {MAX_FILES} files")
    files: dict[str, bytes] = {}
    left = MAX_TOTAL
    for name, entry in listed.items():
        data = store.read(name, min(MAX_FILE, left))
        left -= len(data)
        if len(data) != get(entry, "size", int) or hashlib.sha256(data).hexdigest() != get(entry, "sha256", str):
            raise Malformed(f"{name} is not what was written: its size or SHA-256 differs from the manifest's")
        files[name] = data
    return manifest, files


def _manifest(store: Store) -> Json:
    manifest = _within(MANIFEST, lambda: codec.load(store.read(MANIFEST, MAX_FILE)))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Malformed(f"{MANIFEST} does not say that it is one")
    return manifest


def _within(name: str, work: Callable[[], T]) -> T:
    """Does `work`, and says in which file it was that something was wrong."""
    try:
        return work()
    except Malformed as error:
        raise Malformed(f"{name}: {error}") from error


def _capture(manifest: Json, files: dict[str, bytes]) -> Capture:
    def file(name: str) -> bytes:
        if name not in files:
            raise Malformed(f"{name} is missing in the manifest's files")
        return files[name]

    def parsed(name: str, parse: Callable[[Any], T]) -> T:
        return _within(name, lambda: parse(codec.load(file(name))))

    def entries(key: str, parse: Callable[[Json], T]) -> Callable[[Any], tuple[T, ...]]:
        return lambda data: tuple(parse(item) for item in objects(data, key))

    def compilation(entry: Json) -> Any:
        folder = get(entry, "folder", str)
        guards = _within(f"{folder}/{GUARDS}", lambda: codec.guards(file(f"{folder}/{GUARDS}")))
        tree: tuple[GuardManager, ...] = ()
        if f"{folder}/{GUARD_TREE}" in files:
            tree = parsed(
                f"{folder}/{GUARD_TREE}", entries("managers", lambda node: typed.from_json(GuardManager, node))
            )
        metrics = parsed(f"{folder}/{METRICS}", lambda data: get(data, "metrics", dict))
        return codec.compilation(entry, guards, metrics, tree)

    def artifact(entry: Json) -> Artifact:
        return _artifact(entry, file(get(entry, "path", str)))

    known = get(manifest, "folders", dict)
    folders = [get(known, compile_id, str) for compile_id in known]
    request = maybe(manifest, "request", dict)
    # Bundles of version 1 that were written before it have none.
    found = parsed(FACTS, facts.facts) if FACTS in files else {}
    if PROFILE in files:
        found |= parsed(PROFILE, profiles.profile)
    artifacts = entries("artifacts", artifact)(manifest)
    return Capture(
        request=_within(MANIFEST, lambda: _request(request)) if request is not None else None,
        target=get(manifest, "target", dict),
        environment=get(manifest, "environment", dict),
        artifacts=artifacts,
        links=as_known_today(parsed(LINKS, codec.links), artifacts),
        compilations=entries("compilations", compilation)(manifest),
        graph_breaks=tuple(
            item
            for folder in folders
            for item in parsed(f"{folder}/{GRAPH_BREAKS}", entries("graph_breaks", codec.graph_break))
        ),
        recompiles=tuple(
            item
            for folder in folders
            for item in parsed(f"{folder}/{RECOMPILES}", entries("recompiles", codec.recompile))
        ),
        fusions=tuple(
            item
            for folder in folders
            if f"{folder}/{FUSION}" in files  # bundles of version 1 that were written before it have none
            for item in parsed(f"{folder}/{FUSION}", entries("kernels", codec.fusion))
        ),
        others=entries("others", artifact)(manifest) if "others" in manifest else (),
        phases=parsed(EVENTS, events.phases),
        instants=parsed(EVENTS, events.instants),
        latency=parsed(LATENCY, entries("runs", codec.latency_run)),
        notes=entries("notes", codec.note)(manifest),
        records=get(manifest, "records", int),
        dropped=get(manifest, "dropped", int),
        finished=get(manifest, "finished", bool),
        unknown=_counts(manifest.get("unknown") or {}),
        annotations=parsed(ANNOTATIONS, notes.notes),
        **found,
    )


def _counts(data: object) -> dict[str, int]:
    if not isinstance(data, dict):
        raise Malformed("'unknown' is not an object")
    return {kind: get(data, kind, int) for kind in data}


def _request(data: Json) -> CaptureRequest:
    try:
        return CaptureRequest.from_json(data)
    except (TypeError, ValueError) as error:
        raise Malformed(f"'request' is not one ({error})") from error


def _artifact(entry: Json, data: bytes) -> Artifact:
    try:
        stage, language = Stage(get(entry, "stage", str)), Language(get(entry, "language", str))
        text = data.decode(errors="surrogatepass")
    except ValueError as error:
        raise Malformed(f"artifact {entry.get('id')!r}: {error}") from error
    return Artifact(
        get(entry, "id", str),
        stage,
        maybe(entry, "compile_id", str),
        maybe(entry, "kernel", str),
        language,
        text,
        maybe(entry, "origin", str),
        get(entry, "focus", int),
    )
