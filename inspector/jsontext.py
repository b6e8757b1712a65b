"""JSON from outside as Python's own types, bounded: a log's records, a bundle's files, another process's lines.

A whole number has 64 bits, a float is one that floats can hold, and nothing is nested deeper than `MAX_DEPTH`. What is
not so is `Malformed`; nothing else is raised.

No more is imported here than what reads a log: the overview of one is there sooner. What knows types is `codec`.
"""

from __future__ import annotations

import json
import math
from typing import Annotated, Any, Final, NoReturn

MAX_DEPTH: Final = 100
"""Lists and objects within one another. torch's records have ten; everything that walks through one may recurse."""
Real = Annotated[float, "infinite, or no number, too"]
"""The type of a field that may be so; any other float is a number."""
MAX_INT: Final = (1 << 63) - 1
MIN_INT: Final = -(1 << 63)

_MARKS: Final = bytes.maketrans(b"0123456789[{]}", b"0000000000(())")
_LONG: Final = b"0" * 19
"""As many digits as the first whole number beyond 64 bits has, marked."""
_NO_BRACKET: Final = bytes(byte for byte in range(256) if byte not in b"()")


class Malformed(ValueError):
    """What came from outside is not what its format says; the message says what and where, without a full stop."""


def load(data: bytes, *, depth: int = MAX_DEPTH, errors: str = "surrogatepass", lax: bool = False) -> Any:
    """The value in a JSON text.

    Args:
        data: UTF-8.
        depth: how deeply it may be nested.
        errors: what becomes of bytes that are no UTF-8; halves of surrogate pairs pass.
        lax: whether `NaN` and `Infinity` pass, which JSON lacks and Python writes.

    Raises:
        Malformed: it is no JSON, or beyond the bounds.
    """
    sure = is_bounded(data, depth)
    try:
        value = _DECODERS[sure, lax].decode(data.decode(errors=errors))
    except RecursionError:
        raise _too_deep(depth) from None
    except Malformed:
        raise
    except ValueError as error:
        raise Malformed(f"not JSON ({error})") from error
    if not sure:
        _require_depth(value, depth)
    return value


def is_bounded(data: bytes, depth: int = MAX_DEPTH) -> bool:
    """Whether no whole number and no nesting in `data` is beyond the bounds; False where a glance does not tell."""
    marked = data.translate(_MARKS)  # what stands in strings counts too, which only costs time
    if _LONG in marked:
        return False
    if marked.count(b"(") <= depth:
        return True
    brackets = marked.translate(None, _NO_BRACKET)
    for _ in range(depth):
        shorter = brackets.replace(b"()", b"")  # the innermost of all
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    return not brackets


def _require_depth(value: Any, depth: int) -> None:
    level = [value]
    for _ in range(depth + 1):
        inner = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        if not inner:
            return
        level = [item for items in inner for item in items]
    raise _too_deep(depth)


def _too_deep(depth: int) -> Malformed:
    return Malformed(f"it is nested deeper than {depth} times")


def _whole(text: str) -> int:
    if len(text) > 20 or not MIN_INT <= (value := int(text)) <= MAX_INT:
        _beyond(text, "64 bits")
    return value


def _float(text: str) -> float:
    if not math.isfinite(value := float(text)):
        _beyond(text, "a float")
    return value


def _beyond(text: str, what: str) -> NoReturn:
    raise Malformed(f"the number {text if len(text) <= 24 else text[:20] + '…'} is beyond {what}")


def _constant(text: str) -> NoReturn:
    raise Malformed(f"{text} is no number of JSON's")


_DECODERS: Final = {
    (sure, lax): json.JSONDecoder(
        parse_float=_float, parse_int=None if sure else _whole, parse_constant=None if lax else _constant
    )
    for sure in (True, False)
    for lax in (True, False)
}
