"""Many spans in little memory, with a fast answer to "which of them touch this range?"."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from inspector.model.artifact import Position, Span

_COL_BITS = 32
_COL = (1 << _COL_BITS) - 1


def pack(position: Position) -> int:
    """A position as one number that sorts as the position does."""
    return position.line << _COL_BITS | position.col


def unpack(number: int) -> Position:
    """The position in a packed number."""
    return Position(number >> _COL_BITS, number & _COL)


class SpanTable:
    """Distinct spans, numbered from 0, those of one artifact side by side and in order of their start.

    Each artifact's range is a balanced search tree laid out in place: the middle element is the root, and `_reach`
    holds the furthest end of any span of the subtree.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        keys: dict[Span, tuple[str, int, int]] = {}
        for span in spans:
            if span not in keys:
                keys[span] = (span.artifact, pack(span.start), pack(span.end))
        self._numbers: dict[Span, int] = {}
        self._artifacts: list[str] = []
        self._ranges: dict[str, tuple[int, int]] = {}
        self._artifact, self._start, self._end = array("i"), array("q"), array("q")
        for number, (span, (artifact, start, end)) in enumerate(sorted(keys.items(), key=lambda item: item[1])):
            self._numbers[span] = number
            if not self._artifacts or self._artifacts[-1] != artifact:
                self._artifacts.append(artifact)
                self._ranges[artifact] = (number, number)
            self._ranges[artifact] = (self._ranges[artifact][0], number + 1)
            self._artifact.append(len(self._artifacts) - 1)
            self._start.append(start)
            self._end.append(end)
        self._reach = array("q", bytes(8 * len(keys)))
        for low, high in self._ranges.values():
            self._fill_reach(low, high)

    def take_numbers(self) -> dict[Span, int]:
        """Span → number, once: the table does not keep what only its maker needs."""
        numbers, self._numbers = self._numbers, {}
        return numbers

    def __len__(self) -> int:
        return len(self._start)

    def __getitem__(self, number: int) -> Span:
        return Span(self.artifact(number), unpack(self._start[number]), unpack(self._end[number]))

    def artifact(self, number: int) -> str:
        """The span's artifact."""
        return self._artifacts[self._artifact[number]]

    def artifact_number(self, number: int) -> int:
        """A small number for the span's artifact."""
        return self._artifact[number]

    def start(self, number: int) -> int:
        """The span's packed start."""
        return self._start[number]

    def end(self, number: int) -> int:
        """The span's packed end, exclusive."""
        return self._end[number]

    def covers(self, outer: int, inner: int) -> bool:
        """Whether one span holds another, different one."""
        return (
            outer != inner
            and self._artifact[outer] == self._artifact[inner]
            and self._start[outer] <= self._start[inner]
            and self._end[inner] <= self._end[outer]
        )

    def numbers_in(self, artifact: str) -> range:
        """The numbers of an artifact's spans, in order of their start."""
        return range(*self._ranges.get(artifact, (0, 0)))

    def overlapping(self, artifact: str, start: int, end: int) -> list[int]:
        """The numbers of the artifact's spans that share a character with the packed range, in order of start."""
        found: list[int] = []
        low, high = self._ranges.get(artifact, (0, 0))
        self._search(low, high, start, end, found)
        return found

    def _search(self, low: int, high: int, start: int, end: int, found: list[int]) -> None:
        while low < high:
            middle = (low + high) // 2
            if self._reach[middle] <= start:
                return
            self._search(low, middle, start, end, found)
            if self._start[middle] >= end:
                return
            if self._end[middle] > start:
                found.append(middle)
            low = middle + 1

    def _fill_reach(self, low: int, high: int) -> int:
        if low >= high:
            return 0
        middle = (low + high) // 2
        reach = max(self._end[middle], self._fill_reach(low, middle), self._fill_reach(middle + 1, high))
        self._reach[middle] = reach
        return reach
