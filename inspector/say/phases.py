"""Where the time of compiles went, phase by phase."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from inspector.model.flame import TimeShare
from inspector.say import units
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import plural, seconds

NO_PHASES = "No phases: no event of what was asked for is recorded."
COLUMNS = (
    Column("phase", 26, grow=2),
    Column("own", 8, right=True),
    Column("share", 16, grow=1),
    Column("total", 8, right=True),
    Column("calls", 7, right=True, rank=1),
    Column("compile ids", 11, right=True, rank=2),
)
_ORDERS: Mapping[str, Callable[[TimeShare], float | str]] = {
    "total": lambda item: -item.total,
    "calls": lambda item: -item.calls,
    "compile ids": lambda item: -item.compile_ids,
    "phase": lambda item: item.name,
}
SORTS = ("", *_ORDERS)
"""What rows can be sorted by; the longest own time first when by nothing else."""


def phase_items(shares: Sequence[TimeShare], sort: str = "") -> tuple[Item, ...]:
    """A row for each phase over all compile ids."""
    most = max((item.share for item in shares), default=1.0) or 1.0
    ordered = sorted(shares, key=_ORDERS[sort]) if sort else shares
    return tuple(_item(item, most) for item in ordered)


def _item(item: TimeShare, most: float) -> Item:
    cells = (
        Cell(item.name),
        Cell(seconds(item.own), Tone.STRONG),
        Cell(f"{units.share(item.share, 1):>6}", share=item.share / most),
        Cell(seconds(item.total)),
        Cell(f"{item.calls:,}", Tone.QUIET),
        Cell(f"{item.compile_ids:,}", Tone.QUIET),
    )
    return Item(item.name, cells)


def sums_words(shares: Sequence[TimeShare], compiles: int, outside: float) -> str:
    """All of them together.

    Args:
        shares: the phases.
        compiles: how many compile ids they are of.
        outside: seconds of events that name no compile id and run in none that does.
    """
    apart = f", {seconds(outside)} of it outside any compile id" if outside else ""
    whole = seconds(sum(item.own for item in shares))
    return f"{whole} in {plural(len(shares), 'phase')} of {plural(compiles, 'compile id')}{apart}"
