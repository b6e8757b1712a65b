"""The results file: one finished run a line, JSON, appended whole or not at all.

{"format": "inspector-study", "version": 1, "key": …, "request": {…}, "kind": "Generation", "result": {…},
 "environment": {…}, "finished": "2026-01-31T12:00:00+00:00"}
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector.errors import EnvironmentLacking, UsageError
from inspector.model.study import CureRun, Generation, Layers, Mode, Result, ShapeCall, Shapes, StudyRun, request_from

FORMAT = "inspector-study"
VERSION = 1

_LONGEST = 64 * 1024 * 1024
"""Bytes of one line; a generation of 10,000 tokens has a quarter of a million."""


@dataclass(frozen=True)
class Stored:
    """What a results file holds."""

    runs: tuple[StudyRun, ...]
    bad: tuple[str, ...]
    """What could not be read, a sentence each: a run that was being written when the disk filled up, say."""


def is_results_line(data: Any) -> bool:
    """Whether parsed JSON is a line of a results file."""
    return isinstance(data, dict) and data.get("format") == FORMAT


def read(path: Path) -> Stored:
    """Reads a results file; a line that is cut or damaged is told about and costs none of the others.

    Raises:
        UsageError: the file cannot be read, or was written by a newer version.
    """
    runs: dict[str, StudyRun] = {}
    bad: list[str] = []
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_LONGEST):
                number += 1
                if not line.strip():
                    continue
                try:
                    run = _decode(line, path)
                except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
                    cut = "is cut short" if not line.endswith(b"\n") else f"is damaged ({type(error).__name__})"
                    bad.append(f"{path}: line {number} {cut} and is left out.")
                else:
                    runs[run.key or f"line {number}"] = run
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    return Stored(tuple(runs.values()), tuple(bad))


def check_place(path: Path) -> None:
    """Looks whether results can be kept there before anything is measured; changes nothing.

    Raises:
        UsageError: what is there is no file.
        EnvironmentLacking: it cannot be written.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file that results could be kept in.", "Name another one with -o.")
    there = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not os.access(there, os.W_OK) or (there != path and not there.is_dir()):
        raise EnvironmentLacking(f"Results cannot be written to {path}.", "Name another file with -o.")


def append(path: Path, run: StudyRun) -> None:
    """Adds a finished run and brings it to the disk; after a failure the file is as it was before.

    Several processes may append to one file.

    Raises:
        EnvironmentLacking: it cannot be written, the disk is full for instance.
    """
    line = json.dumps(_encode(run), separators=(",", ":"), allow_nan=False).encode() + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            if size and not _ends_with_newline(path, size):
                line = b"\n" + line  # what is cut stays where it is, as a line of its own
            _write_all(file.fileno(), line, size)
    except OSError as error:
        raise EnvironmentLacking(
            f"The result cannot be written to {path}: {error.strerror or error}.",
            "Make room, or copy the file elsewhere and name it with -o: the runs in it are kept and not repeated.",
        ) from error


def _ends_with_newline(path: Path, size: int) -> bool:
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) == b"\n"


def _write_all(descriptor: int, line: bytes, size: int) -> None:
    try:
        rest = memoryview(line)
        while rest:
            written = os.write(descriptor, rest)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            rest = rest[written:]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _encode(run: StudyRun) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "key": run.key,
        "request": run.request.to_json(),
        "kind": type(run.result).__name__,
        "result": asdict(run.result),
        "environment": dict(run.environment),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _decode(line: bytes, path: Path) -> StudyRun:
    data = json.loads(line)
    if not is_results_line(data):
        raise ValueError("no result")
    if data["version"] > VERSION:
        raise UsageError(
            f"{path} was written by a newer inspector (results version {data['version']}, this one reads {VERSION}).",
            "Update inspector.",
        )
    environment = data["environment"]
    if not isinstance(environment, dict):
        raise TypeError("the environment is no object")
    result = result_from(data["kind"], data["result"])
    return StudyRun(request_from(data["request"]), result, environment, str(path), str(data["key"]))


def result_from(kind: str, data: Mapping[str, Any]) -> Result:
    """A result of what a worker, or a results file, says.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    if not _finite(data):
        raise ValueError("a number that is none")
    match kind:
        case "Generation":
            return _generation(data)
        case "Shapes":
            return Shapes(data["dynamic"], tuple(_call(item) for item in data["calls"]))
        case "Layers":
            return Layers(**(dict(data) | {"reasons": tuple(data.get("reasons", ()))}))
        case "CureRun":
            return CureRun(**data)
        case _:
            raise ValueError(f"no result is called {kind!r}")


def _generation(data: Mapping[str, Any]) -> Generation:
    graphs = data.get("graphs")
    stamps = tuple(float(item) for item in data["stamps"])
    run = Generation(**(dict(data) | {"stamps": stamps, "graphs": tuple(graphs) if graphs else None}))
    clock = (run.start_prefill, run.end_prefill, *stamps)
    if not stamps or any(after < before for before, after in itertools.pairwise(clock)):
        raise ValueError("its stamps do not ascend")
    return replace(run, mode=Mode(run.mode).value, batch=int(run.batch))


def _call(data: Mapping[str, Any]) -> ShapeCall:
    graphs = data.get("graphs")
    texts = {name: tuple(str(item) for item in data.get(name, ())) for name in ("reasons", "breaks")}
    return ShapeCall(**(dict(data) | texts | {"graphs": tuple(graphs) if graphs else None}))


def _finite(data: Any) -> bool:
    if isinstance(data, float):
        return math.isfinite(data)
    if isinstance(data, Mapping):
        return all(map(_finite, data.values()))
    return all(map(_finite, data)) if isinstance(data, list | tuple) else True
