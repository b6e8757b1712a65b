"""Each quantity in the one form that every face shows it in. No face formats a number itself."""

from __future__ import annotations

import math


def figures(value: float) -> str:
    """Three figures, and all the digits of a larger number: `0.0123`, `1.24`, `45.6`, `1,234`; `0` for 0 alone."""
    size = abs(value)
    if size >= 99.95 or not math.isfinite(value):
        return f"{value:,.0f}"
    if size >= 0.995:
        return f"{value:.1f}" if size >= 9.995 else f"{value:.2f}"
    return f"{value:.3g}"


def seconds(value: float | None, none: str = "") -> str:
    """A time: `812 ns`, `42.0 µs`, `1.24 ms`, `3.07 s`, from 100 s on `1 min 40 s`, then `1 h 02 min`.

    Args:
        value: in seconds.
        none: what is said where there is no value.
    """
    if value is None:
        return none
    if value < 0:
        return f"-{seconds(-value)}"
    if not math.isfinite(value):
        return f"{value} s"
    if round(value) >= 3600:
        hours, minutes = divmod(round(value / 60), 60)
        return f"{hours:,} h {minutes:02d} min"
    if value >= 99.95:
        minutes, rest = divmod(round(value), 60)
        return f"{minutes} min {rest:02d} s"
    scale, unit = _second(value)
    return f"{figures(value / scale)} {unit}" if value else "0 s"


def running(value: float) -> str:
    """A time that has not ended, with no more figures than one can follow: `3.2 s`, `1 min 05 s`."""
    whole = int(value)
    return f"{value:.1f} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def sum_cell(total: float | None, untimed: int) -> str:
    """A sum of times in a cell, `1.24 s`; `≥1.24 s` where so many are missing from it, empty where none is in it."""
    if not total:
        return ""
    return f"{'≥' if untimed else ''}{seconds(total)}"


def untimed_words(untimed: int) -> str:
    """What stands behind a sum of times that leaves out so many compiles: `, 2 not timed`."""
    return f", {untimed:,} not timed" if untimed else ""


def seconds_between(low: float, high: float) -> str:
    """A range of times, in the unit of the larger one: `1.23–1.30 s`."""
    scale, unit = _second(max(abs(low), abs(high)))
    return f"{figures(low / scale)}–{figures(high / scale)} {unit}"


def _second(size: float) -> tuple[float, str]:
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if size >= scale * 0.9995:
            return scale, unit
    return 1e-9, "ns"


def size(count: float) -> str:
    """Bytes in memory or on disk, in powers of two: `300 B`, `1.50 KiB`, `512 KiB`, `4.60 GiB`."""
    if abs(count) < 1023.5:
        return f"{count:.0f} B"
    power = min(3, int(math.log2(abs(count) * 1024 / 1023.5) // 10))
    count, unit = count / 1024**power, ("B", "KiB", "MiB", "GiB")[power]
    return f"{count:.0f} {unit}" if count == round(count) else f"{figures(count)} {unit}"


def amount(value: float, unit: str) -> str:
    """A quantity in powers of ten, as rates and work have them: `38.2 GB/s`, `157 Gflop`."""
    for prefix, factor in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= 0.9995 * factor:
            return f"{figures(value / factor)} {prefix}{unit}".rstrip()
    return f"{value:.0f} {unit}".rstrip() if value == round(value) else f"{figures(value)} {unit}".rstrip()


def share(part: float, places: int = 0) -> str:
    """A part of 1 as `12 %`, or `12.3 %` with one place; what is there and too small for it is `<1 %`, never 0."""
    least = 10.0**-places
    percent = part * 100
    if 0 < percent <= least / 2:
        return f"<{least:.{places}f} %"
    if 100 > percent >= 100 - least / 2:
        return f">{100 - least:.{places}f} %"
    return f"{percent:.{places}f} %"


def change(part: float) -> str:
    """How much more or less than before, as a part of it: `+5 %`, `-12 %`."""
    return f"{part * 100:+.0f} %"


def factor(value: float) -> str:
    """How many times: `0.87 ×`, `1.23 ×`, `140 ×`."""
    return f"{figures(value)} ×"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 recompile`, `2 recompiles`, `1,234 graph breaks`; with `many` where an s does not make the plural."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def time_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round values of a time axis from `low` to `high`, at most some `most` of them, each with its words."""
    step = nice_step(high - low, most)
    values = (number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1))
    return [(value, seconds(value) if value else "0") for value in values]


def nice_step(span: float, most: int) -> float:
    """A round step (1, 2 or 5 times a power of ten) that cuts `span` into at most `most` pieces."""
    if span <= 0 or most < 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= span / most * 0.999999)
