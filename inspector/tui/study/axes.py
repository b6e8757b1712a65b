"""Axes of a chart: which range they show, which values are written beside them, and in what words. No Textual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.say.units import figures, nice_step, seconds

_AIR = 0.04
"""Share of a range that stays empty at its ends."""
_SECONDS = "(s)"
"""How a report's label says that the values are seconds; they are written with their own unit then."""


@dataclass(frozen=True)
class Axis:
    """A range of values on the way to a row of dots."""

    low: float
    high: float
    log: bool = False

    def share(self, value: float) -> float:
        """0 at the low end, 1 at the high one; beyond them for values outside."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> list[float]:
        """At most so many round values, ascending."""
        return self._log_ticks(most) if self.log else self._linear_ticks(most)

    def _linear_ticks(self, most: int) -> list[float]:
        step = nice_step(self.high - self.low, max(1, most - 1))
        first = math.ceil(self.low / step - 1e-9)
        return [step * number for number in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        """1, 2 and 5 of each decade; where that is too many, 1 alone, then every second decade and so on.

        A range within a decade or so, in which no more than one of them lies, has linear ticks.
        """
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for factors, stride in (((1, 2, 5), 1), *(((1,), stride) for stride in range(1, last - first + 2))):
            found = [
                float(f"{factor}e{power}")
                for power in range(first, last + 1)
                if power % stride == 0
                for factor in factors
            ]
            found = [value for value in found if self.low <= value <= self.high]
            if len(found) <= max(2, most):
                return found if len(found) > 1 else self._linear_ticks(most)
        return []


def value_axis(values: Sequence[float], *, log: bool, zero: bool = True) -> Axis:
    """The range of a quantity, a little air around it.

    Args:
        values: all that is drawn; none gives 0 to 1.
        log: wanted logarithmic; it is linear all the same where a value is not above zero.
        zero: whether a linear axis begins at zero.
    """
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if log and low > 0:
        air = (high / low) ** _AIR if high > low else 1.5
        return Axis(low / air, high * air, log=True)
    low = min(low, 0.0) if zero else low
    high = high if high > low else low + 1.0
    return Axis(low, high + (high - low) * _AIR)


def written(value: float, label: str) -> str:
    """A value beside the axis that has this label: `200 ms`, `10 s`, `0.5`, `150`."""
    if not value:
        return "0"
    if label.endswith(_SECONDS):
        return _plain(seconds(value))
    return _plain(figures(value))


def _plain(text: str) -> str:
    """Without zeros that say nothing: ticks are round."""
    number, _, unit = text.partition(" ")
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{number} {unit}".strip()


def caption(label: str) -> str:
    """What an axis is about: its label without the unit that every tick carries."""
    return label.removesuffix(_SECONDS).strip()
