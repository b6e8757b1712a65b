"""Numbers in what a log says: those that a text spells, and those that were read as JSON."""

from __future__ import annotations

import math
from typing import Any


def whole(text: str) -> int | None:
    """The number that a text spells in at most 18 digits; None for anything else.

    A longer one is no line, size or index of anything, and Python refuses to read one of thousands of digits.
    """
    return int(text) if text.isdecimal() and len(text) <= 18 else None


def integer(value: Any) -> int:
    """A whole number in what was read as JSON.

    Raises:
        TypeError: it is something else, true or false too, which Python takes for 1 and 0.
    """
    if type(value) is not int:
        raise TypeError(f"{str(value)[:40]!r} is no whole number")
    return value


def integer_or_none(value: Any) -> int | None:
    """A whole number in what was read as JSON; None for anything else."""
    return value if type(value) is int else None


def finite_or_none(value: Any) -> float | None:
    """A number in what was read as JSON; None for anything else, infinities too."""
    return float(value) if type(value) in (int, float) and math.isfinite(value) else None


def to_nanoseconds(seconds: float) -> float:
    """Seconds to the nanosecond, as a bundle keeps them: a log's sums are those of its bundle, to the last digit."""
    return round(seconds, 9)
