"""What belongs to what between two artifacts, and how that is known."""

from __future__ import annotations

from array import array
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from inspector.model.artifact import Position, Span
from inspector.model.edges import Edges
from inspector.model.roots import Roots
from inspector.model.spans import SpanTable, pack


class Origin(StrEnum):
    """How a link is known, strongest first. A guess is never shown as knowledge."""

    EXACT = "exact"
    """Recorded by the compiler while the code was generated."""
    DEBUG_INFO = "debug_info"
    """Read from the line tables of the binary that runs."""
    ALIGNED = "aligned"
    """Worked out afterwards from the two texts."""
    KERNEL = "kernel"
    """Only known for a whole, a kernel or an operation of the loop IR, and not for any part of it."""

    @property
    def rank(self) -> int:
        return _RANK[self]


_RANK = {origin: rank for rank, origin in enumerate(Origin)}


def weaker(one: Origin, other: Origin) -> Origin:
    """How well both together are known."""
    return max(one, other, key=lambda origin: origin.rank)


class Link(NamedTuple):
    """Two spans that belong together; `a` is the earlier stage."""

    a: Span
    b: Span
    origin: Origin


class Relative(NamedTuple):
    """A span that belongs to the place one asked about."""

    span: Span
    origin: Origin
    """The weakest origin on the way there: a chain is known only as well as its weakest link."""


@dataclass(frozen=True)
class Relatives:
    """The answer to one look-up: every relative, by artifact."""

    anchors: tuple[Span, ...]
    """The linked spans that the asked place lies in."""
    by_artifact: Mapping[str, tuple[Relative, ...]]
    """Artifact id → relatives in it, by position; the asked artifact holds its own anchors."""

    def __bool__(self) -> bool:
        return bool(self.anchors)

    def __iter__(self) -> Iterator[Relative]:
        for relatives in self.by_artifact.values():
            yield from relatives


