"""Guards of two compilations: what is guarded by one and not by the other, or for other values."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from inspector.compare.volatile import steady_guard
from inspector.compare.words import changed_words
from inspector.model.capture import Guard
from inspector.model.difference import Change, GuardChange
from inspector.model.guard_words import split_comment

_PART = re.compile(r"\w+=\[[^\]]*\]|[^\s,()]+(?:\([^()\s,]*\)[^\s,()]*)*|[()]")
"""A word of a guard: `size=[8, 16]` is one."""
_LOCAL = re.compile(r"L\['(\w+)'\]")


def compare_guards(
    a: Iterable[Guard],
    b: Iterable[Guard],
    names: Mapping[str, str] = MappingProxyType({}),
    *,
    one_process: bool,
) -> tuple[GuardChange, ...]:
    """Guards that differ, in the order of the first side, then of the second.

    Args:
        a: the first side's.
        b: the second side's.
        names: the second side's local names that the first side calls otherwise; a name alone is no difference.
        one_process: whether both are of one process; else it does not count which object an identity is asked of.
    """
    theirs = list(b)
    alike = [_renamed(guard, names) for guard in theirs]
    own = {id(named): guard for named, guard in zip(alike, theirs, strict=True)}
    return tuple(replace(item, b=own[id(item.b)]) if item.b else item for item in _changes(list(a), alike, one_process))


def _renamed(guard: Guard, names: Mapping[str, str]) -> Guard:
    """A guard with the first side's names for local variables."""

    def first(match: re.Match[str]) -> str:
        return f"L['{names.get(match[1], match[1])}']"

    return replace(guard, code=_LOCAL.sub(first, guard.code), source=_LOCAL.sub(first, guard.source))


def _changes(a: list[Guard], b: list[Guard], one_process: bool) -> Iterator[GuardChange]:
    code = partial(_code, one_process=one_process)
    about = partial(_about, one_process=one_process)
    left = _without(b, a, code)
    waiting: defaultdict[tuple[str, str], list[Guard]] = defaultdict(list)
    for guard in left:
        waiting[about(guard)].append(guard)
    for guard in _without(a, b, code):
        others = waiting[about(guard)]
        if (guard.source and others) or (guard.kind and len(others) == 1):
            other = others.pop(0)
            left.remove(other)
            yield GuardChange(Change.CHANGED, guard, other, _what(code(guard), code(other)))
        else:
            yield GuardChange(Change.REMOVED, guard, None)
    yield from (GuardChange(Change.ADDED, None, guard) for guard in left)


def _without(guards: Iterable[Guard], others: Iterable[Guard], code: Callable[[Guard], str]) -> list[Guard]:
    """The guards without those that the others hold too, each as often as it is there."""
    held: defaultdict[tuple[str, str], int] = defaultdict(int)
    for guard in others:
        held[guard.kind, code(guard)] += 1
    left = []
    for guard in guards:
        key = guard.kind, code(guard)
        if held[key]:
            held[key] -= 1
        else:
            left.append(guard)
    return left


def _what(a: str, b: str) -> str:
    """`size=[8, 16] → size=[None, 16]`."""
    return ", ".join(f"{old or 'nothing'} → {new or 'nothing'}" for old, new in changed_words(a, b, _PART))


def _about(guard: Guard, *, one_process: bool) -> tuple[str, str]:
    return guard.kind, steady_guard(guard.source, one_process=one_process)


def _code(guard: Guard, *, one_process: bool) -> str:
    """What must hold, without the user's code that some logs print behind it."""
    return steady_guard(split_comment(guard.code).code, one_process=one_process)
