"""From paths to sets of results: results files of our own, the paper's raw files, and folders of either."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.client.logs import sanitise
from inspector.errors import UsageError
from inspector.model.study import StudyRun
from inspector.paths import typed_path
from inspector.regular import open_regular
from inspector.study import paper, store


@dataclass(frozen=True)
class ResultSet:
    """Results of one machine, to be shown together."""

    name: str
    """What to call it: `NAME=PATH`'s name, `paper`, or the file's; the machine behind it where a file has several."""
    runs: tuple[StudyRun, ...]
    about: str = ""
    """The machine in words."""
    paper: bool = False
    """Whether these are the paper's own raw files."""


@dataclass(frozen=True)
class OpenedResults:
    """All that the paths hold."""

    sets: tuple[ResultSet, ...]
    notes: tuple[str, ...]
    """What was left out, a sentence each."""


def open_results(arguments: Iterable[str]) -> OpenedResults:
    """Reads `PATH` or `NAME=PATH` arguments, one or more sets each.

    Raises:
        UsageError: a path is not there, or holds no result.
    """
    sets: list[ResultSet] = []
    notes: list[str] = []
    for argument in arguments:
        name, path = _split(argument)
        runs, found = _read(path)
        notes += found
        if not runs:
            raise UsageError(
                f"There are no results in {path}." if not found else f"There are no results left: {found[0]}",
                "Results are the files that `inspector study spot -o` writes, or the paper's raw JSON files.",
            )
        sets += by_machine(name, path, runs)
    return OpenedResults(tuple(_distinct(sets)), tuple(notes))


def machine_of(environment: Mapping[str, Any]) -> str:
    """Where a run was made, in words."""
    if "machine" in environment:
        return sanitise(str(environment["machine"]))
    known = [environment.get(name) for name in ("cpu", "gpu")]
    words = [str(item) for item in known if item]
    if "threads" in environment:
        words.append(f"{environment['threads']} threads")
    if "torch" in environment:
        words.append(f"torch {environment['torch']}")
    return sanitise(" · ".join(words)) or "an unknown machine"


def _split(argument: str) -> tuple[str | None, Path]:
    name, equals, rest = argument.partition("=")
    if equals and name and "/" not in name and not Path(argument).exists():
        return name, typed_path(rest)
    return None, typed_path(argument)


def _read(path: Path) -> tuple[list[StudyRun], list[str]]:
    if path.is_dir():
        runs: list[StudyRun] = []
        notes: list[str] = []
        files = sorted(item for item in path.iterdir() if item.suffix in (".json", ".jsonl") and item.is_file())
        for file in files:
            found, more = _read_file(file)
            runs += found
            notes += more or ([] if found else [f"{file.name} holds no result and is left out."])
        return runs, notes
    if not path.exists():
        raise UsageError(f"There is no file or folder {path}.", "Give a results file, or a folder of them.")
    return _read_file(path)


def _read_file(file: Path) -> tuple[list[StudyRun], list[str]]:
    if _is_lines(file):
        stored = store.read(file)
        return list(stored.runs), list(stored.bad)
    run = paper.read_file(file)
    return ([run], []) if run is not None else ([], [])


def _is_lines(file: Path) -> bool:
    """Whether a file is one of ours: its beginning says so, or its name does."""
    if file.suffix == ".jsonl":
        return True
    try:
        return _begins_like_ours(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.") from error


def holds_results(path: Path) -> bool:
    """Whether a path is a results file of ours, by its beginning; what cannot be read is none."""
    try:
        return path.is_file() and _begins_like_ours(path)
    except OSError:
        return False


def _begins_like_ours(file: Path) -> bool:
    """A first line that is cut, as long as it came to the format's name, is one too."""
    with os.fdopen(open_regular(file), "rb") as stream:
        first = stream.readline(1 << 16)
    try:
        return store.is_results_line(json.loads(first))
    except (ValueError, RecursionError):
        return b'"inspector-study"' in first[:200]


def by_machine(name: str | None, path: Path, runs: Iterable[StudyRun]) -> list[ResultSet]:
    """A set for each machine that the runs of one path were made on.

    Args:
        name: what to call them; None for the path's own name.
    """
    groups: dict[str, list[StudyRun]] = {}
    for run in runs:
        groups.setdefault(machine_of(run.environment), []).append(run)
    plain = sanitise(name or path.stem or path.name)
    made = []
    for number, (about, members) in enumerate(groups.items(), start=1):
        published = all(run.environment is paper.ENVIRONMENT for run in members)
        own = "paper" if published and name is None else plain
        made.append(
            ResultSet(own if len(groups) == 1 or published else f"{own} {number}", tuple(members), about, published)
        )
    return made


def _distinct(sets: list[ResultSet]) -> list[ResultSet]:
    names: dict[str, int] = {}
    made = []
    for item in sets:
        names[item.name] = count = names.get(item.name, 0) + 1
        made.append(item if count == 1 else ResultSet(f"{item.name} ({count})", item.runs, item.about, item.paper))
    return made
