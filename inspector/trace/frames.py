"""Stacks as torch interns them: file names by number, innermost frame last."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
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
    """A stack; none where the record has none.

    Raises:
        KeyError, TypeError, ValueError: it is no list of frames.
    """
    if not stack:
        return ()
    if not isinstance(stack, list):
        raise TypeError("its stack is not a list")
    return tuple(read_frame(frame, strings) for frame in stack)
