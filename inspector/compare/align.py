"""Which statement of one program is which of another: by structure and provenance, never by name.

Each round pairs what the ones before left over, from what is certain to what is likely:

1. what has the same meaning by name (an argument of the user's function, a node that an earlier stage has paired);
2. what is computed the same way from the same inputs and used the same way (hashes over operands and over users), first
   with types and literals, then by operators alone, so that a graph with other shapes still lines up;
3. in the stretches between pairs, what is alike in order: same text, same user code, same operator;
4. what takes the same and is taken by the same, whatever it does.

After each round pairs spread to the operands and users of what is paired.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from inspector.compare.sequence import Pair, common, gaps, rising
from inspector.compare.statements import Program, Statement

_Level = Callable[[Statement], str]


def align(a: Program, b: Program) -> list[Pair]:
    """The pairs of statements that are one thing, sorted by the first side; each statement is in one pair at most."""
    return _Aligner(a, b).align()


class _Aligner:
    def __init__(self, a: Program, b: Program) -> None:
        self._a, self._b = a, b
        self._to_b: dict[int, int] = {}
        self._to_a: dict[int, int] = {}
        self._fresh: list[Pair] = []
        """Pairs that have not spread yet."""

    def align(self) -> list[Pair]:
        self._by(lambda item: (item.kind, item.tag) if item.anchor else None, unique=True)
        if self._a.ordered:  # a person's names, and nothing else says what an instruction is about
            self._by(lambda item: (item.key, item.name) if item.name else None, unique=True)
        for level in (_key, _kind):
            self._by_structure(level)
        self._by(lambda item: (item.key, item.tag) if item.tag else None, unique=True)
        self._by(lambda item: (item.kind, item.tag) if item.tag else None, unique=True)
        for level in (_key_and_tag, _key):
            self._in_gaps(level)
        self._by(lambda item: item.key, unique=True)
        for level in (_kind_and_tag, _kind):
            self._in_gaps(level)
        self._by_surroundings()
        return sorted(self._to_b.items())

    # --- rounds -------------------------------------------------------------------------------------------------

    def _by(self, meaning: Callable[[Statement], Hashable | None], *, unique: bool) -> None:
        """Pairs statements of equal meaning; of several the n-th with the n-th, unless only unique ones count."""
        sides = [
            _grouped((meaning(item), index) for index, item in enumerate(program.statements) if index not in done)
            for program, done in ((self._a, self._to_b), (self._b, self._to_a))
        ]
        self._pair_groups(*sides, unique=unique)
        self._spread()

    def _by_structure(self, level: _Level) -> None:
        a, b = _Hashes(self._a, level), _Hashes(self._b, level)
        for choose in (
            lambda hashes, index: (hashes.up[index], hashes.down[index]),
            lambda hashes, index: ("up", hashes.up[index]),
            lambda hashes, index: ("down", hashes.down[index], hashes.own[index]),
        ):
            sides = [
                _grouped(
                    (choose(hashes, index) if hashes.connected(index) else None, index)
                    for index in range(len(hashes.own))
                    if index not in done
                )
                for hashes, done in ((a, self._to_b), (b, self._to_a))
            ]
            self._pair_groups(*sides, unique=False)
        self._spread()

    def _by_surroundings(self) -> None:
        """Pairs what takes and is taken by the same, though it does something else: `silu` where `gelu` was."""
        ours = _Surroundings(self._a, self._to_b)
        theirs = _Surroundings(self._b, {index: index for index in self._to_a})
        self._pair_groups(ours.of_unpaired(), theirs.of_unpaired(), unique=True)

    def _pair_groups(self, a: dict[Hashable, list[int]], b: dict[Hashable, list[int]], *, unique: bool) -> None:
        for meaning, indices in a.items():
            others = b.get(meaning, [])
            if len(indices) == len(others) and (len(indices) == 1 or not unique):
                for pair in zip(indices, others, strict=True):
                    self._pair(*pair)

    def _in_gaps(self, level: _Level) -> None:
        """Pairs, between what is paired already, what is alike in order."""
        run = rising(self._to_b.items())
        for stretch_a, stretch_b in gaps(run, len(self._a.statements), len(self._b.statements)):
            free_a = _free(self._a, stretch_a, self._to_b, level)
            free_b = _free(self._b, stretch_b, self._to_a, level)
            for place_a, place_b in common([text for _, text in free_a], [text for _, text in free_b]):
                self._pair(free_a[place_a][0], free_b[place_b][0])
        self._spread()

    # --- pairs --------------------------------------------------------------------------------------------------

    def _pair(self, a: int, b: int) -> None:
        if a not in self._to_b and b not in self._to_a and same_anchor(self._a.statements[a], self._b.statements[b]):
            self._to_b[a], self._to_a[b] = b, a
            self._fresh.append((a, b))

    def _spread(self) -> None:
        """Pairs the operands and the users of what is paired, where they do the same."""
        while self._fresh:
            a, b = self._fresh.pop()
            ours, theirs = self._a.operands[a], self._b.operands[b]
            if len(ours) == len(theirs):
                for pair in zip(ours, theirs, strict=True):
                    self._pair_alike(*pair)
            self._pair_users(self._a.users[a], self._b.users[b])

    def _pair_users(self, a: Sequence[Pair], b: Sequence[Pair]) -> None:
        ours = _grouped(((self._a.statements[user].kind, place), user) for user, place in a if user not in self._to_b)
        theirs = _grouped(((self._b.statements[user].kind, place), user) for user, place in b if user not in self._to_a)
        for use, users in ours.items():
            if len(users) == len(others := theirs.get(use, [])) == 1:
                self._pair_alike(users[0], others[0])

    def _pair_alike(self, a: int, b: int) -> None:
        if self._a.statements[a].kind == self._b.statements[b].kind:
            self._pair(a, b)


def same_anchor(a: Statement, b: Statement) -> bool:
    """Whether two statements may be one: of two that have a meaning by name, it is the same."""
    return not (a.anchor and b.anchor) or (a.kind, a.tag) == (b.kind, b.tag)


class _Hashes:
    """For each statement what it is made from, all the way up, and what is made of it, all the way down."""

    def __init__(self, program: Program, level: _Level) -> None:
        self._program = program
        count = len(program.statements)
        self.own = [hash(level(item)) for item in program.statements]
        self.up = list(self.own)
        self.down = [0] * count
        for index in range(count):
            self.up[index] = hash((self.own[index], *(self.up[operand] for operand in program.operands[index])))
        for index in range(count - 1, -1, -1):
            uses = sorted((self.own[user], place, self.down[user]) for user, place in program.users[index])
            self.down[index] = hash(tuple(uses))

    def connected(self, index: int) -> bool:
        """Whether it uses or is used: of a line that stands alone only the place tells what it is."""
        return bool(self._program.operands[index] or self._program.users[index])


class _Surroundings:
    """What statements take and what takes them, as the second side's indices."""

    def __init__(self, program: Program, meaning: Mapping[int, int]) -> None:
        self._program, self._meaning = program, meaning

    def of_unpaired(self) -> dict[Hashable, list[int]]:
        """Surroundings → statements without a counterpart; none for those that stand alone."""
        return _grouped(
            (self._of(index), index)
            for index, item in enumerate(self._program.statements)
            if item.name and index not in self._meaning
        )

    def _of(self, index: int) -> Hashable | None:
        meaning = self._meaning
        takes = tuple(meaning.get(operand, -1) for operand in self._program.operands[index])
        users = self._program.users[index]
        taken = tuple(sorted((meaning[user], place) for user, place in users if user in meaning))
        return (takes, taken) if takes and taken and -1 not in takes else None


def _free(program: Program, stretch: range, done: Mapping[int, int], level: _Level) -> list[tuple[int, str]]:
    """The statements of a stretch that are still to be paired, with what they are alike by.

    What has a meaning of its own by name is left out: an argument that the other side lacks is not the one beside it.
    """
    items = ((index, program.statements[index]) for index in stretch if index not in done)
    return [(index, text) for index, item in items if not item.anchor and (text := level(item))]


def _grouped(items: Iterable[tuple[Hashable | None, int]]) -> dict[Hashable, list[int]]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for meaning, index in items:
        if meaning is not None:
            found[meaning].append(index)
    return found


def _key(item: Statement) -> str:
    return item.key


def _kind(item: Statement) -> str:
    return item.kind


def _key_and_tag(item: Statement) -> str:
    return f"{item.key}\n{item.tag}" if item.tag else ""


def _kind_and_tag(item: Statement) -> str:
    return f"{item.kind}\n{item.tag}" if item.tag else ""
