"""Finding text in an artifact without holding up the screen."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from inspector.model.artifact import Artifact, Position
from inspector.tui.panes.lines import Lines

MAX_MATCHES = 10_000
"""More are not listed; the status says so."""
_REGEX_SECONDS = 0.2
_REGEX_COLUMNS = 1_024
"""A regular expression sees this much of a line: what backtracking costs grows with a line's length."""


@dataclass(frozen=True)
class FindStatus:
    """What a search has come to."""

    pattern: str = ""
    index: int = 0
    """Which match the cursor is on, 1-based; 0 for none."""
    count: int = 0
    capped: bool = False
    """There may be more than `count`: the limit of matches or of time was reached."""
    error: str = ""
    """Why the pattern cannot be searched for; empty when it can."""

    def __str__(self) -> str:
        if self.error:
            return self.error
        return f"{self.index}/{self.count}{'+' if self.capped else ''}" if self.pattern else ""


@dataclass(frozen=True)
class Matches:
    """Every match of one pattern in one artifact, in order."""

    status: FindStatus = FindStatus()
    places: tuple[tuple[int, int, int], ...] = ()
    """Line (1-based), first column, end column (exclusive)."""
    by_line: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def at_or_after(self, position: Position) -> int:
        """The index of the first match at or after a position, wrapping round; -1 without matches."""
        return bisect_left(self.places, (position.line, position.col, 0)) % len(self.places) if self.places else -1

    def after(self, position: Position) -> int:
        """The index of the first match after a position, wrapping round; -1 without matches."""
        key = (position.line, position.col + 1, 0)
        return bisect_left(self.places, key) % len(self.places) if self.places else -1

    def before(self, position: Position) -> int:
        """The index of the last match before a position, wrapping round; -1 without matches."""
        if not self.places:
            return -1
        return (bisect_right(self.places, (position.line, position.col, -1)) - 1) % len(self.places)

    def standing(self, position: Position) -> FindStatus:
        """The status with the number of the match that begins at `position`."""
        index = bisect_left(self.places, (position.line, position.col, 0))
        on = index < len(self.places) and self.places[index][:2] == position
        return replace(self.status, index=index + 1 if on else 0)


def find(artifact: Artifact, pattern: str, *, regex: bool = False, case: bool | None = None, near: int = 1) -> Matches:
    """Looks for a pattern.

    Args:
        artifact: where to look.
        pattern: text, or a regular expression that stays within a line.
        regex: which of the two it is.
        case: whether case counts; None means "if the pattern has a capital letter".
        near: the 1-based line from which a search that runs out of time has looked.
    """
    if not pattern:
        return Matches()
    if case is None:
        case = any(letter.isupper() for letter in pattern)
    if regex:
        try:
            compiled = re.compile(pattern, 0 if case else re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            return Matches(FindStatus(pattern, error=f"not a regular expression: {error}"))
        if _may_explode(pattern):
            return Matches(FindStatus(pattern, error="a repeat inside a repeat may never end; write it without"))
        places, capped = _by_line(artifact, compiled, near)
    else:
        places, capped = _limited(_literal(artifact.text, pattern, case))
    by_line: dict[int, list[tuple[int, int]]] = {}
    for line, start, end in places:
        by_line.setdefault(line, []).append((start, end))
    return Matches(FindStatus(pattern, 0, len(places), capped), tuple(places), by_line)


def _limited(found: Iterator[tuple[int, int, int]]) -> tuple[list[tuple[int, int, int]], bool]:
    places: list[tuple[int, int, int]] = []
    for place in found:
        if len(places) == MAX_MATCHES:
            return places, True
        places.append(place)
    return places, False


def _literal(text: str, pattern: str, case: bool) -> Iterator[tuple[int, int, int]]:
    """Substring search over the whole text; newlines are counted only between matches."""
    if not case:
        lowered = text.lower()
        if len(lowered) != len(text):  # a letter whose lower case is two: columns would shift
            yield from _folded(text, pattern)
            return
        text, pattern = lowered, pattern.lower()
    line, counted, place = 1, 0, text.find(pattern)
    while place >= 0:
        line += text.count("\n", counted, place)
        counted = place
        col = place - text.rfind("\n", 0, place) - 1
        yield line, col, col + len(pattern)
        place = text.find(pattern, place + len(pattern))


def _folded(text: str, pattern: str) -> Iterator[tuple[int, int, int]]:
    compiled = re.compile(re.escape(pattern), re.IGNORECASE)
    for number, line in enumerate(text.split("\n"), 1):
        for match in compiled.finditer(line):
            yield number, match.start(), match.end()


def _by_line(artifact: Artifact, compiled: re.Pattern[str], near: int) -> tuple[list[tuple[int, int, int]], bool]:
    lines = Lines(artifact.text)
    first = max(0, min(near, len(lines)) - 1)
    deadline = monotonic() + _REGEX_SECONDS
    places: list[tuple[int, int, int]] = []
    for index in (*range(first, len(lines)), *range(first)):
        found = compiled.finditer(lines[index], 0, _REGEX_COLUMNS)
        places += [(index + 1, *match.span()) for match in found if match.end() > match.start()]
        if len(places) > MAX_MATCHES or monotonic() > deadline:
            return sorted(places[:MAX_MATCHES]), True
    return sorted(places), False


def _may_explode(pattern: str) -> bool:
    """Whether an unbounded repeat holds another repeat or a choice: the shape of catastrophic backtracking."""
    parser: Any = re._parser  # type: ignore[attr-defined]
    repeats = {parser.MAX_REPEAT, parser.MIN_REPEAT}

    def inside(items: Any, repeated: bool) -> bool:
        for operation, argument in items:
            if operation in repeats:
                unbounded = argument[1] is parser.MAXREPEAT or argument[1] > 64
                if (repeated and unbounded) or inside(argument[2], repeated or unbounded):
                    return True
            elif operation is parser.BRANCH:
                if repeated or any(inside(branch, repeated) for branch in argument[1]):
                    return True
            elif operation is parser.SUBPATTERN and inside(argument[3], repeated):
                return True
        return False

    return inside(parser.parse(pattern), False)
