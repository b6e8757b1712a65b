"""Side records: what torch itself does not write goes into the same trace, as artifacts under our own names."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch._guards import CompileContext
from torch._logging._internal import trace_structured

from inspector.errors import spoken
from inspector.model.addresses import without_addresses


def write(name: str, payload: Mapping[str, Any]) -> None:
    """Writes the artifact `inspector_NAME`; from any thread."""
    trace_structured(
        "artifact",
        metadata_fn=lambda: {"name": f"inspector_{name}", "encoding": "json"},
        payload_fn=lambda: json.dumps(payload, default=str),
        expect_trace_id=False,
    )


def note(kind: str, message: str) -> None:
    """Tells the reader of the capture something about the capture itself.

    Args:
        kind: `fallback`, `dropped`, `missing` or `warning`.
        message: one sentence.
    """
    write("note", {"kind": kind, "message": without_addresses(message)})


@contextmanager
def unless_it_fails(what: str) -> Iterator[None]:
    """Records something from inside a compile, which must not fail because of it: a note says what is missing then.

    Args:
        what: `the post_grad graph of 0/0`.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours and not the compiler's
        note("dropped", f"There is no record of {what}: {type(error).__name__}: {spoken(error)}")


class _Here(threading.local):
    piece: int | None = None
    """The piece of work that the calling thread is at."""


_here = _Here()


@contextmanager
def piece(number: int) -> Iterator[None]:
    """While this lasts, what this thread writes belongs to a piece of work: one graph that Inductor was given."""
    before, _here.piece = _here.piece, number
    try:
        yield
    finally:
        _here.piece = before


def current_piece() -> int | None:
    """The piece of work that this thread is at; None outside any, and in a capture, which numbers none."""
    return _here.piece


def owner() -> dict[str, Any]:
    """Whose record this is: `compile_id`, empty outside any, and `piece`, where pieces are numbered."""
    found: dict[str, Any] = {"compile_id": current_compile_id() or ""}
    if _here.piece is not None:
        found["piece"] = _here.piece
    return found


def owned() -> bool:
    """Whether anybody could tell whose a record is that this thread writes."""
    return _here.piece is not None or current_compile_id() is not None


def current_compile_id() -> str | None:
    """torch's `0/1` while something is compiled on this thread."""
    compile_id = CompileContext.current_compile_id()
    return None if compile_id is None else str(compile_id)
