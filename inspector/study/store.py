"""The results file: one finished run a line, JSON, appended whole or not at all.

{"format": "inspector-study", "version": 1, "key": …, "request": {…}, "kind": "Generation", "result": {…},
 "environment": {…}, "finished": "2026-01-31T12:00:00+00:00"}
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from inspector.codec import convert, line, member, plain
from inspector.errors import EnvironmentLacking, UsageError
from inspector.jsontext import Malformed, load
from inspector.model.study import Generation, Mode, Result, StudyRequest, StudyRun
from inspector.regular import open_regular

FORMAT = "inspector-study"
VERSION = 1

_LONGEST = 64 * 1024 * 1024
"""Bytes of one line; a generation of 10,000 tokens has a quarter of a million."""


@dataclass(frozen=True)
class StoredStudy:
    """What a results file holds."""

    runs: tuple[StudyRun, ...]
    bad: tuple[str, ...]
    """What could not be read, a sentence each: a run that was being written when the disk filled up, say."""


def is_results_line(data: Any) -> bool:
    """Whether parsed JSON is a line of a results file."""
    return isinstance(data, dict) and data.get("format") == FORMAT


def read(path: Path) -> StoredStudy:
    """Reads a results file; a line that is cut or damaged is told about and costs none of the others.

    Raises:
        UsageError: the file cannot be read, or was written by a newer version.
    """
    runs: dict[str, StudyRun] = {}
    bad: list[str] = []
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            number = 0
            while text := file.readline(_LONGEST):
                number += 1
                if not text.strip():
                    continue
                try:
                    run = _decode(text, path)
                except Malformed as error:
                    cut = f"is damaged ({error})" if text.endswith(b"\n") else "is cut short"
                    bad.append(f"{path}: line {number} {cut} and is left out.")
                else:
                    runs[run.key or f"line {number}"] = run
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    return StoredStudy(tuple(runs.values()), tuple(bad))


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
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    kind = type(run.result).__name__
    text = line(_Line(VERSION, run.request, kind, plain(run.result), dict(run.environment), run.key, finished))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            if size and not _ends_with_newline(path, size):
                text = b"\n" + text  # what is cut stays where it is, as a line of its own
            _write_all(file.fileno(), text, size)
    except OSError as error:
        raise EnvironmentLacking(
            f"The result cannot be written to {path}: {error.strerror or error}.",
            "Make room, or copy the file elsewhere and name it with -o: the runs in it are kept and not repeated.",
        ) from error


def _ends_with_newline(path: Path, size: int) -> bool:
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1) == b"\n"


def _write_all(descriptor: int, text: bytes, size: int) -> None:
    try:
        rest = memoryview(text)
        while rest:
            written = os.write(descriptor, rest)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            rest = rest[written:]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


@dataclass(frozen=True)
class _Line:
    version: int
    request: StudyRequest
    kind: str
    result: dict[str, Any]
    environment: dict[str, Any]
    key: str
    finished: str = ""
    format: str = FORMAT


def _decode(text: bytes, path: Path) -> StudyRun:
    data = load(text)
    if not is_results_line(data):
        raise Malformed("no result")
    if (version := member(data, "version", int)) > VERSION:
        raise UsageError(
            f"{path} was written by a newer inspector (results version {version}, this one reads {VERSION}).",
            "Update inspector.",
        )
    found = convert(data, _Line)
    return StudyRun(found.request, result_from(found.kind, found.result), found.environment, str(path), found.key)


_RESULTS = {kind.__name__: kind for kind in get_args(Result)}


def result_from(kind: str, data: Mapping[str, Any]) -> Result:
    """A result of what a worker, or a results file, says.

    Raises:
        Malformed: it is none.
    """
    if kind not in _RESULTS:
        raise Malformed(f"no result is called {kind!r}")
    result: Result = convert(data, _RESULTS[kind])
    if not _finite(asdict(result)):
        raise Malformed("a number that is none")
    if isinstance(result, Generation):
        clock = (result.start_prefill, result.end_prefill, *result.stamps)
        if not result.stamps or any(after < before for before, after in itertools.pairwise(clock)):
            raise Malformed("its stamps do not ascend")
        if result.mode not in tuple(Mode):
            raise Malformed(f"there is no mode {result.mode!r}")
    return result


def _finite(data: Any) -> bool:
    if isinstance(data, dict):
        return all(map(_finite, data.values()))
    return all(map(_finite, data)) if isinstance(data, tuple) else not isinstance(data, float) or math.isfinite(data)
