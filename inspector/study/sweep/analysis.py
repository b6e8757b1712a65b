"""What a sweep's results say of its settings, never more than their starts allow.

A start is one value: what changes from process to process is not in the samples of one of them. So one start has no
interval, and settings are told apart from two starts on, with Student's t on logarithms (Welch), at a level that makes
up for how many comparisons a statement is chosen from (Bonferroni). What was disturbed is shown, and never compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from inspector.errors import UsageError
from inspector.model.blocks import Estimate, difference, estimate
from inspector.model.busy import disturbed
from inspector.model.latency import median
from inspector.model.sweep import PointResult, SweepPoint
from inspector.say.sweep import timed_of
from inspector.study.statistics import student
from inspector.targets.nearest import did_you_mean

WORK = ("target", "batch", "seq", "train")
"""Dimensions that say what is computed; the others say how, and are what one chooses from."""
_LEVEL = 0.05


def varied(points: Iterable[SweepPoint]) -> tuple[str, ...]:
    """The dimensions in which points differ, in their order; what only some of them have is one."""
    seen: dict[str, set[str]] = {}
    listed = [point.settings for point in points]
    for name in dict.fromkeys(name for settings in listed for name in settings):
        seen[name] = {settings.get(name, "default") for settings in listed}
    return tuple(name for name, values in seen.items() if len(values) > 1)


@dataclass(frozen=True)
class Quantity:
    """Something that is measured at each start."""

    name: str
    unit: str
    of: Callable[[PointResult], float | None]
    quiet: Callable[[PointResult], bool]
    """Whether nothing disturbed it."""


def _timed_quietly(result: PointResult) -> bool:
    return not result.beside and not any(disturbed(run.busy) for run in result.latency)


def _side(name: str) -> Callable[[PointResult], float | None]:
    def of(result: PointResult) -> float | None:
        timed = timed_of(result)
        if timed is None or (name == "compiled" and timed.against_itself):
            return None
        taken: float = getattr(timed, name).median
        return taken if taken > 0 else None

    return of


def _speedup(result: PointResult) -> float | None:
    timed = timed_of(result)
    return timed.speedup if timed is not None else None


LATENCY = Quantity("latency", "s", _side("compiled"), _timed_quietly)
EAGER = Quantity("eager", "s", _side("eager"), _timed_quietly)
SPEEDUP = Quantity("speed-up", "×", _speedup, _timed_quietly)
FIRST_CALL = Quantity("first call", "s", lambda result: result.first_call, lambda result: result.quiet)
KERNELS = Quantity("kernels", "", lambda result: result.kernels, lambda _: True)
QUANTITIES = (LATENCY, EAGER, SPEEDUP, FIRST_CALL, KERNELS)


@dataclass(frozen=True)
class SweepSetting:
    """All starts of one setting."""

    settings: Mapping[str, str]
    results: tuple[PointResult, ...]

    @property
    def failed(self) -> tuple[PointResult, ...]:
        return tuple(result for result in self.results if not result.ok)

    def of(self, quantity: Quantity) -> StartValues:
        """A quantity over the starts."""
        found = [
            (value, quantity.quiet(result))
            for result in self.results
            if result.ok and (value := quantity.of(result)) is not None
        ]
        return StartValues(
            tuple(value for value, quiet in found if quiet), tuple(value for value, quiet in found if not quiet)
        )


@dataclass(frozen=True)
class StartValues:
    """One quantity of one setting, a value for each start."""

    values: tuple[float, ...]
    disturbed: tuple[float, ...] = ()
    """Values of starts that something else disturbed."""

    @property
    def middle(self) -> float | None:
        """The median over starts, of what was undisturbed where there is any; None of nothing."""
        shown = self.values or self.disturbed
        return median(shown) if shown else None

    @cached_property
    def estimate(self) -> Estimate | None:
        """Of the logarithms; None below two undisturbed starts."""
        many = len(self.values) > 1 and min(self.values) > 0
        return estimate([math.log(value) for value in self.values]) if many else None

    def interval(self, among: int = 1) -> tuple[float, float] | None:
        """Over starts, so wide that so many such statements hold together with 95 %; the median is always within."""
        if self.estimate is None:
            return None
        low, high = _between(self.estimate, among)
        middle = median(self.values)
        return min(low, middle), max(high, middle)


@dataclass(frozen=True)
class Ratio:
    """How many times as much the other one takes."""

    ratio: float
    low: float
    high: float

    @property
    def told(self) -> bool:
        """Whether the two differ, as far as their starts allow."""
        return not self.low <= 1 <= self.high


def compared(one: StartValues, other: StartValues, among: int) -> Ratio | None:
    """`other` over `one`; None where one of them has too few undisturbed starts.

    Args:
        among: how many comparisons a statement is chosen from.
    """
    if one.estimate is None or other.estimate is None:
        return None
    found = difference(one.estimate, other.estimate)
    low, high = _between(found, among)
    return Ratio(math.exp(found.mean), low, high)


def _between(found: Estimate, among: int) -> tuple[float, float]:
    half = student(_LEVEL / 2 / max(1, among), max(1, min(200, int(found.freedom)))) * found.error
    return _exp(found.mean - half), _exp(found.mean + half)


def _exp(value: float) -> float:
    return math.exp(max(-700.0, min(700.0, value)))


def check_over(asked: Sequence[str], points: Sequence[SweepPoint]) -> None:
    """Whether tables can have these dimensions; asked before long work is done in vain.

    Raises:
        UsageError: there is no such dimension, or there are too many.
    """
    known = list(dict.fromkeys(name for point in points for name in point.settings))
    for name in asked:
        if name not in known:
            near = did_you_mean(name, known).strip()
            raise UsageError(f"There is no dimension {name!r}.", near or f"There are {', '.join(known)}.")
    if len(asked) > 2 or len(set(asked)) != len(asked):
        raise UsageError("A table has one dimension or two.", "For example: --over batch,mode")


def settings_of(results: Iterable[PointResult]) -> list[SweepSetting]:
    """Results by setting, whichever start they are of; in the order in which they come."""
    found: dict[tuple[tuple[str, str], ...], list[PointResult]] = {}
    for result in results:
        found.setdefault(tuple(result.point.settings.items()), []).append(result)
    return [SweepSetting(dict(key), tuple(members)) for key, members in found.items()]


def by_work(settings: Sequence[SweepSetting]) -> dict[tuple[str, ...], list[SweepSetting]]:
    """Settings that compute the same, and so can be compared."""
    found: dict[tuple[str, ...], list[SweepSetting]] = {}
    for setting in settings:
        found.setdefault(tuple(setting.settings.get(name, "default") for name in WORK), []).append(setting)
    return found


@dataclass(frozen=True)
class Ranked:
    """Settings that compute the same, the fastest first."""

    order: tuple[SweepSetting, ...]
    best: tuple[SweepSetting, ...]
    """The first, and those that cannot be told from it."""
    worst: tuple[SweepSetting, ...]
    """The last, and those that cannot be told from it."""


def ranked(settings: Sequence[SweepSetting], among: int) -> Ranked | None:
    """By latency; None where less than two have an interval.

    Args:
        among: how many comparisons are made in all.
    """
    known = [item for item in settings if item.of(LATENCY).estimate is not None]
    if len(known) < 2:
        return None
    order = sorted(known, key=lambda item: item.of(LATENCY).middle or 0.0)

    def like(one: SweepSetting) -> tuple[SweepSetting, ...]:
        against = [(item, compared(one.of(LATENCY), item.of(LATENCY), among)) for item in order]
        return tuple(item for item, found in against if item is one or found is None or not found.told)

    return Ranked(tuple(order), like(order[0]), like(order[-1]))


class OnFront:
    """Which settings no other one beats in both the first call and the latency."""

    ON, OFF, UNSURE = "yes", "no", "cannot be told"


def front(settings: Sequence[SweepSetting], among: int) -> dict[int, str]:
    """Place in `settings` → whether it is on the front; those without both numbers are in no place.

    Off it is what another one beats in both beyond doubt; on it what nobody beats in both by the numbers as they are,
    and what remains cannot be told.
    """
    known = {
        place: (item.of(FIRST_CALL), item.of(LATENCY))
        for place, item in enumerate(settings)
        if item.of(FIRST_CALL).middle is not None and item.of(LATENCY).middle is not None
    }
    found = {}
    for place, mine in known.items():
        others = [theirs for where, theirs in known.items() if where != place]
        if any(all(_beats(a, b, among) for a, b in zip(theirs, mine, strict=True)) for theirs in others):
            found[place] = OnFront.OFF
        elif any(
            all((a.middle or 0) < (b.middle or 0) for a, b in zip(theirs, mine, strict=True)) for theirs in others
        ):
            found[place] = OnFront.UNSURE
        else:
            found[place] = OnFront.ON
    return found


def _beats(one: StartValues, other: StartValues, among: int) -> bool:
    found = compared(one, other, among)
    return found is not None and found.low > 1


@dataclass(frozen=True)
class Pays:
    """One value of a dimension against the first one, all else equal."""

    name: str
    value: str
    base: str
    where: Mapping[str, str]
    latency: Ratio | None
    first_call: Ratio | None


def pays(settings: Sequence[SweepSetting], names: Sequence[str]) -> list[Pays]:
    """Every value of every dimension that is chosen, against the dimension's first value, wherever both are.

    Args:
        names: the dimensions that vary.
    """
    pairs = []
    for name in (item for item in names if item not in WORK):
        base = settings[0].settings.get(name, "default") if settings else ""
        places: dict[tuple[tuple[str, str], ...], dict[str, SweepSetting]] = {}
        for item in settings:
            rest = tuple((key, value) for key, value in item.settings.items() if key != name)
            places.setdefault(rest, {})[item.settings.get(name, "default")] = item
        for rest, values in places.items():
            if base in values:
                where = {key: value for key, value in rest if key in names}
                pairs += [
                    (name, value, base, where, values[base], item) for value, item in values.items() if value != base
                ]
    among = len(pairs) * 2
    return [
        Pays(
            name,
            value,
            base,
            where,
            compared(one.of(LATENCY), other.of(LATENCY), among),
            compared(one.of(FIRST_CALL), other.of(FIRST_CALL), among),
        )
        for name, value, base, where, one, other in pairs
    ]


def pays_after(setting: SweepSetting, among: int) -> float | None:
    """Calls after which compiling has paid for its first call; infinite where it is slower than eager, None where
    undisturbed starts do not tell which of the two is faster.

    Args:
        among: of how many settings that is asked.
    """
    interval = setting.of(SPEEDUP).interval(among)
    eager, compiled, first = (setting.of(item).middle for item in (EAGER, LATENCY, FIRST_CALL))
    if interval is None or interval[0] <= 1 <= interval[1] or eager is None or compiled is None or first is None:
        return None
    return (first - eager) / (eager - compiled) if eager > compiled else math.inf
