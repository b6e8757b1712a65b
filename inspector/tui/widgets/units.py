"""Numbers in words a person reads."""

from __future__ import annotations


def seconds(value: float) -> str:
    """A time with three figures and its unit: `812 ns`, `1.24 ms`, `3.07 s`."""
    if value < 0:
        return "-" + seconds(-value)
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale * 0.9995:
            return f"{figures(value / scale)} {unit}"
    return f"{figures(value / 1e-9)} ns"


def figures(value: float) -> str:
    """A number with three figures, and all of a larger number's digits: `0.123`, `1.24`, `45.6`, `1,234`."""
    size = abs(value)
    if size >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 9.995 else f"{value:.2f}"


def nice_step(span: float, most: int) -> float:
    """A round step (1, 2 or 5 times a power of ten) that cuts `span` into at most `most` pieces."""
    if span <= 0 or most < 1:
        return 1.0
    power = 1.0
    while power * 10 <= span / most:
        power *= 10
    while power > span / most:
        power /= 10
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= span / most * 0.999999)
