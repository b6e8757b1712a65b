"""Spans that nothing leads to, numbered: what a group of linked lines is called, and coloured, by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from inspector.model.edges import Edges
from inspector.model.spans import SpanTable, unpack

COLOURS = 12
"""Groups are told apart by so many colours."""
_LINES_APART = 5
"""Colours between the expressions of a line and those of the next."""


class Roots:
    """Those of one capture's links.

    Args:
        spans: all that are linked.
        up: their edges towards earlier stages.
        down: towards later ones.
    """

    def __init__(self, spans: SpanTable, up: Edges, down: Edges) -> None:
        self._spans, self._up, self._down = spans, up, down

    def group(self, roots: Iterable[int]) -> int:
        """The number of what comes from all these."""
        return self._numbers[self._representative(roots)]

    def _representative(self, roots: Iterable[int]) -> int:
        """The root that stands for several: in the artifact with most of them the smallest that holds the others.

        Of artifacts with equally many the one with most roots at all: the file that most of a graph is written in.
        """
        by_artifact: dict[int, list[int]] = {}
        for number in sorted(roots, key=self._numbers.__getitem__):
            by_artifact.setdefault(self._spans.artifact_number(number), []).append(number)
        numbers = max(by_artifact.items(), key=lambda item: (len(item[1]), self._counts[item[0]]))[1]
        holding = [a for a in numbers if all(a == b or self._spans.covers(a, b) for b in numbers)]
        return holding[-1] if holding else numbers[-1]

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """Spans that nothing leads to → a number that rises in the order of the stages, then of the text.

        Its remainder by `COLOURS` is made of the line and of the place in it alone, so that it is known from the start.
        """
        depths, spans = self._depths(), self._spans
        roots = [number for number in range(len(spans)) if not self._up.any(number)]
        roots.sort(key=lambda number: (depths[spans.artifact_number(number)], number))
        found: dict[int, int] = {}
        seen: dict[tuple[int, int], int] = {}
        for count, number in enumerate(roots):
            start, end = unpack(spans.start(number)), unpack(spans.end(number))
            line = spans.artifact_number(number), start.line
            colour = _LINES_APART * start.line - 1
            if (start.col, end.col) != (0, 0):  # the line as a whole takes no expression's colour
                seen[line] = seen.get(line, 0) + 1
                colour += seen[line]
            found[number] = COLOURS * count + colour % COLOURS
        return found

    @cached_property
    def _counts(self) -> Counter[int]:
        """Artifact → how many spans in it nothing leads to."""
        return Counter(self._spans.artifact_number(number) for number in self._numbers)

    def _depths(self) -> dict[int, int]:
        """Artifact → the longest way to it from an artifact that nothing leads to."""
        steps = {
            (self._spans.artifact_number(number), self._spans.artifact_number(target))
            for number in range(len(self._spans))
            for target, _ in self._down.of(number)
        }
        depths = dict.fromkeys((artifact for step in steps for artifact in step), 0)
        for _ in depths:
            deeper = {b: depths[a] + 1 for a, b in steps if depths[a] + 1 > depths[b] and a != b}
            if not deeper:
                break
            depths |= deeper
        return depths
