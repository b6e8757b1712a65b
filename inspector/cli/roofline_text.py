"""The roofline as text: one line for each operator or kernel, with how far it is from what bounds it."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.bundle.roofline import short
from inspector.cli.printable import one_line
from inspector.cli.tables import Cell, table
from inspector.cli.terminal import Style, bar
from inspector.model.profile import Profile
from inspector.model.roofline import dots
from inspector.say import units

_BAR = 24


def roofline_lines(profile: Profile, style: Style, most: int) -> Iterator[str]:
    """Bars that are full where a part reaches its limit."""
    rows = []
    for dot in dots(profile)[:most]:
        reached = f"{bar(dot.limit.share, _BAR):·<{_BAR}}"
        rows.append(
            [
                Cell(dot.side, style.dim),
                Cell(one_line(short(dot.row.name))),
                Cell(units.share(dot.share, 1)),
                Cell(f"{dot.intensity:.3g}"),
                Cell(f"{dot.rate / 1e9:.3g}"),
                Cell(f"│{reached}│", style.name),
                Cell(units.share(dot.limit.share)),
                Cell(dot.limit.bound.value, style.dim),
            ]
        )
    if rows:
        yield style.bold("How much of its limit each part reaches")
        yield from table(("", "name", ">time", ">flop/B", ">Gflop/s", "", ">reached", "bound by"), rows, style.dim)
