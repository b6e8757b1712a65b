"""From pairs of statements to two columns of lines: what is the same up to names, what changed, moved, came or went."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from inspector.compare.sequence import Pair, common, gaps, rising
from inspector.compare.statements import Program
from inspector.compare.volatile import steady
from inspector.model.difference import Change, Columns, TextRow

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_WORD = re.compile(r"(?<![\w.])\w+")


@dataclass(frozen=True)
class AlignedSide:
    """A program whose names are replaced by what they mean on both sides."""

    program: Program
    meanings: Mapping[int, str]
    """Statement → what both sides call it."""
    known: Mapping[str, str]
    """Names that earlier stages gave, and what both sides call them."""
    commented: Mapping[str, str]
    """More of them, for comments alone: in code `exp` is an operation, whatever a node is called."""

    @cached_property
    def _meanings(self) -> Mapping[tuple[int, int], str]:
        return {
            (line, mention.start): f"⟦{self.meanings[mention.statement]}.{mention.slot}⟧"
            for line, mentions in self.program.mentions.items()
            for mention in mentions
        }

    @cached_property
    def lines(self) -> list[str]:
        """Every line with meanings for names."""
        return [
            steady(self._line(number, line), self.program.noise).rstrip()
            for number, line in enumerate(self.program.lines, 1)
        ]

    def _line(self, number: int, line: str) -> str:
        known = self._known(number)
        parts = []
        at = 0
        for mention in self.program.mentions.get(number, ()):
            parts += [self._without_names(line[at : mention.start], known), self._meanings[number, mention.start]]
            at = mention.end
        return "".join((*parts, self._without_names(line[at:], known)))

    def _known(self, number: int) -> Mapping[str, str]:
        return self.known if number in self.program.saying else self.commented

    @cached_property
    def bound(self) -> frozenset[int]:
        """The lines that define nothing but what is bound by its name, so that its place in a list says nothing."""
        free = {item.line for item in self.program.statements if not item.anchor}
        return frozenset(item.line for item in self.program.statements if item.anchor and item.line not in free)

    def _without_names(self, text: str, known: Mapping[str, str]) -> str:
        if not known and not self.program.symbols:
            return text
        return _WORD.sub(lambda match: self._word(match[0], known), text)

    def _word(self, word: str, known: Mapping[str, str]) -> str:
        return known.get(word) or self.program.symbols.get(word, word)

    def tokens(self, number: int) -> Iterator[tuple[int, int, str]]:
        """The tokens of a line, as start, end and meaning."""
        line = self.program.lines[number - 1]
        known = self._known(number)
        at = 0
        for mention in self.program.mentions.get(number, ()):
            yield from self._plain(line, at, mention.start, known)
            yield mention.start, mention.end, self._meanings[number, mention.start]
            at = mention.end
        yield from self._plain(line, at, len(line), known)

    def _plain(self, line: str, start: int, end: int, known: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
        for match in _TOKEN.finditer(line, start, end):
            yield match.start(), match.end(), self._word(match[0], known)


def make_rows(a: AlignedSide, b: AlignedSide, pairs: Sequence[Pair]) -> tuple[TextRow, ...]:
    """The rows of two texts whose statements are paired."""
    found = _line_pairs(a.program, b.program, pairs)
    run = rising(found.items())
    straight = dict(run)
    moved = {line: other for line, other in found.items() if line not in straight}
    both = _with_plain_lines(a, b, run, moved)
    return tuple(_rows(a, b, both, moved | _elsewhere(a, b, both, moved)))


def straight_rows(a: AlignedSide, b: AlignedSide) -> tuple[TextRow, ...]:
    """The rows of two texts that are one line by line, up to names."""
    return tuple(_row(a, b, line, line) for line in range(len(a.lines)))


def _line_pairs(a: Program, b: Program, pairs: Sequence[Pair]) -> dict[int, int]:
    """Lines that belong together, 0-based: those that share the most pairs of statements, each in one pair at most."""
    votes = Counter((a.statements[ours].line - 1, b.statements[theirs].line - 1) for ours, theirs in pairs)
    found: dict[int, int] = {}
    taken: set[int] = set()
    for (line, other), _ in votes.most_common():
        if line not in found and other not in taken:
            found[line] = other
            taken.add(other)
    return found


def _with_plain_lines(a: AlignedSide, b: AlignedSide, run: list[Pair], moved: Mapping[int, int]) -> list[Pair]:
    """Adds the lines between paired ones that are the same: braces, comments, what holds no statement."""
    found = list(run)
    arrived = set(moved.values())
    for stretch_a, stretch_b in gaps(run, len(a.lines), len(b.lines)):
        free_a = [line for line in stretch_a if line not in moved]
        free_b = [line for line in stretch_b if line not in arrived]
        same = common([a.lines[line] for line in free_a], [b.lines[line] for line in free_b])
        found += [(free_a[ours], free_b[theirs]) for ours, theirs in same]
    return sorted(found)


def _elsewhere(a: AlignedSide, b: AlignedSide, both: Iterable[Pair], moved: Mapping[int, int]) -> dict[int, int]:
    """Lines that nothing is paired with though the other side has the same one: the n-th is the n-th."""
    taken_a, taken_b = {line for line, _ in both} | set(moved), {line for _, line in both} | set(moved.values())
    waiting: defaultdict[str, list[int]] = defaultdict(list)
    for line in range(len(b.lines) - 1, -1, -1):
        if line not in taken_b and line + 1 in b.program.saying:
            waiting[b.lines[line]].append(line)
    found = {}
    for line, text in enumerate(a.lines):
        if line not in taken_a and line + 1 in a.program.saying and (others := waiting[text]):
            found[line] = others.pop()
    return found


def _rows(a: AlignedSide, b: AlignedSide, pairs: list[Pair], moved: Mapping[int, int]) -> Iterator[TextRow]:
    came_from = {other: line for line, other in moved.items()}
    for (line, other), stretch_a, stretch_b in _stretches(pairs, len(a.lines), len(b.lines)):
        for ours in stretch_a:
            there = moved.get(ours)
            if there is None:
                yield TextRow(Change.REMOVED, ours + 1, None)
            else:
                yield TextRow(_moved(a, b, ours, there), ours + 1, None, other=there + 1)
        for theirs in stretch_b:
            here = came_from.get(theirs)
            if here is None:
                yield TextRow(Change.ADDED, None, theirs + 1)
            else:
                yield TextRow(_moved(a, b, here, theirs), None, theirs + 1, other=here + 1)
        if line < len(a.lines):
            yield _row(a, b, line, other)


def _stretches(pairs: list[Pair], length_a: int, length_b: int) -> Iterator[tuple[Pair, range, range]]:
    """Each pair with the unpaired lines before it on both sides; last, what comes after them all."""
    at_a = at_b = 0
    for line, other in (*pairs, (length_a, length_b)):
        yield (line, other), range(at_a, line), range(at_b, other)
        at_a, at_b = line + 1, other + 1


def _moved(a: AlignedSide, b: AlignedSide, line: int, other: int) -> Change:
    return Change.MOVED if a.lines[line] == b.lines[other] else Change.CHANGED


def _row(a: AlignedSide, b: AlignedSide, line: int, other: int) -> TextRow:
    if a.lines[line] == b.lines[other]:
        if a.program.plain[line] == b.program.plain[other]:
            return TextRow(Change.SAME, line + 1, other + 1)
        return TextRow(Change.RENAMED, line + 1, other + 1, *_renamed_parts(a, b, line, other))
    change = Change.MOVED if _in_another_order(a, b, line + 1, other + 1) else Change.CHANGED
    return TextRow(change, line + 1, other + 1, *_changed_parts(a, b, line, other))


def _in_another_order(a: AlignedSide, b: AlignedSide, line: int, other: int) -> bool:
    """Whether two signatures, or what `args` is taken apart into, bind the same arguments by name in another order."""
    return line in a.bound and other in b.bound and _arguments(a, line) == _arguments(b, other)


def _arguments(side: AlignedSide, number: int) -> tuple[str, list[str]]:
    """What stands before a line's arguments and what they are taken from, and each of them with its type, sorted."""
    starts = [item.col for item in side.program.statements if item.line == number]
    pieces = [""] * (len(starts) + 1)
    for start, _, meaning in side.tokens(number):
        pieces[bisect_right(starts, start)] += meaning
    pieces[-1], _, value = pieces[-1].partition(" = ")  # `a, b = args`
    return pieces[0] + value, sorted(piece.rstrip(" ,:)") for piece in pieces[1:])


