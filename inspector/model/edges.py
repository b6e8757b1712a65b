"""Links as numbers, grouped by the span that they leave, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

_KEPT_STEPS = 100_000
"""Spans and edges remembered in each direction, some 4 MiB: a look-up passes those that the one before it passed."""


class Edges:
    """Edges of one direction, grouped by the span that they leave: `_first[n]` to `_first[n + 1]` are those of n."""

    def __init__(self, count: int, pairs: Iterable[tuple[int, int, int]]) -> None:
        ordered = sorted(pairs)
        self._target = array("i", (target for _, target, _ in ordered))
        self._rank = array("b", (rank for _, _, rank in ordered))
        self._first = array("i", bytes(4 * (count + 1)))
        for start, _, _ in ordered:
            self._first[start + 1] += 1
        for number in range(count):
            self._first[number + 1] += self._first[number]
        self.known: dict[int, array[int]] = {}
        """Span → the edges that lead from it as a whole, where they were looked for."""
        self._known = 0

    def remember(self, number: int, steps: array[int]) -> None:
        """Keeps what leads from a span, up to a bound."""
        if self._known >= _KEPT_STEPS:
            self.known.clear()
            self._known = 0
        self.known[number] = steps
        self._known += 1 + len(steps)

    def any(self, number: int) -> bool:
        """Whether any edge leaves a span."""
        return self._first[number] < self._first[number + 1]

    def of(self, number: int) -> Iterator[tuple[int, int]]:
        """The edges that leave a span, as (target, rank)."""
        for index in range(self._first[number], self._first[number + 1]):
            yield self._target[index], self._rank[index]
