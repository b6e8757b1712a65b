"""Frames of a user's stack."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """One frame of a user's stack."""

    file: str
    line: int
    """1-based."""
    function: str
    code: str = ""


_PRINTED = re.compile(r'^\s*File "(?P<file>.+)", line (?P<line>\d{1,9}), in (?P<function>.+)$')


def frames_below(text: str) -> tuple[Frame, ...]:
    """The frames of a printed stack, innermost last, up to the next traceback."""
    frames: list[Frame] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith(("Traceback (", "NoneType: None")):
            break
        if match := _PRINTED.match(line):
            below = lines[number + 1] if number + 1 < len(lines) else ""
            code = "" if _PRINTED.match(below) else below.strip()
            frames.append(Frame(match["file"], int(match["line"]), match["function"], code))
    return tuple(frames)
