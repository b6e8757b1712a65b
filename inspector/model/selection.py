"""Which rows of an overview a person wants to see, and in which order: one language for all faces.

Words are looked for in everything a row says; `status:failed`, `cache:miss`, `time>1`, `recompiles>0` are conditions.
All of them must hold. What the log does not say fulfils no condition. What looks like a condition and is none is
refused: taken as a word, it would match nothing without anybody knowing why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import StrEnum

from inspector.errors import UsageError
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, Warmth

HELP = "words, status:failed, cache:miss, cold, rank1, time>1, breaks>0, recompiles>0"
"""What can be asked for, in one line."""

_NUMBER = re.compile(r"(?P<name>[a-z_]+)(?P<compare>>=|<=|>|<|=)(?P<limit>\S*)")
_FIELD = re.compile(r"(?P<name>[a-z_]+):(?P<text>\S*)")

_NUMBERS: dict[str, Callable[[CompileRow], float | None]] = {
    "time": lambda row: None if row.times.total is row.times.backward is None else row.times.seconds,
    "breaks": lambda row: row.breaks,
    "recompiles": lambda row: row.recompiles,
    "restarts": lambda row: row.restarts,
    "guards": lambda row: row.guards,
    "operators": lambda row: row.operators,
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
}
_STATUSES = (
    *(CompileStatus.FAILED, CompileStatus.REFUSED, CompileStatus.EAGER, CompileStatus.LIVE, CompileStatus.UNKNOWN),
    *(CompileStatus.DONE, CompileStatus.EXPORTED, CompileStatus.EMPTY),
)


class SortKey(StrEnum):
    """What rows are sorted by; numbers begin with the largest."""

    STARTED = "started"
    """The order in which they began: the log's."""
    TIME = "time"
    BREAKS = "breaks"
    RECOMPILES = "recompiles"
    GUARDS = "guards"
    OPERATORS = "operators"
    RESTARTS = "restarts"
    STATUS = "status"
    """What failed first, then what never ended."""
    CACHE = "cache"
    FUNCTION = "function"


def selected(
    rows: Iterable[CompileRow], needle: str = "", sort: SortKey = SortKey.STARTED, *, reverse: bool = False
) -> tuple[CompileRow, ...]:
    """The rows that a person asks for, in the order that they ask for; rows that are equal stay in the log's order."""
    test = wanted(needle)
    found = [row for row in rows if test(row)]
    if sort is not SortKey.STARTED:
        found.sort(key=_sort_key(sort))
    return tuple(reversed(found)) if reverse else tuple(found)


def _sort_key(sort: SortKey) -> Callable[[CompileRow], tuple[float, str]]:
    if (number := _NUMBERS.get(sort.value)) is not None:
        return lambda row: (-known if (known := number(row)) is not None else 1.0, "")  # unknown comes last
    if sort is SortKey.STATUS:
        return lambda row: (_STATUSES.index(row.status), "")
    if sort is SortKey.CACHE:
        return lambda row: (0.0, row.cache or "~")
    return lambda row: (0.0, row.function)


def wanted(needle: str) -> Callable[[CompileRow], bool]:
    """A test for rows: every word and condition must hold; no words hold for every row.

    Raises:
        UsageError: a condition names what there is not, or a value that it cannot have.
    """
    tests = [_test(word) for word in needle.split()]
    return lambda row: all(test(row) for test in tests)


def plain_words(needle: str) -> str:
    """The first word that is no condition: what can be lit up where it stands.

    Raises:
        UsageError: as `wanted`.
    """
    return next((word for word in needle.split() if _condition(word) is None), "")


def _test(word: str) -> Callable[[CompileRow], bool]:
    if (condition := _condition(word)) is not None:
        return condition
    text = word.lower()
    return lambda row: text in " ".join((*_fields(row).values(), *_reasons(row))).lower()


def _condition(word: str) -> Callable[[CompileRow], bool] | None:
    """The condition that a word is; None if it is a plain word, such as a path with a colon in it.

    Raises:
        UsageError: it is meant as one, and is not.
    """
    if number := _NUMBER.fullmatch(word):
        if number["name"] in _NUMBERS:
            value, compare, limit = _NUMBERS[number["name"]], _COMPARE[number["compare"]], _limit(word, number["limit"])
            return lambda row: (known := value(row)) is not None and compare(known, limit)
        if number["compare"] != "=" or _near(number["name"], _NUMBERS):
            raise _unknown(word, number["name"], _NUMBERS)
    if named := _FIELD.fullmatch(word):
        if named["name"] in _FIELDS:
            name, text = named["name"], named["text"].lower()
            _check_value(word, name, text)
            return lambda row: text in _FIELDS[name](row).lower()
        if _near(named["name"], _FIELDS):
            raise _unknown(word, named["name"], _FIELDS)
    return None


def _limit(word: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text!r} in {word!r} is no number.", "For instance: time>1, breaks>0.") from None


def _check_value(word: str, name: str, text: str) -> None:
    """Of what has few values, whether there is one like this."""
    known = _VALUES.get(name, ())
    if known and not any(text in value for value in known):
        near = _near(text, known)
        hint = f"Did you mean {name}:{near}?" if near else f"There are {', '.join(filter(None, known))}."
        raise UsageError(f"No {name} is called {text!r}, as in {word!r}.", hint)


def _near(name: str, known: Iterable[str]) -> str:
    return next(iter(get_close_matches(name, list(known), 1, 0.6)), "")


def _unknown(word: str, name: str, known: Iterable[str]) -> UsageError:
    near = _near(name, [*known, *_NUMBERS, *_FIELDS])
    hint = f"Did you mean {near}?" if near else f"Conditions are about {', '.join([*_NUMBERS, *_FIELDS])}."
    return UsageError(f"There is no {name!r} to put a condition on, as in {word!r}.", hint)


def _where(row: CompileRow) -> str:
    return f"{row.place.file}:{row.place.line}" if row.place is not None else ""


_FIELDS: dict[str, Callable[[CompileRow], str]] = {
    "status": lambda row: row.status.value,
    "cache": lambda row: row.cache,
    "id": lambda row: row.compile_id,
    "function": lambda row: row.function,
    "file": _where,
    "log": lambda row: row.log,
    "warmth": lambda row: row.warmth.value,
}
_VALUES = {"status": tuple(CompileStatus), "warmth": tuple(Warmth)}
"""Of conditions that have few values, those."""


def _fields(row: CompileRow) -> dict[str, str]:
    return {name: value(row) for name, value in _FIELDS.items()}


def _reasons(row: CompileRow) -> tuple[str, ...]:
    return (row.error, *(failure.text for failure in row.failures), *row.restart_reasons)
