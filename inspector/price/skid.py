"""The instruction that a sample waited for, where the clock stops the processor some instructions behind it.

A timer's interrupt comes between two instructions: the one that it finds next is not the one that took long, which has
just retired, and with it up to three behind it in the same cycle. So of the few instructions before, the slowest kind
counts, of equals the nearest. A sample that stands below a call needs none of this.
"""

from __future__ import annotations

import re
from functools import lru_cache

_REACH = 4
"""Instructions that retire in one cycle: no further back does a sample's cause lie."""
_SLOW = (
    (4, re.compile(r"^(?:v?div|v?sqrt|idiv|v?rcp14|fdiv|fsqrt)")),
    (3, re.compile(r"^v?p?gather")),
    (2, re.compile(r"^(?:call|bl)\b")),
    (2, re.compile(r"^(?!lea|mov\s+\w+ PTR|v?mov\w+\s+\w+ PTR|v?comp\w+\s).*PTR \[(?!rip|rsp|rbp)|^ld")),
    (1, re.compile(r"^(?:v(?!mov)|f|(?:add|sub|mul|min|max|cvt\w+)[ps][sd]\b)")),
)
"""How long instructions of a kind may keep others waiting, as an order and no more."""
_JUMP = re.compile(r"^(?:j\w+|b(?:\.\w+)?|cb\w+|tb\w+)\s+.*?(\.L\d+)$")
_COMPARES, _BRANCHES = re.compile(r"^(?:cmp|test|add|sub|dec|inc)\b"), re.compile(r"^j(?!mp)")
"""A comparison and the branch behind it, which processors take as one."""
_NEVER_FALLS_THROUGH = re.compile(r"^(?:jmp|ret|ud2|b\s|br\s)")


def waited_for(text: str, line: int) -> int:
    """The line of a listing that a sample at `line` is charged to; `line` itself where nothing lies before it.

    Args:
        text: of the machine code's artifact.
        line: 1-based.
    """
    return _charged(text).get(line, line)


@lru_cache(maxsize=64)
def _charged(text: str) -> dict[int, int]:
    lines = text.split("\n")
    jumps: dict[str, int] = {}
    """Label → the last line that jumps back to it."""
    labels: dict[str, int] = {}
    for number, words in enumerate(lines, 1):
        if words.startswith(".L") and words.endswith(":"):
            labels[words[:-1]] = number
        elif (match := _JUMP.match(words.strip())) and match[1] in labels:
            jumps[match[1]] = number
    return {number: _slowest(lines, number, jumps) for number, words in enumerate(lines, 1) if words.startswith(" ")}


def _slowest(lines: list[str], line: int, jumps: dict[str, int]) -> int:
    best, weight, at = line, -1, line
    steps = 0
    while steps < _REACH and (before := _before(lines, at, jumps)) is not None:
        fused = _COMPARES.match(lines[before - 1].strip()) and _BRANCHES.match(lines[at - 1].strip())
        at, steps = before, steps + (not fused)
        if (found := _weight(lines[at - 1].strip())) > weight:
            best, weight = at, found
    return best


def _before(lines: list[str], line: int, jumps: dict[str, int]) -> int | None:
    """The instruction that ran before, within its function: at the head of a loop the jump at its end."""
    at = line - 1
    while at >= 1:
        words = lines[at - 1]
        if words.startswith(" "):
            return None if _NEVER_FALLS_THROUGH.match(words.strip()) else at
        if words.startswith(".L") and (back := jumps.get(words[:-1])) is not None:
            return back
        if not words.startswith(".L"):
            return None  # a function begins
        at -= 1
    return None


def _weight(words: str) -> int:
    return next((weight for weight, pattern in _SLOW if pattern.match(words)), 0)
