"""Writes a capture as a bundle: all files are made in memory, written beside the destination, and moved there whole."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from inspector.bundle import events, guards, notes, readme
from inspector.bundle.contents import (
    ArtifactEntry,
    Edits,
    Facts,
    GraphBreaks,
    GuardTree,
    Metrics,
    Profiles,
    Recompiles,
    compilation_json,
    fusion_json,
    links_text,
    listed,
)
from inspector.bundle.layout import (
    ANNOTATIONS,
    EDITED,
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
    METRICS,
    PROFILE,
    README,
    RECOMPILES,
    VERSION,
    ZIP_ENDING,
    FileNames,
)
from inspector.bundle.reader import strange_files
from inspector.codec import dump, plain
from inspector.edits.text import file_name, patch
from inspector.errors import UsageError
from inspector.files import fill_with, writing
from inspector.model.capture import Capture
from inspector.model.edit import KernelEdit
from inspector.model.grouping import grouped
from inspector.model.latency import LatencyRun, summarise
from inspector.version import __version__


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
    content = contents(capture, (created or datetime.now(UTC)) if dated else None, extra)
    try:
        destination.resolve().parent.mkdir(parents=True, exist_ok=True)
        with writing(destination) as place:
            check_destination(destination, force=force)  # once more, now that nobody else writes there
            if destination.suffix == ZIP_ENDING:
                place.file(zipped(content), force=force)
            else:
                place.folder(fill_with(content), force=force)
    except FileExistsError as error:
        raise UsageError(
            f"{destination} was made by somebody else meanwhile.", "Name another place with -o."
        ) from error
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
        strange = strange_files(destination)
    except UsageError as error:
        raise UsageError(
            f"{destination} exists and is not a bundle, so it is left alone.", "Name another place with -o."
        ) from error
    if force and strange:
        raise UsageError(
            f"{destination} is left alone: beside the bundle's own files it holds {', '.join(strange[:3])}"
            + (f" and {len(strange) - 3} more." if len(strange) > 3 else "."),
            "Move them elsewhere, or name another place with -o.",
        )
    if not force:
        raise UsageError(
            f"There is a bundle at {destination} already.", "Replace it with --force, or name another place."
        )


def _require_writable(destination: Path) -> None:
    """Makes a file without a name where the bundle, or the first of its missing parents, would be made."""
    try:
        place = destination.resolve().parent
        while not place.exists():
            place = place.parent
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        raise UsageError(
            f"The bundle cannot be written to {destination}: {error.strerror or error}.", "Name another place with -o."
        ) from error


def contents(capture: Capture, created: datetime | None, extra: Mapping[str, bytes] | None = None) -> dict[str, bytes]:
    """Every file of the bundle by its path, the manifest first, the others in alphabetical order."""
    names = FileNames()
    folders = _folders(capture, names)
    artifacts = [(item, names.artifact(item, folders.get(item.compile_id or "", ""))) for item in capture.artifacts]
    others = [(item, names.artifact(item, folders.get(item.compile_id or "", ""))) for item in capture.others]
    files = {path: item.text.encode(errors="surrogatepass") for item, path in (*artifacts, *others)}
    files |= _compilation_files(capture, folders)
    files[LINKS] = links_text(capture.links)
    files[EVENTS] = dump(events.chrome_trace(capture))
    files[FACTS] = dump(listed(Facts, capture))
    files[LATENCY] = dump({"version": 1, "runs": [{**plain(run), "summary": _summary(run)} for run in capture.latency]})
    if capture.profiles or capture.numerics or capture.prices:
        files[PROFILE] = dump(listed(Profiles, capture))
    if capture.edits:
        files[EDITS] = dump(listed(Edits, capture))
        files |= _edited_files(capture.edits, names)
    files[ANNOTATIONS] = dump(notes.notes_json(capture))
    files[README] = readme.text(capture, [path for _, path in artifacts], extra or ()).encode(errors="surrogatepass")
    files = dict(sorted({**files, **(extra or {})}.items()))
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "tool": {"name": "inspector", "version": __version__},
        "created": created.astimezone(UTC).isoformat(timespec="seconds") if created is not None else None,
        "request": capture.request,
        "target": capture.target,
        "environment": capture.environment,
        "finished": capture.finished,
        "records": capture.records,
        "dropped": capture.dropped,
        "notes": capture.notes,
        "folders": folders,
        "compilations": [compilation_json(item, folders[item.compile_id]) for item in capture.compilations],
        "artifacts": [ArtifactEntry.of(item, path) for item, path in artifacts],
        "others": [ArtifactEntry.of(item, path) for item, path in others],
        "unknown": capture.unknown,
        "files": {
            path: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for path, data in files.items()
        },
    }
    return {MANIFEST: dump(manifest), **files}


def _edited_files(edits: Iterable[KernelEdit], names: FileNames) -> Mapping[str, bytes]:
    """Both texts of each edit and a patch, for other readers: `edits.json` has them all."""
    files: dict[str, bytes] = {}
    for edit in edits:
        base, ending = file_name(edit).rsplit(".", 1)
        name = f"{edit.number}-{base}"
        for what, text in (
            (f"-before.{ending}", edit.before),
            (f".{ending}", edit.text),
            (".patch", patch(edit)),
        ):
            files[names.take(EDITED, name, what)] = text.encode(errors="surrogatepass")
    return files


def _summary(run: LatencyRun) -> dict[str, Any] | None:
    """None where nothing was measured."""
    return plain(summarise(run)) if run.eager and run.compiled else None


def _folders(capture: Capture, names: FileNames) -> dict[str, str]:
    """A folder for each compile id, in the order they began; those that only a break or an artifact names follow."""
    ids = [item.compile_id for item in capture.compilations]
    ids += [item.compile_id for item in capture.graph_breaks]
    ids += [item.compile_id for item in capture.recompiles]
    ids += [item.compile_id for item in capture.fusions]
    ids += [item.compile_id or "" for item in capture.artifacts if item.stage.order > 0]
    ids += [item.compile_id for item in capture.others if item.compile_id is not None]
    return {item: names.take("compilations", item.replace("/", "_")) for item in dict.fromkeys(ids)}


def _compilation_files(capture: Capture, folders: Mapping[str, str]) -> Mapping[str, bytes]:
    breaks = grouped(capture.graph_breaks, lambda entry: entry.compile_id)
    recompiles = grouped(capture.recompiles, lambda entry: entry.compile_id)
    fusions = grouped(capture.fusions, lambda entry: entry.compile_id)
    files: dict[str, bytes] = {}
    for compile_id, folder in folders.items():
        item = capture.compilation(compile_id)
        files |= {
            f"{folder}/{GUARDS}": guards.guards_text(item.guards if item is not None else ()),
            f"{folder}/{GRAPH_BREAKS}": dump(GraphBreaks(breaks.get(compile_id, ()))),
            f"{folder}/{RECOMPILES}": dump(Recompiles(recompiles.get(compile_id, ()), whole=True)),
            f"{folder}/{METRICS}": dump(Metrics(item.metrics if item is not None else {})),
            f"{folder}/{FUSION}": dump(fusion_json(fusions.get(compile_id, ()))),
        }
        if item is not None and item.guard_tree:
            files[f"{folder}/{GUARD_TREE}"] = dump(GuardTree(item.guard_tree))
    return files


def zipped(files: Mapping[str, bytes]) -> Callable[[BinaryIO], None]:
    """For `Place.file`: files by their path inside a zip."""

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in files.items():
                # A fixed time: the same capture gives the same bytes.
                info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, data)

    return write