class LinkIndex:
    """Answers, for a place in one artifact, which spans elsewhere belong to it.

    A look-up walks from the place towards later stages along `a → b` links and towards earlier stages
    along `b → a` links, and never turns round: a kernel's siblings are not relatives of one of its
    statements merely because they share a kernel.

    A link is about its two spans as wholes. A way that comes to a whole (an operation of the loop IR, a kernel) and
    goes on from a part of it, or comes to a part and goes on from the whole, knows no more than the whole: what it
    leads to is `kernel`, however well each of its links is known.

    Finer knowledge hides coarser: on the way to one artifact, a span that reaches beyond the place counts only if
    none lies inside it, and a `kernel` link to a whole text is not followed where a stronger way leads into it.

    Args:
        links: those of one capture.
        listings: ids of the artifacts in which a span of several lines is a run of lines, not a whole with parts:
            each of its lines is meant (`Stage.is_listing`).
    """

    def __init__(self, links: Iterable[Link] = (), listings: Container[str] = ()) -> None:
        unique = tuple(links)
        self._listings = listings
        self._spans = SpanTable(span for link in unique for span in (link.a, link.b))
        numbers = self._spans.take_numbers()
        pairs = [(numbers[link.a], numbers[link.b], link.origin.rank) for link in unique]
        self._down = Edges(len(self._spans), pairs)
        self._up = Edges(len(self._spans), [(b, a, rank) for a, b, rank in pairs])
        self._roots = Roots(self._spans, self._up, self._down)
        self._groups: dict[tuple[str, int], int | None] = {}
        self._known_roots: dict[int, Mapping[int, int]] = {}
        self._lines: dict[str, frozenset[int]] = {}

    def relatives(self, artifact_id: str, line: int, col: int | None = None) -> Relatives:
        """What belongs to a place.

        Args:
            line: 1-based.
            col: 0-based; picks the innermost spans around it. None, or a column outside every span, means the
                whole line.

        Returns:
            The relatives; empty and false where nothing is known about the place.
        """
        return self._relatives(self._place(artifact_id, line, col))

    def around(self, span: Span) -> Relatives:
        """What belongs to a range of an artifact, as `relatives` of a place."""
        return self._relatives(_Place(span.artifact, pack(span.start), pack(span.end)))

    def _relatives(self, place: _Place) -> Relatives:
        anchors: dict[int, int] = {}
        found: dict[int, int] = {}
        for edges in (self._up, self._down):
            self._walk(place, edges, anchors, found)
        by_artifact: dict[str, list[Relative]] = {}
        for number, rank in sorted((found | anchors).items()):
            span = self._spans[number]
            by_artifact.setdefault(span.artifact, []).append(Relative(span, _ORIGINS[rank]))
        return Relatives(
            tuple(self._spans[number] for number in sorted(anchors)),
            {artifact: _without_repeats(relatives) for artifact, relatives in by_artifact.items()},
        )

    def later(self, span: Span) -> tuple[Relative, ...]:
        """All that the links of this very span lead to in later stages; nothing where it has none."""
        same = self._same(span)
        seen = self._follow([step for number in same for step in self._down.of(number)], self._down)
        return tuple(Relative(self._spans[number], _ORIGINS[rank]) for number, rank in sorted(seen.items()))

    def group(self, artifact_id: str, line: int) -> int | None:
        """A number shared by lines that come from the same earliest span; None for a line without links.

        Its remainder by `COLOURS` tells neighbouring expressions apart and stays when further links become known.

        Of several earliest spans the most strongly known count; of those the smallest that holds the others, so that
        a fused kernel has the group of the expression that it computes.
        """
        key = (artifact_id, line)
        if key not in self._groups:
            self._groups[key] = self._group(self._place(artifact_id, line, None))
        return self._groups[key]

    def group_of(self, span: Span) -> int | None:
        """The group of a part of a line: that of what it comes from, of a first span that of the line it became.

        So each expression of a source line has the colour of its own nodes, in every artifact.
        """
        same = self._same(span)
        if any(self._up.any(number) for number in same):
            return self._group(_Place(span.artifact, pack(span.start), pack(span.end)))
        targets = [step for number in same for step in self._down.of(number)]
        if not targets:
            return None
        became = self._spans[min(targets, key=lambda step: (step[1], step[0]))[0]]
        return self.group(became.artifact, became.start.line)

    def linked_lines(self, artifact_id: str) -> frozenset[int]:
        """The 1-based lines of an artifact that have relatives."""
        if artifact_id not in self._lines:
            spans = (self._spans[number] for number in self._spans.numbers_in(artifact_id))
            self._lines[artifact_id] = frozenset(
                line for span in spans for line in range(span.start.line, span.last_line + 1)
            )
        return self._lines[artifact_id]

    def _place(self, artifact_id: str, line: int, col: int | None) -> _Place:
        whole = _Place(artifact_id, pack(Position(line, 0)), pack(Position(line + 1, 0)))
        if col is None:
            return whole
        cursor = _Place(artifact_id, pack(Position(line, col)), pack(Position(line, col + 1)))
        around = self._spans.overlapping(*cursor)
        return cursor if any(self._spans.end(number) >= cursor.end for number in around) else whole

    def _same(self, span: Span) -> list[int]:
        """The linked spans that begin and end where this one does."""
        place = _Place(span.artifact, pack(span.start), pack(span.end))
        found = self._spans.overlapping(*place)
        return [number for number in found if self._place_of(number) == place]

    def _place_of(self, number: int) -> _Place:
        return _Place(self._spans.artifact(number), self._spans.start(number), self._spans.end(number))

    def _walk(self, place: _Place, edges: Edges, anchors: dict[int, int], found: dict[int, int]) -> None:
        """Follows edges in one direction; keeps for each span the best of the weakest origins on the ways there."""
        first: list[tuple[int, int]] = []
        for local, target, rank in self._step(place, edges):
            anchors[local] = min(rank, anchors.get(local, rank))
            first.append((target, rank))
        for number, rank in self._follow(first, edges).items():
            found[number] = min(rank, found.get(number, rank))

    def _follow(self, first: Iterable[tuple[int, int]], edges: Edges) -> dict[int, int]:
        """Span → how well it is known, for all that these targets and what they lead to reach."""
        first = list(first)
        pending = [(target, rank) for target, rank in first if rank < _COARSE]
        coarse = [target for target, rank in first if rank == _COARSE]
        seen: dict[int, int] = {}
        while pending:
            number, rank = pending.pop()
            if seen.get(number, len(_ORIGINS)) <= rank:
                continue
            seen[number] = rank
            for _, target, step in self._step(self._place_of(number), edges, reached=True):
                if step < _COARSE:
                    pending.append((target, max(rank, step)))
                else:
                    coarse.append(target)
        self._walk_coarse(coarse, edges, seen)
        return seen

    def _walk_coarse(self, pending: list[int], edges: Edges, seen: dict[int, int]) -> None:
        """Goes on to what is known for whole kernels only, unless something within such a kernel is known better."""
        spans = self._spans
        better: dict[int, list[int]] = {}
        for number in seen:
            better.setdefault(spans.artifact_number(number), []).append(number)
        while pending:
            number = pending.pop()
            inside = better.get(spans.artifact_number(number), ())
            if number not in seen and not any(spans.covers(number, other) for other in inside):
                seen[number] = _COARSE
                pending += [packed >> _RANK_BITS for packed in self._steps_from(number, edges)]

    def _steps_from(self, number: int, edges: Edges) -> array[int]:
        """The edges that lead from a whole span, each as its target and rank in one number; kept for the next time."""
        found = edges.known.get(number)
        if found is None:
            steps = self._step(self._place_of(number), edges, reached=True)
            found = array("i", {target << _RANK_BITS | rank for _, target, rank in steps})
            edges.remember(number, found)
        return found

    def _step(self, place: _Place, edges: Edges, *, reached: bool = False) -> list[_Step]:
        """The edges that lead from a place, the finest known to each artifact.

        Args:
            reached: whether the place is a span that a link led to, which is meant as a whole. Where somebody points,
                all that lies in the place is meant, and else what it lies in.
        """
        spans = self._spans
        has_parts = reached and place.artifact not in self._listings
        steps: list[_Step] = []
        inside: set[int] = set()
        """Artifacts that a span within the place leads to."""
        around: dict[int, dict[int, None]] = {}
        """Artifact → the spans reaching beyond the place that lead there, in order of their start."""
        for local in spans.overlapping(*place):
            if not edges.any(local):
                continue
            start, end = spans.start(local), spans.end(local)
            same = (start, end) == (place.start, place.end)
            beyond = start <= place.start and place.end <= end and not same
            weakest = _COARSE if has_parts and not same else 0
            for target, known in edges.of(local):
                rank = max(known, weakest)
                artifact = spans.artifact_number(target)
                if beyond:
                    around.setdefault(artifact, {})[local] = None
                else:
                    inside.add(artifact)
                steps.append((local, target, rank))
        if around:
            kept = {
                (artifact, local)
                for artifact, locals_ in around.items()
                if artifact not in inside
                for local in self._innermost(locals_)
            }
            reaching = {local for locals_ in around.values() for local in locals_}
            steps = [
                step for step in steps if step[0] not in reaching or (spans.artifact_number(step[1]), step[0]) in kept
            ]
        return self._without_coarser(steps)

    def _innermost(self, around: Iterable[int]) -> Iterator[int]:
        """Of spans that all hold one place, in order of their start, those that hold none of the others."""
        nearest: int | None = None
        for number in sorted(around, key=lambda number: (self._spans.start(number), -self._spans.end(number)))[::-1]:
            end = self._spans.end(number)
            if nearest is None or end < nearest:
                nearest = end
                yield number

    def _without_coarser(self, steps: list[_Step]) -> list[_Step]:
        """Leaves out whole-kernel targets that a stronger link leads into."""
        coarse = {target for _, target, rank in steps if rank == _COARSE}
        if not coarse or len(coarse) == len(steps):
            return steps
        spans = self._spans
        finer: dict[int, set[int]] = {}
        for _, target, rank in steps:
            if rank < _COARSE:
                finer.setdefault(spans.artifact_number(target), set()).add(target)
        hidden = {
            number
            for number in coarse
            if any(spans.covers(number, other) for other in finer.get(spans.artifact_number(number), ()))
        }
        return [step for step in steps if step[1] not in hidden or step[2] < _COARSE]

    def _group(self, place: _Place) -> int | None:
        best: dict[int, int] = {}
        for _, target, rank in self._step(place, self._up):
            _take_best(best, self._come_from(target), rank)
        if not best:
            for local, _, rank in self._step(place, self._down):
                if not self._steps_from(local, self._up):
                    best[local] = min(rank, best.get(local, rank))
        if not best:
            return None
        strongest = min(best.values())
        return self._roots.group([root for root, rank in best.items() if rank == strongest])

    def _come_from(self, number: int) -> Mapping[int, int]:
        """The spans that a span comes from and that nothing leads to → the best of the weakest origins on the ways.

        Neighbouring lines come from the same few spans, so what was found for one is kept for the next.
        """
        known = self._known_roots
        if number in known:
            return known[number]
        if sum(map(len, known.values())) >= _KEPT_ROOTS:
            known.clear()
        pending = [number]
        while pending:
            at = pending[-1]
            known.setdefault(at, {})  # while its own are looked for, so that links in a circle come to an end
            steps = [(packed >> _RANK_BITS, packed & _RANK_MASK) for packed in self._steps_from(at, self._up)]
            missing = {target for target, _ in steps if target not in known}
            if missing:
                pending += missing
                continue
            pending.pop()
            best = {at: 0} if not steps else {}
            for target, rank in steps:
                _take_best(best, known[target], rank)
            known[at] = best
        return known[number]


