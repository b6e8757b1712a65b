"""Numbers of the study in words of a few characters."""

from __future__ import annotations

import math


def seconds(value: float | None) -> str:
    """`12.3 ms`, `4.56 s`; a dash for None."""
    if value is None:
        return "–"
    size = abs(value)
    if size >= 100:
        return f"{value:.0f} s"
    if size >= 0.9995:
        return f"{value:.2f} s"
    if size >= 0.9995e-3:
        return f"{value * 1e3:.3g} ms"
    return f"{value * 1e6:.3g} µs"


def span(low: float, high: float) -> str:
    """`1.23–1.30 s`, in the unit of the larger one."""
    size = max(abs(low), abs(high))
    scale, unit = (1.0, "s") if size >= 0.9995 else (1e3, "ms") if size >= 0.9995e-3 else (1e6, "µs")
    places = max(0, 2 - int(math.log10(max(size * scale, 1))))
    return f"{low * scale:.{places}f}–{high * scale:.{places}f} {unit}"


def factor(value: float) -> str:
    """`1.23 ×`."""
    return f"{value:.2f} ×" if value < 100 else f"{value:.0f} ×"


def size(count: float) -> str:
    """`4.94 GB`; powers of ten, as bandwidths have them."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def number(value: int | None, none: str = "never") -> str:
    """A count, or what its absence means."""
    return none if value is None else str(value)
