"""Between the model's types and JSON, by the types themselves: a new dataclass needs no code of its own.

Whatever comes from outside (a bundle, a worker, a results file) comes in here, within the bounds of `jsontext`. What is
beyond them, or not of its type, is `Malformed`, with the place in the file; nothing else is raised.

JSON has no NaN and no infinities: they are written as the words that Python has for them, and read back where the
type is `Real`. Where it is float they are refused, for whatever is drawn or added up there would go wrong.
"""

from __future__ import annotations

import json
import math
import re
import typing
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, cast

import msgspec

from inspector.jsontext import MAX_DEPTH, MAX_INT, MIN_INT, Malformed, Real, is_bounded, load

T = TypeVar("T")
Json = dict[str, Any]

Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_INT)]
"""A field that is no less than none."""
Line = Annotated[int, msgspec.Meta(ge=1, le=(1 << 31) - 1)]
"""A line, from 1."""
Column = Annotated[int, msgspec.Meta(ge=0, le=(1 << 31) - 1)]
"""A column, from 0."""

_WORDS: Final = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_PLACE: Final = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<place>.*)`)?", re.DOTALL)


# --- out ----------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:  # noqa: PLR0911 (one for each type)
    """`value` in JSON's types only: foreign objects, and numbers that JSON lacks or 64 bits do not hold, as strings."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        return value if MIN_INT <= value <= MAX_INT else hex(value)
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if (names := _names(cast("Hashable", kind))) is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    for base in (bool, int, float, str):  # an enum's member, a number of a class of its own
        if isinstance(value, base):
            return plain(base(value))
    return str(value)


@cache
def _names(kind: Hashable) -> tuple[str, ...] | None:
    """The fields of a dataclass; None for anything else."""
    return tuple(item.name for item in fields(kind)) if isinstance(kind, type) and is_dataclass(kind) else None


def line(value: Any) -> bytes:
    """One line of JSON, newline included."""
    return json.dumps(plain(value), separators=(",", ":")).encode() + b"\n"


def dump(value: Any) -> bytes:
    """Indented JSON with a newline at its end."""
    text = json.dumps(plain(value), ensure_ascii=False).encode(errors="surrogatepass")
    return msgspec.json.format(text, indent=2) + b"\n"


# --- in -----------------------------------------------------------------------------------------------------


def decode(data: bytes, kind: type[T]) -> T:
    """The value of a type in a JSON text; fields that the type does not know are let pass.

    msgspec reads it where it can, several times as fast. What it refuses is read once more by the standard library,
    which knows more (halves of surrogate pairs, numbers in words) and tells what is wrong.

    Raises:
        Malformed: it is no JSON, beyond the bounds, or not of the type.
    """
    if is_bounded(data):
        try:
            return cast("T", _decoder(cast("Hashable", kind)).decode(data))
        except (msgspec.MsgspecError, RecursionError):
            pass
    return convert(load(data), kind)


def convert(value: object, kind: type[T]) -> T:
    """What `load` read, as a type.

    Raises:
        Malformed: it is not of the type.
    """
    try:
        return msgspec.convert(_restored(kind, value), kind)
    except msgspec.ValidationError as error:
        raise Malformed(_in_words(error)) from error
    except UnicodeEncodeError as error:  # msgspec compares a text with numbers or members of an enum
        raise Malformed(f"half a surrogate pair where no text may be ({error.reason})") from error
    except RecursionError as error:
        raise Malformed(f"it is nested deeper than {MAX_DEPTH} times") from error


def member(data: object, key: str, kind: type[T]) -> T:
    """One member of an object that `load` read.

    Raises:
        Malformed: there is none, or it is not of the type.
    """
    if not isinstance(data, dict) or key not in data:
        raise Malformed(f"{key!r} is missing")
    try:
        return convert(data[key], kind)
    except Malformed as error:
        raise Malformed(f"{key}: {error}") from error


@cache
def _decoder(kind: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _in_words(error: msgspec.ValidationError) -> str:
    """`restarts: expected an int and found a str`."""
    found = _PLACE.fullmatch(str(error))
    assert found is not None
    what = found["what"].replace("`", "")
    place = (found["place"] or "").removeprefix(".")
    return f"{place}: {what[:1].lower()}{what[1:]}" if place else what[:1].lower() + what[1:]


def _restored(kind: Any, value: object) -> Any:
    """`value` with the words for numbers that JSON lacks turned back, where the type says that there may be some."""
    if value is None or isinstance(value, bool | int | float):
        return value
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is UnionType or origin is typing.Union:
        for argument in arguments:
            value = _restored(argument, value)
    elif kind == Real and isinstance(value, str):
        return _WORDS.get(value, value)
    elif isinstance(value, dict):
        if is_dataclass(kind):
            hints = _hints(cast("Hashable", kind))
            return {key: _restored(hints.get(key), item) for key, item in value.items()}
        if len(arguments) == 2:
            return {key: _restored(arguments[1], item) for key, item in value.items()}
    elif isinstance(value, list) and origin is tuple:
        kinds = arguments[:1] * len(value) if arguments[-1] is Ellipsis else (*arguments, *[None] * len(value))
        return [_restored(item_kind, item) for item_kind, item in zip(kinds, value, strict=False)]
    return value


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)