class _Place(NamedTuple):
    """A range in an artifact, its ends packed."""

    artifact: str
    start: int
    end: int


_Step = tuple[int, int, int]
"""One edge: the span it leaves, the span it leads to, the rank of its origin."""


_ORIGINS = tuple(Origin)
_COARSE = Origin.KERNEL.rank
_RANK_BITS = 2
_RANK_MASK = (1 << _RANK_BITS) - 1
_KEPT_ROOTS = 32_768
"""Roots that are kept at a time, of all spans together: more than a screen of panes asks for, and some MiB at most."""


def _take_best(best: dict[int, int], roots: Mapping[int, int], rank: int) -> None:
    """Adds what one step leads to, no better known than the step itself."""
    for root, known in roots.items():
        worst = max(rank, known)
        best[root] = min(worst, best.get(root, worst))


def _without_repeats(relatives: list[Relative]) -> tuple[Relative, ...]:
    """Leaves out whole lines that a longer run of whole lines, at least as well known, already holds."""
    kept: list[Relative] = []
    reach = [Position(0, 0)] * len(_ORIGINS)
    for relative in sorted(relatives, key=lambda item: (item.span.start, -item.span.end.line)):
        span, rank = relative.span, relative.origin.rank
        if span.start.col == 0 and span.end.col == 0:
            if any(end >= span.end for end in reach[: rank + 1]):
                continue
            reach[rank] = max(reach[rank], span.end)
        kept.append(relative)
    return tuple(kept)