def _renamed_parts(a: AlignedSide, b: AlignedSide, line: int, other: int) -> tuple[Columns, Columns]:
    """The names that differ between two lines that mean the same."""
    ours, theirs = list(a.tokens(line + 1)), list(b.tokens(other + 1))
    if len(ours) != len(theirs):
        return (), ()
    text_a, text_b = a.program.lines[line], b.program.lines[other]
    differ = [
        ((x[0], x[1]), (y[0], y[1]))
        for x, y in zip(ours, theirs, strict=True)
        if text_a[x[0] : x[1]] != text_b[y[0] : y[1]]
    ]
    return tuple(part for part, _ in differ), tuple(part for _, part in differ)


def _changed_parts(a: AlignedSide, b: AlignedSide, line: int, other: int) -> tuple[Columns, Columns]:
    """What differs between two lines, names that mean the same left out."""
    ours, theirs = list(a.tokens(line + 1)), list(b.tokens(other + 1))
    same = common([token for _, _, token in ours], [token for _, _, token in theirs])
    parts_a, parts_b = [], []
    for stretch_a, stretch_b in gaps(same, len(ours), len(theirs)):
        if stretch_a:
            parts_a.append((ours[stretch_a[0]][0], ours[stretch_a[-1]][1]))
        if stretch_b:
            parts_b.append((theirs[stretch_b[0]][0], theirs[stretch_b[-1]][1]))
    return tuple(parts_a), tuple(parts_b)
