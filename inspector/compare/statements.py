"""A text as statements: what each line defines, what it uses, and what it says once all names are taken out.

    add: "f32[8]" = torch.ops.aten.add.Tensor(mul, 1);     defines add, uses mul
    •: "f32[8]" = torch.ops.aten.add.Tensor(•, 1);         its key
    add                                                    its kind

A name is what the text itself defines. A use refers to the latest definition above it, for generated code gives one
name to several things in separate scopes; failing that to the first one below.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

SLOT = "•"
"""What stands in a key for a name."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One definition, call or other line that says something."""

    line: int
    """1-based."""
    col: int
    last: int
    """The last line, inclusive."""
    name: str
    """What it defines, as a person would call it; empty where it defines nothing."""
    key: str
    """Its text without names, comments and what differs from run to run."""
    kind: str
    """What it does, without types, shapes and literals: `aten.add`, `tl.load`, `vmulps`."""
    tag: str = ""
    """Where it comes from: the user's code in the text's own comments, or what links say."""
    symbol: bool = False
    """Whether it only stands for a size."""
    anchor: bool = False
    """Whether the name means the same in every compile: an argument of the user's function."""


class Mention(NamedTuple):
    """One name within a line, and what it refers to."""

    start: int
    end: int
    statement: int
    """Index of the statement that defines it."""
    slot: int
    """Which of the names that it defines."""


@dataclass(frozen=True)
class Program:
    """A text cut into statements."""

    lines: Sequence[str]
    plain: Sequence[str]
    """The lines without what differs from run to run, for comparison; as long as `lines`."""
    statements: tuple[Statement, ...]
    mentions: Mapping[int, tuple[Mention, ...]]
    """1-based line → the names in it, in order."""
    operands: tuple[tuple[int, ...], ...]
    """For each statement the ones above it that it uses, in the order of its text, without those that only stand for a
    size: with dynamic shapes they come and go while the computation stays."""
    noise: Sequence[re.Pattern[str]] = ()
    """Numbering that the language adds to its lines and that `plain` is without."""
    symbols: Mapping[str, str] = field(default_factory=dict)
    """Symbol of a size, `s77` → what keys call it, by the order in which symbols appear."""
    saying: frozenset[int] = frozenset()
    """The lines that hold more than blanks, braces or a comment: those that a verdict is about."""
    inside: frozenset[int] = frozenset()
    """The lines that begin inside of brackets; arguments stand there, and their order means something."""
    ordered: bool = False
    """Whether statements are tied together by their order: bytecode, machine code."""

    @cached_property
    def users(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """For each statement those that use it, with the position among their operands."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.statements]
        for user, operands in enumerate(self.operands):
            for position, operand in enumerate(operands):
                found[operand].append((user, position))
        return tuple(tuple(users) for users in found)

    def at(self, line: int, col: int) -> int | None:
        """The statement at a place, or the only one on its line."""
        on_line = self._by_line.get(line, ())
        exact = next((index for index in on_line if self.statements[index].col == col), None)
        return exact if exact is not None or len(on_line) != 1 else on_line[0]

    def on(self, first: int, last: int) -> list[int]:
        """The statements that begin on the lines `first` to `last`, both inclusive."""
        return list(range(bisect_left(self._begins, first), bisect_left(self._begins, last + 1)))

    @cached_property
    def _begins(self) -> list[int]:
        return [item.line for item in self.statements]

    @cached_property
    def _by_line(self) -> Mapping[int, list[int]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for index, item in enumerate(self.statements):
            found[item.line].append(index)
        return found


class Scope:
    """Which statement each name refers to, at each place of a text."""

    def __init__(self) -> None:
        self._places: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)

    def define(self, name: str, line: int, statement: int, slot: int, *, lasting: bool = False) -> None:
        """Notes a definition; lines must not go back. A lasting one holds for the whole text."""
        if lasting:
            self._places[name].clear()
        self._places[name].append((line, statement, slot))

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def find(self, name: str, line: int) -> tuple[int, int]:
        """The statement and slot that a name means on a line: the latest one above or on it, or the first below."""
        places = self._places[name]
        if len(places) == 1:
            return places[0][1:]
        index = bisect_left(places, (line, 0, 0))
        if index < len(places) and places[index][0] == line:
            return places[index][1:]
        return places[max(0, index - 1)][1:]
