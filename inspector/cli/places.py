"""A place in a capture as one types it: `aten:12`, `kernel:7:4`, `source:modeling_llama.py:164:20`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inspector.compare.pieces import of_piece, split_piece
from inspector.errors import UsageError
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.say.none import NO_SOURCES
from inspector.targets.nearest import did_you_mean, listed

_PLACE = re.compile(r"(?P<text>.*?):(?P<line>-?\d+)(?::(?P<col>-?\d+))?")


@dataclass(frozen=True)
class ArtifactPlace:
    """A line of an artifact, or one column of it."""

    artifact: Artifact
    line: int
    """1-based."""
    col: int | None
    """0-based, in code points; None means the whole line."""

    @property
    def text(self) -> str:
        return self.artifact.lines[self.line - 1]


def place_text(capture: Capture, artifact: str, line: int, col: int | None) -> str:
    """A place as `find_place` takes it, by an artifact's id; the whole line without a column."""
    if col is None:
        return f"{artifact}:{line}"
    first = ":0" if f"{artifact}:{line}" in capture.by_id else ""
    return f"{artifact}{first}:{line}:{col}"


def find_place(capture: Capture, text: str, compile_id: str | None = None, kernel: str | None = None) -> ArtifactPlace:
    """The place that a person means.

    Args:
        text: STAGE:LINE or STAGE:LINE:COL; for the source FILE may stand between; an artifact's id is taken too. The
            longest id is meant: `0/0:aten:1:4` is line 4 of piece 1, `0/0:aten:0:1:4` line 1 of the first.
        compile_id: picks among the compile ids, or of one piece: `0/0:3`; without it the first that has the stage.
        kernel: picks among the kernels.

    Raises:
        UsageError: there is no such stage, file, kernel, line or column, or several fit; the hint says what exists.
    """
    match = _PLACE.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is no place.", "Give STAGE:LINE or STAGE:LINE:COL, such as aten:12 or kernel:7:4.")
    name, number, column = match["text"], match["line"], match["col"]
    if column is not None and (f"{name}:{number}" in capture.by_id or (number == "0" and name in capture.by_id)):
        name, number, column = f"{name}:{number}", column, None
    artifact = find_artifact(capture, name, compile_id, kernel)
    line, last = int(number), len(artifact.lines)
    if not 1 <= line <= last:
        raise UsageError(f"{artifact.id} has no line {line}.", f"Its lines are 1 to {last}.")
    col = None if column is None else int(column)
    width = len(artifact.lines[line - 1])
    if col is not None and not 0 <= col <= width:
        raise UsageError(
            f"Line {line} of {artifact.id} has no column {col}.", f"Columns count from 0; this line's are 0 to {width}."
        )
    return ArtifactPlace(artifact, line, col)


def find_artifact(capture: Capture, name: str, compile_id: str | None = None, kernel: str | None = None) -> Artifact:
    """The text that a person means: a stage, `source:FILE`, `kernel:NAME`, or an artifact's id.

    Raises:
        UsageError: there is none, or several fit; the hint says what exists.
    """
    for known in (name, name.removesuffix(":0")):
        if known in capture.by_id:
            return capture.by_id[known]
    stage_name, _, rest = name.partition(":")
    stage = _stage(capture, stage_name)
    if stage is Stage.SOURCE:
        return _source(capture, rest)
    if rest and kernel is None and stage.per_kernel:
        kernel, rest = rest, ""
    compile_id, piece = (None, None) if compile_id is None else split_piece(compile_id)
    found = capture.find(stage, compile_id, kernel)
    if piece is not None:
        found = tuple(item for item in found if of_piece(item, piece))
    if rest:
        found = tuple(item for item in found if item.variant == rest)
    if not found:
        there = [item.id for item in capture.artifacts if item.stage is stage]
        asked = compile_id if piece is None else f"{compile_id}:{piece}"
        wanted = " of ".join(filter(None, (stage.heading.lower(), kernel or rest, asked)))
        raise UsageError(f"This capture has no {wanted}.", f"It has: {listed(there)}.")
    first = [item for item in found if item.compile_id == found[0].compile_id]
    if stage.per_kernel and len(first) > 1:
        kernels = dict.fromkeys(item.kernel or "" for item in first)
        if len(kernels) > 1:
            raise UsageError(
                f"{found[0].compile_id} has {len(kernels)} kernels.",
                f"Choose one with --kernel: {listed(kernels, 'or')}.",
            )
        raise UsageError(
            f"{found[0].compile_id} has {len(first)} kernels of that name.",
            f"Give the one that is meant in full: {listed((f'{item.id}:LINE' for item in first), 'or')}.",
        )
    return first[0]


def _stage(capture: Capture, name: str) -> Stage:
    there = [stage.value for stage in capture.stages()]
    found = Stage.named(name)
    if found in there:
        return Stage(found)
    message = f"There is no stage called {name!r}.{did_you_mean(name.lower(), there)}"
    if found is not None:
        plain = found is Stage.SOURCE and not capture.target  # a recording of ours tells what it is of
        message = f"This capture has no stage {name!r}." + (f" {NO_SOURCES}" if plain else "")
    raise UsageError(message, f"It has: {listed(there) or 'none'}.")


def _source(capture: Capture, name: str) -> Artifact:
    files = capture.find(Stage.SOURCE)
    if name:
        found = [item for item in files if _is_file(item, name)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise UsageError(f"This capture has no source file {name!r}.", f"It has: {_names(files)}.")
        raise UsageError(f"Several source files are called {name!r}.", f"Give more of the path: {_paths(found)}.")
    own = [item for item in files if item.path and item.path == capture.target.get("file")]
    candidates: Sequence[Artifact] = own or files
    if len(candidates) > 1:
        raise UsageError("Which source file?", f"Give source:FILE:LINE; it has: {_names(files)}.")
    return candidates[0]


def _is_file(artifact: Artifact, name: str) -> bool:
    """Whether a name, or the end of a path, means a source file."""
    known = (artifact.id.removeprefix("source:"), artifact.path or "")
    return any(item == name or item.endswith(f"/{name}") for item in known)


def _names(files: Iterable[Artifact]) -> str:
    return listed(item.id.removeprefix("source:") for item in files)


def _paths(files: Iterable[Artifact]) -> str:
    return listed((item.path or item.id for item in files), "or")
