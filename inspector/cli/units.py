"""Numbers as a person reads them on the command line."""

from __future__ import annotations


def seconds(value: float | None) -> str:
    """Three digits and a fitting unit: `10.9 s`, `310 ms`, `42 µs`; minutes from 100 s on; empty for None."""
    if value is None:
        return ""
    if value >= 99.5:
        return f"{value / 60:.3g} min"
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if value * factor >= 0.9995:
            return f"{value * factor:.3g} {unit}"
    return "0 s" if value <= 0 else f"{value * 1e9:.3g} ns"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 recompile`, `2 recompiles`, `3 graph breaks`, `2 matches` with a plural of its own."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def bar(share: float, width: int = 20) -> str:
    """A bar of `share` (0 to 1) of `width` columns, in eighths of a column."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    whole, part = divmod(eighths, 8)
    return "█" * whole + (" ▏▎▍▌▋▊▉"[part] if part else "")
