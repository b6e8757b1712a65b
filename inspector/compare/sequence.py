"""Generic alignment of two sequences: the longest rising run of pairs, and what is common between two stretches.

difflib finds the common blocks; it is quadratic at worst, so long stretches are first cut at elements that occur once
on each side, as the patience diff does.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher

_SHORT = 400
"""Elements of the longer side up to which difflib looks at every one; beyond, very common ones only extend a match."""
_LONGEST = 4_000
"""Elements of the longer side beyond which a stretch without any unique element is not searched."""

Pair = tuple[int, int]


def rising(pairs: Iterable[Pair]) -> list[Pair]:
    """The most pairs that rise on both sides; every index occurs once at most on each side."""
    ordered = sorted(pairs)
    tails: list[int] = []
    """For each length the index of the pair with the smallest `b` that a run of it can end in."""
    ends: list[int] = []
    before: list[int | None] = []
    for index, (_, b) in enumerate(ordered):
        place = bisect_left(ends, b)
        before.append(tails[place - 1] if place else None)
        if place == len(ends):
            ends.append(b)
            tails.append(index)
        else:
            ends[place], tails[place] = b, index
    found: list[Pair] = []
    at = tails[-1] if tails else None
    while at is not None:
        found.append(ordered[at])
        at = before[at]
    return found[::-1]


def gaps(pairs: Sequence[Pair], length_a: int, length_b: int) -> Iterator[tuple[range, range]]:
    """The stretches between rising pairs, both sides; those that are empty on both are left out."""
    at_a = at_b = 0
    for a, b in (*pairs, (length_a, length_b)):
        if a > at_a or b > at_b:
            yield range(at_a, a), range(at_b, b)
        at_a, at_b = a + 1, b + 1


def common(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Pair]:
    """Pairs of equal elements, rising on both sides, as many as is cheap to find."""
    found: list[Pair] = []
    _common(a, b, 0, 0, found)
    return found


def _common(a: Sequence[Hashable], b: Sequence[Hashable], at_a: int, at_b: int, found: list[Pair]) -> None:
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        found.append((at_a + head, at_b + head))
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    _middle(a[head : len(a) - tail], b[head : len(b) - tail], at_a + head, at_b + head, found)
    found += [(at_a + len(a) - left, at_b + len(b) - left) for left in range(tail, 0, -1)]


def _middle(a: Sequence[Hashable], b: Sequence[Hashable], at_a: int, at_b: int, found: list[Pair]) -> None:
    if not a or not b:
        return
    longer = max(len(a), len(b))
    anchors = _unique(a, b) if longer > _SHORT else []
    if anchors:
        start_a = start_b = 0
        for next_a, next_b in anchors:
            _common(a[start_a:next_a], b[start_b:next_b], at_a + start_a, at_b + start_b, found)
            found.append((at_a + next_a, at_b + next_b))
            start_a, start_b = next_a + 1, next_b + 1
        _common(a[start_a:], b[start_b:], at_a + start_a, at_b + start_b, found)
    elif longer <= _LONGEST:
        matcher = SequenceMatcher(None, a, b, autojunk=longer > _SHORT)
        for block in matcher.get_matching_blocks():
            found += [(at_a + block.a + step, at_b + block.b + step) for step in range(block.size)]


def _unique(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Pair]:
    """The rising pairs of elements that occur exactly once on each side."""
    count_a, count_b = Counter(a), Counter(b)
    places = {element: index for index, element in enumerate(b) if count_b[element] == 1}
    return rising(
        (index, places[element]) for index, element in enumerate(a) if count_a[element] == 1 and element in places
    )
