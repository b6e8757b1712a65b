"""Side records: what torch itself does not write goes into the same trace, as artifacts under our own names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch._guards import CompileContext
from torch._logging._internal import trace_structured


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
    write("note", {"kind": kind, "message": message})


@contextmanager
def unless_it_fails(what: str) -> Iterator[None]:
    """Records something from inside a compile, which must not fail because of it: a note says what is missing then.

    Args:
        what: `the post_grad graph of 0/0`.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours and not the compiler's
        note("dropped", f"There is no record of {what}: {type(error).__name__}: {error}")


def current_compile_id() -> str | None:
    """torch's `0/1` while something is compiled on this thread."""
    compile_id = CompileContext.current_compile_id()
    return None if compile_id is None else str(compile_id)
