"""Strings that a trace gives numbers to, by the process that did: a forked one goes on with its parent's table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Strings(Protocol):
    """Strings by their numbers, as records name them: a number that is none has no string."""

    def get(self, number: Any, default: str, /) -> str:
        """The string of a number, or else `default`."""


class Interned:
    """The strings of one process.

    Args:
        others: of all processes that wrote into the same log, by their numbers.
    """

    def __init__(self, others: Mapping[int, Interned]) -> None:
        self._own: dict[int, str] = {}
        self._others = others

    def __setitem__(self, number: int, text: str) -> None:
        self._own[number] = text

    def get(self, number: Any, default: str, /) -> str:
        """The string of a number: the process's own, or what it had from its parent when it was forked.

        Which process is the parent is not recorded: where those that gave the number a string disagree, none is known.
        """
        if (own := self._own.get(number)) is not None:
            return own
        inherited = {text for other in self._others.values() if (text := other._own.get(number)) is not None}
        return inherited.pop() if len(inherited) == 1 else default


class InternedBook:
    """The strings of all processes of all logs."""

    def __init__(self) -> None:
        self._of: dict[str, dict[int, Interned]] = {}

    def of(self, file: str, pid: int) -> Interned:
        """The strings of a process, by its number, in a log."""
        log = self._of.setdefault(file, {})
        if pid not in log:
            log[pid] = Interned(log)
        return log[pid]
