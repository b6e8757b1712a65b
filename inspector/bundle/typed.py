"""Between the model's frozen dataclasses and JSON, by their own field types: nothing to write for each type.

A field is `str`, `int`, `float`, `bool`, a `StrEnum`, another dataclass, one of these or None, a `tuple[X, ...]`, a
tuple of a fixed length, or a mapping from text. Writing cannot fail; reading raises `Malformed` on anything that the
type does not allow, and takes a field's default where it is absent, so that an older bundle can be read.
"""

from __future__ import annotations

import typing
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast

from inspector.bundle.codec import Malformed

T = TypeVar("T")


def to_json(value: Any) -> dict[str, Any]:
    """A dataclass as a dictionary; `codec.dump` makes plain what is in it."""
    return asdict(value)


def from_json(kind: type[T], data: object) -> T:
    """Reads what `to_json` wrote.

    Args:
        kind: the dataclass.
    """
    if not isinstance(data, dict):
        raise Malformed(f"{kind.__name__} is not an object")
    values = {}
    for name, (hint, required) in _fields(cast("Hashable", kind)).items():
        if name in data:
            values[name] = _read(hint, data[name], f"{kind.__name__}.{name}")
        elif required:
            raise Malformed(f"{kind.__name__} lacks {name!r}")
    return kind(**values)


@cache
def _fields(kind: Hashable) -> dict[str, tuple[Any, bool]]:
    """Field → its type, and whether it has no default."""
    if not isinstance(kind, type) or not is_dataclass(kind):
        raise TypeError(f"{kind} is no dataclass")
    hints = typing.get_type_hints(kind)
    return {
        item.name: (hints[item.name], item.default is MISSING and item.default_factory is MISSING)
        for item in fields(kind)
    }


def _read(hint: Any, value: object, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or (value is None and NoneType in arguments):
        return value
    if origin in (typing.Union, UnionType):
        (hint,) = (item for item in arguments if item is not NoneType)
        return _read(hint, value, name)
    if origin is tuple:
        return _read_tuple(arguments, value, name)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise Malformed(f"{name} is not an object")
        return {key: _read(arguments[1], item, name) for key, item in value.items()}
    if is_dataclass(hint):
        return from_json(cast("type[Any]", hint), value)
    return _read_plain(hint, value, name)


def _read_tuple(kinds: tuple[Any, ...], value: object, name: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Malformed(f"{name} is not a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_read(kinds[0], item, name) for item in value)
    if len(kinds) != len(value):
        raise Malformed(f"{name} has {len(value)} members, not {len(kinds)}")
    return tuple(_read(kind, item, name) for kind, item in zip(kinds, value, strict=True))


def _read_plain(kind: type, value: object, name: str) -> object:
    if issubclass(kind, StrEnum) and isinstance(value, str):
        try:
            return kind(value)
        except ValueError as error:
            raise Malformed(f"{name}: {error}") from error
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is float and value in ("inf", "-inf", "nan"):  # JSON has no such numbers
        return float(str(value))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise Malformed(f"{name} is not of type {kind.__name__}")
    return value
