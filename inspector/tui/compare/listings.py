"""Guards, settings and counts as two columns of text: pairs that are known already, with the words that differ lit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from inspector.compare.sequence import common, gaps
from inspector.model.artifact import Language
from inspector.model.difference import Change, Columns, FactChange, GuardChange, Text, TextDifference, TextRow

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_KEYS = re.compile(r"DispatchKeySet\([^()]*\)")
_NAME = 36
"""Cells that names get at most; values begin in one column."""

Sides = tuple[str | None, str | None]
"""One line of each side; None where that side has nothing."""


def guards_text(guards: Sequence[GuardChange]) -> TextDifference | None:
    """The guards that differ, each beside the one that guards the same thing; None where none differs."""
    return _text("guards", [_codes(item) for item in guards], Language.PYTHON)


def _codes(item: GuardChange) -> Sides:
    """Both sides' code, without the dispatch keys of a tensor where both have the same: they fill half a screen."""
    a, b = (guard.code if guard is not None else None for guard in (item.a, item.b))
    if a is not None and b is not None and _KEYS.findall(a) != _KEYS.findall(b):
        return a, b
    ours, theirs = (None if code is None else _KEYS.sub("DispatchKeySet(…)", code) for code in (a, b))
    return ours, theirs


def facts_text(title: str, facts: Sequence[FactChange]) -> TextDifference | None:
    """Settings or counts that differ, a name and a value on each line; None where none differs."""
    width = min(_NAME, max((len(fact.name) for fact in facts), default=0))

    def line(name: str, value: str) -> str | None:
        return f"{name:<{width}}  {value}" if value else None

    return _text(title, [(line(fact.name, fact.a), line(fact.name, fact.b)) for fact in facts], Language.TEXT)


def _text(title: str, lines: Iterable[Sides], language: Language) -> TextDifference | None:
    pairs = [(_one_line(a), _one_line(b)) for a, b in lines]
    if not pairs:
        return None
    sides = [
        Text(title, language, "".join(f"{line}\n" for pair in pairs if (line := pair[side]) is not None))
        for side in (0, 1)
    ]
    a, b = (side if side.text else None for side in sides)
    change = Change.CHANGED if a and b else Change.REMOVED if a else Change.ADDED
    return TextDifference(title, a, b, change, tuple(_rows(pairs)))


def _one_line(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split("\n"))


def _rows(pairs: Iterable[Sides]) -> Iterator[TextRow]:
    at_a = at_b = 0
    for a, b in pairs:
        at_a, at_b = at_a + (a is not None), at_b + (b is not None)
        if a is not None and b is not None:
            yield TextRow(Change.CHANGED, at_a, at_b, *_parts(a, b))
        elif a is not None:
            yield TextRow(Change.REMOVED, at_a, None)
        else:
            yield TextRow(Change.ADDED, None, at_b)


def _parts(a: str, b: str) -> tuple[Columns, Columns]:
    """The columns of the words that differ."""
    ours, theirs = list(_TOKEN.finditer(a)), list(_TOKEN.finditer(b))
    stretches = list(gaps(common([item[0] for item in ours], [item[0] for item in theirs]), len(ours), len(theirs)))
    return (
        tuple((ours[run[0]].start(), ours[run[-1]].end()) for run, _ in stretches if run),
        tuple((theirs[run[0]].start(), theirs[run[-1]].end()) for _, run in stretches if run),
    )
