"""What comes out of a log or a bundle, made harmless for a terminal.

Everything that is printed for a person passes here once, where it is read; what is printed for a program is JSON,
which escapes such characters itself. Which they are, `inspector.model.visible` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from operator import is_
from types import NoneType
from typing import Any, TypeVar, cast

from inspector.model.visible import visible

T = TypeVar("T")

_KEPT_APART = frozenset({"links"})
"""Fields of a Capture that hold positions and ids alone, and a hundred thousand of them."""
_HARMLESS = frozenset({NoneType, bool, int, float})


def plain(text: str) -> str:
    """`text` with a visible character, `␛`, for each that a terminal would act on; tabs and line ends stay."""
    return visible(text)


_BLANKS = re.compile(r"""(?P<quoted>'(?:[^'\\\s]|\\\S| )*'|"(?:[^"\\\s]|\\\S| )*")|\s+""")


def one_line(text: str) -> str:
    """`plain`, on one line; what is quoted keeps its blanks, for two constants may differ in these alone."""
    return _BLANKS.sub(lambda match: match["quoted"] or " ", plain(text)).strip()


def printable(value: T) -> T:
    """The same data with `plain` texts: dataclasses, tuples, lists and mappings all the way down."""
    return cast("T", _printable(value))


def _printable(value: Any) -> Any:
    kind: Any = type(value)
    if kind is str:
        return visible(value)
    if (names := _fields_of(kind)) is not None:
        changed = {}
        for name in names:
            before = getattr(value, name)
            after = before if type(before) in _HARMLESS else _printable(before)
            if after is not before and after != before:
                changed[name] = after
        return replace(value, **changed) if changed else value
    if isinstance(value, str):
        return value if isinstance(value, Enum) else visible(value)
    if isinstance(value, tuple | list):
        made = [_printable(item) for item in value]
        make = getattr(kind, "_make", kind)  # a named tuple takes its parts one by one
        return value if all(map(is_, made, value)) else make(made)
    if isinstance(value, Mapping):
        return {_printable(key): _printable(item) for key, item in value.items()}
    return value


@cache
def _fields_of(kind: type) -> tuple[str, ...] | None:
    """What to look through in a dataclass; None for what is none."""
    if not is_dataclass(kind):
        return None
    return tuple(item.name for item in fields(kind) if item.name not in _KEPT_APART)
