"""What comes out of a log or a bundle, made harmless for a terminal.

Everything that is printed for a person passes here once, where it is read; what is printed for a program is JSON,
which escapes such characters itself. Which they are, `inspector.model.visible` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

from inspector.model.visible import visible

T = TypeVar("T")

_KEPT_APART = frozenset({"links"})
"""Fields of a Capture that hold positions and ids alone, and a hundred thousand of them."""


def plain(text: str) -> str:
    """`text` with a visible character, `␛`, for each that a terminal would act on; tabs and line ends stay."""
    return visible(text)


def one_line(text: str) -> str:
    """`plain`, on one line."""
    return " ".join(plain(text).split())


def printable(value: T) -> T:
    """The same data with `plain` texts: dataclasses, tuples, lists and mappings all the way down."""
    return cast("T", _printable(value))


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, Enum) else plain(value)
    if isinstance(value, tuple | list):
        made = [_printable(item) for item in value]
        return value if all(map(_same, made, value)) else type(value)(made)
    if isinstance(value, Mapping):
        return {_printable(key): _printable(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {}
        for item in fields(value):
            if item.name not in _KEPT_APART:
                before = getattr(value, item.name)
                after = _printable(before)
                if after is not before and after != before:
                    changed[item.name] = after
        return replace(value, **changed) if changed else value
    return value


def _same(left: object, right: object) -> bool:
    return left is right or (isinstance(left, str) and left == right)
