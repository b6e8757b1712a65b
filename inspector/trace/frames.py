"""Stacks as torch interns them: file names by number, innermost frame last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.model.frame import Frame


def read_frame(frame: Mapping[str, Any], strings: Mapping[int, str]) -> Frame:
    """One frame.

    Raises:
        KeyError, TypeError, ValueError: it lacks its file, its line or its function.
    """
    name = frame["filename"]
    file = strings.get(name, f"<string {name}>") if isinstance(name, int) else str(name)
    return Frame(file, int(frame["line"] or 0), str(frame["name"]), str(frame.get("loc") or ""))


def read_frames(stack: object, strings: Mapping[int, str]) -> tuple[Frame, ...]:
    """A stack; none where the record has none.

    Raises:
        KeyError, TypeError, ValueError: it is no list of frames.
    """
    if not stack:
        return ()
    if not isinstance(stack, list):
        raise TypeError("its stack is not a list")
    return tuple(read_frame(frame, strings) for frame in stack)
