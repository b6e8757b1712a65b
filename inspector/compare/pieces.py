"""One piece of a compile id as a capture of its own, so that two of them can be held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from inspector.errors import UsageError
from inspector.model.artifact import Artifact, artifact_id
from inspector.model.capture import Capture
from inspector.model.link import Link
from inspector.model.pieces import ModelPieces
from inspector.model.stage import Stage


def split_piece(name: str) -> tuple[str, int | None]:
    """`0/0:2` → `0/0` and 2; the compile id alone has no number."""
    compile_id, colon, number = name.rpartition(":")
    return (compile_id, int(number)) if colon and number.isdigit() else (name, None)


def piece_of(capture: Capture, compile_id: str, number: int) -> Capture:
    """What was compiled for one piece of a compile id; whose look-up in a cache is whose piece's is not recorded.

    Raises:
        UsageError: the compile id has no such piece.
    """
    check_piece(capture, compile_id, number)
    named = {item.id: _alone(item, number) for item in capture.artifacts if _is_of(item, compile_id, number)}
    units = {item.unit: named[item.id].unit for item in capture.artifacts if item.id in named and item.kernel}
    kernels = tuple(dict.fromkeys(item.kernel for item in named.values() if item.kernel))
    return replace(
        capture,
        artifacts=tuple(named.values()),
        links=tuple(_links(capture, named)),
        compilations=tuple(
            replace(item, kernels=kernels) for item in capture.compilations if item.compile_id == compile_id
        ),
        fusions=tuple(
            replace(item, unit=units[item.unit])
            for item in capture.fusions
            if item.compile_id == compile_id and item.unit in units
        ),
        pieces=(),
        served=tuple(_only_of(model, compile_id, number) for model in capture.served),
        cache_lookups=(),
    )


def check_piece(capture: Capture, compile_id: str, number: int) -> None:
    """Looks whether a piece is there.

    Raises:
        UsageError: it is not; the hint says which are.
    """
    known = capture.pieces_of(compile_id)
    if number not in {piece.number for piece in known}:
        listed = ", ".join(f"{compile_id}:{piece.number}" for piece in known)
        hint = f"There is: {listed}." if known else "All of it was compiled as one graph."
        raise UsageError(f"{compile_id} has no piece {number}.", hint)


def _only_of(model: ModelPieces, compile_id: str, number: int) -> ModelPieces:
    """What is said of all pieces, where one alone can be opened, under the compile id by itself."""
    own = f"{compile_id}:{number}"
    cells = (replace(cell, compile_id=compile_id if cell.compile_id == own else "") for cell in model.cells)
    return replace(model, cells=tuple(cells))


def _is_of(item: Artifact, compile_id: str, number: int) -> bool:
    if item.compile_id != compile_id:
        return item.compile_id is None
    return of_piece(item, number)


def of_piece(item: Artifact, number: int) -> bool:
    """Whether a text is of a piece of its compile id, or of the whole before it was cut."""
    return item.compile_id is None or item.stage.order < Stage.PRE_GRAD.order or item.piece == number


def _alone(item: Artifact, number: int) -> Artifact:
    """A text as it would be called, were its piece the only one."""
    if item.compile_id is None or item.stage.order < Stage.PRE_GRAD.order or not number:
        return item
    suffix = item.unit.removeprefix(str(number)).lstrip("-")
    return replace(item, id=artifact_id(item.stage, item.compile_id, item.kernel, suffix))


def _links(capture: Capture, named: dict[str, Artifact]) -> Iterator[Link]:
    for link in capture.links:
        if link.a.artifact in named and link.b.artifact in named:
            a, b = (span._replace(artifact=named[span.artifact].id) for span in (link.a, link.b))
            yield Link(a, b, link.origin)
