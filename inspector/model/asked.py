"""What each of a function's compiled codes asks of a call, as far as they differ in it: which calls each is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from inspector.model.advice import Call, strides_that_follow
from inspector.model.cures import Key
from inspector.model.guard_words import local

if TYPE_CHECKING:
    from inspector.model.call_values import CallValues
    from inspector.model.compile_row import CompileRow

_CLASS = re.compile(r"^<(?:class|enum) '(.*)'>$")
Asked = Mapping[str, tuple[str, ...]]
"""Compile id → what its guards ask of a call and those of another compile of the function do not: `x dtype: Float`,
`2 <= x.size()[0]`. A compile id whose guards are not recorded is left out."""


def asked_of(rows: Sequence[CompileRow], values: Callable[[str], CallValues]) -> Asked:
    """What the guards of a function's compiles ask, each less what all of them ask.

    Args:
        rows: its compiles.
        values: compile id → what its guards say.
    """
    known = {row.compile_id: found for row in rows if (found := values(row.compile_id)).asked}
    follow = strides_that_follow([Call.of(item) for item in known.values()])
    failed = {(local(item.source), item.what) for row in rows for item in row.failures}
    differing = {key for key in _differing(known.values(), failed) if key not in follow}
    shared = set.intersection(*(set(item.conditions) for item in known.values())) if known else set()
    return {
        compile_id: (
            *_values(item.asked, differing),
            *(local(words) for words in item.conditions if words not in shared),
        )
        for compile_id, item in known.items()
    }


def _differing(known: Collection[CallValues], failed: Collection[Key]) -> set[Key]:
    """What is held to different values, and what failed and is not asked by all."""
    held: dict[Key, set[str]] = {}
    count: dict[Key, int] = {}
    for item in known:
        for key, value in item.asked.items():
            held.setdefault(key, set()).add(value)
            count[key] = count.get(key, 0) + 1
    return {key for key in held if len(held[key]) > 1 or (key in failed and count[key] < len(known))}


def _values(asked: Mapping[Key, str], differing: set[Key]) -> list[str]:
    """What is asked of what differs; where a value itself is not, its type is what is left of the question."""
    said = {key: value for key, value in asked.items() if key in differing}
    for of, what in sorted(differing - asked.keys()):
        kind = next((key for key in ((of, "type"), (of, "tensor type")) if key in asked), None)
        if kind is not None and what in ("value", "type", "tensor type"):
            said[kind] = asked[kind]
    return [f"{of} {what}: ".lstrip() + _CLASS.sub(r"\1", local(value)) for (of, what), value in said.items()]
