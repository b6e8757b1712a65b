"""Stacks as torch interns them: file names by number, innermost frame last."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from inspector.model.frame import Frame
from inspector.model.number import integer
from inspector.trace.interned import Strings


def read_frame(frame: Mapping[str, Any], strings: Strings) -> Frame:
    """One frame.

    Raises:
        KeyError, TypeError, ValueError: it lacks its file, its line or its function.
    """
    name = frame["filename"]
    file = strings.get(name, f"<string {name}>") if isinstance(name, int) else str(name)
    return _frame(file, integer(frame["line"] or 0), str(frame["name"]), str(frame.get("loc") or ""))


@lru_cache(maxsize=4096)
def _frame(file: str, line: int, function: str, code: str) -> Frame:
    """One object for each: thousands of compile ids are called from the same few places."""
    return Frame(file, line, function, code)


def read_frames(stack: object, strings: Strings) -> tuple[Frame, ...]:
    """A stack; none where the record has none. Without the worker's own calls, which torch takes for the program's.

    Raises:
        KeyError, TypeError, ValueError: it is no list of frames.
    """
    if not stack:
        return ()
    if not isinstance(stack, list):
        raise TypeError("its stack is not a list")
    frames = (read_frame(frame, strings) for frame in stack)
    return tuple(frame for frame in frames if not _is_ours(frame.file))


@lru_cache(maxsize=4096)
def _is_ours(file: str) -> bool:
    """Whether a file is one of the worker's: it wraps functions of torch's, also where the log was made elsewhere."""
    _, room, rest = file.replace("\\", "/").rpartition("/inspector/worker/")
    return bool(room) and rest in _worker_files()


@cache
def _worker_files() -> frozenset[str]:
    worker = Path(__file__).parents[1] / "worker"
    return frozenset(path.relative_to(worker).as_posix() for path in worker.rglob("*.py"))
