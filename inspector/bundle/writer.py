"""Writes a capture as a bundle: all files are made in memory, written beside the destination, and moved there whole."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import inspector
from inspector.bundle import codec, events, facts, notes, profiles, readme, typed
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
    METRICS,
    PROFILE,
    README,
    RECOMPILES,
    VERSION,
    ZIP_ENDING,
    Names,
)
from inspector.bundle.store import open_store
from inspector.errors import UsageError
from inspector.model.capture import Capture, Compilation
from inspector.model.latency import LatencyRun, summarise


def write(
    capture: Capture,
    destination: Path,
    *,
    force: bool = False,
    created: datetime | None = None,
    dated: bool = True,
    extra: Mapping[str, bytes] | None = None,
) -> Path:
    """Writes `capture` to a folder, or to a zip where the name ends in `.inspector`.

    Args:
        destination: made with its parents; an existing bundle is replaced only with `force`.
        force: replace a bundle that is there.
        created: the time to write down; None for now. All else depends on the capture alone.
        dated: False writes no time down.
        extra: further files by their path, such as the page.

    Returns:
        The destination.

    Raises:
        UsageError: something else than a bundle is there, or the place cannot be written.
    """
    check_destination(destination, force=force)
    files = contents(capture, (created or datetime.now(UTC)) if dated else None, extra)
    target = destination.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ZIP_ENDING:
            write_zip(files, target)
        else:
            _write_folder(files, target)
    except OSError as error:
        raise UsageError(
            f"The bundle cannot be written to {destination}: {error.strerror or error}.",
            "Name another place with -o, or make room there.",
        ) from error
    return destination


def check_destination(destination: Path, *, force: bool = False) -> None:
    """Whether a bundle may be written there; called before a capture too, so that none is made in vain.

    Raises:
        UsageError: something is in the way, or the place cannot be written.
    """
    _require_writable(destination)
    if destination.suffix == ZIP_ENDING and destination.is_dir():
        raise UsageError(
            f"{destination} is a folder; a name in {ZIP_ENDING} means a file.", "Name another place with -o."
        )
    if not destination.exists() or (destination.is_dir() and not any(destination.iterdir())):
        return
    try:
        open_store(destination).close()
    except UsageError as error:
        raise UsageError(
            f"{destination} exists and is not a bundle, so it is left alone.", "Name another place with -o."
        ) from error
    if not force:
        raise UsageError(
            f"There is a bundle at {destination} already.", "Replace it with --force, or name another place."
        )


def _require_writable(destination: Path) -> None:
    """Makes and removes a folder where the bundle, or the first of its missing parents, would be made."""
    try:
        place = destination.resolve().parent
        while not place.exists():
            place = place.parent
        with tempfile.TemporaryDirectory(prefix=".inspector-", dir=place):
            pass
    except OSError as error:
        raise UsageError(
            f"The bundle cannot be written to {destination}: {error.strerror or error}.", "Name another place with -o."
        ) from error


def contents(capture: Capture, created: datetime | None, extra: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """Every file of the bundle by its path, the manifest first, the others in alphabetical order."""
    names = Names()
    folders = _folders(capture, names)
    artifacts = [(item, names.artifact(item, folders.get(item.compile_id or "", ""))) for item in capture.artifacts]
    others = [(item, names.artifact(item, folders.get(item.compile_id or "", ""))) for item in capture.others]
    files = {path: item.text.encode(errors="surrogatepass") for item, path in (*artifacts, *others)}
    for compile_id, folder in folders.items():
        files |= {f"{folder}/{name}": data for name, data in _compilation_files(capture, compile_id).items()}
    files[LINKS] = codec.links_text(capture.links)
    files[EVENTS] = codec.dump(events.chrome_trace(capture))
    files[FACTS] = codec.dump(facts.facts_json(capture))
    files[LATENCY] = codec.dump(
        {"version": 1, "runs": [{**asdict(run), "summary": _summary(run)} for run in capture.latency]}
    )
    if capture.profiles or capture.numerics:
        files[PROFILE] = codec.dump(profiles.profile_json(capture))
    files[ANNOTATIONS] = codec.dump(notes.notes_json(capture))
    files[README] = readme.text(capture, [path for _, path in artifacts], extra or ()).encode(errors="surrogatepass")
    files = dict(sorted({**files, **(extra or {})}.items()))
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "tool": {"name": "inspector", "version": inspector.__version__},
        "created": created.astimezone(UTC).isoformat(timespec="seconds") if created is not None else None,
        "request": capture.request.to_json() if capture.request is not None else None,
        "target": capture.target,
        "environment": capture.environment,
        "finished": capture.finished,
        "records": capture.records,
        "dropped": capture.dropped,
        "notes": [asdict(note) for note in capture.notes],
        "folders": folders,
        "compilations": [codec.compilation_json(item, folders[item.compile_id]) for item in capture.compilations],
        "artifacts": [codec.artifact_json(item, path) for item, path in artifacts],
        "others": [codec.artifact_json(item, path) for item, path in others],
        "unknown": capture.unknown,
        "files": {
            path: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for path, data in files.items()
        },
    }
    return {MANIFEST: codec.dump(manifest), **files}


def _summary(run: LatencyRun) -> dict[str, Any] | None:
    """None where nothing was measured."""
    return asdict(summarise(run)) if run.eager and run.compiled else None


def _folders(capture: Capture, names: Names) -> dict[str, str]:
    """A folder for each compile id, in the order they began; those that only a break or an artifact names follow."""
    ids = [item.compile_id for item in capture.compilations]
    ids += [item.compile_id for item in capture.graph_breaks]
    ids += [item.compile_id for item in capture.recompiles]
    ids += [item.compile_id or "" for item in capture.artifacts if item.stage.order > 0]
    ids += [item.compile_id for item in capture.others if item.compile_id is not None]
    return {item: names.take("compilations", item.replace("/", "_")) for item in dict.fromkeys(ids)}


def _compilation_files(capture: Capture, compile_id: str) -> Mapping[str, bytes]:
    item: Compilation | None = capture.compilation(compile_id)
    breaks = [asdict(entry) for entry in capture.graph_breaks if entry.compile_id == compile_id]
    recompiles = [asdict(entry) for entry in capture.recompiles if entry.compile_id == compile_id]
    fusions = [entry for entry in capture.fusions if entry.compile_id == compile_id]
    files = {
        GUARDS: codec.guards_text(item.guards if item is not None else ()),
        GRAPH_BREAKS: codec.dump({"graph_breaks": breaks}),
        RECOMPILES: codec.dump({"recompiles": recompiles}),
        METRICS: codec.dump({"metrics": item.metrics if item is not None else {}}),
        FUSION: codec.dump({"kernels": [codec.fusion_json(entry) for entry in fusions]}),
    }
    if item is not None and item.guard_tree:
        files[GUARD_TREE] = codec.dump({"managers": [typed.to_json(node) for node in item.guard_tree]})
    return files


def _write_folder(files: Mapping[str, bytes], target: Path) -> None:
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.new-", dir=target.parent))
    try:
        made.chmod(0o777 & ~_umask())
        for name, data in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        swap(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def swap(made: Path, target: Path) -> None:
    """Puts a folder in another's place; where that fails, the old one is back.

    Raises:
        OSError: it failed.
    """
    if not target.exists() or not any(target.iterdir()):
        made.rename(target)  # onto an empty folder, too, in one step
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old-", dir=target.parent))
    target.rename(old)
    try:
        made.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old)


def write_zip(files: Mapping[str, bytes], target: Path) -> None:
    """Writes files as a zip, in one step."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.new-", dir=target.parent)
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in files.items():
                # A fixed time: the same capture gives the same bytes.
                info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, data)
        made.chmod(0o666 & ~_umask())
        made.replace(target)
    finally:
        made.unlink(missing_ok=True)


def _umask() -> int:
    """The process's umask, which mkstemp and mkdtemp do not go by."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
