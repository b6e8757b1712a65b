"""Kernels and phases as tables with a column for each side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inspector.model.difference import KernelDifference, PhaseChange
from inspector.say.difference import fact_values
from inspector.say.difference_times import phase_values
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import seconds
from inspector.tui.compare.marks import kernel_mark


@dataclass(frozen=True)
class DifferenceTable:
    """Rows under titles."""

    columns: tuple[Column, ...]
    items: tuple[Item, ...]
    leads: Mapping[str, str] = field(default_factory=dict)
    """Key of a row → key of the part that enter goes to."""


_KERNELS = (
    Column("what became of it", 22),
    Column("left", 22, grow=1),
    Column("right", 22, grow=1),
)
_PHASES = (
    Column("phase", 26, grow=3),
    Column("left", 9, right=True),
    Column("right", 9, right=True),
    Column("right / left", 12, right=True),
    Column("difference", 22, grow=2, rank=1),
)
_NOTICED = 0.02
"""A phase that differs by less than this share of the largest difference gets no colour."""


def kernel_table(kernels: Sequence[KernelDifference], leads: Mapping[int, str]) -> DifferenceTable:
    """What became of each kernel, and below it by which figures one sees it.

    Args:
        kernels: in the order to list them.
        leads: place among `kernels` → key of the part that shows their code.
    """
    items = tuple(item for at, kernel in enumerate(kernels) for item in _kernel(str(at), kernel, opens=at in leads))
    return DifferenceTable(_KERNELS, items, {str(at): key for at, key in leads.items()})


def _kernel(key: str, kernel: KernelDifference, *, opens: bool) -> Iterator[Item]:
    mark = kernel_mark(kernel)
    # Several kernels get a row each: names are long, and which they are is the point.
    first, *more = [
        (kernel.a[at] if at < len(kernel.a) else "", kernel.b[at] if at < len(kernel.b) else "")
        for at in range(max(len(kernel.a), len(kernel.b)))
    ]
    yield Item(key, (Cell(f"{mark.sign} {mark.words}", mark.tone), Cell(first[0]), Cell(first[1])), 0, opens)
    for at, (a, b) in enumerate(more):
        yield Item(f"{key} also {at}", (Cell(""), Cell(a), Cell(b)), 1)
    if kernel.only_a or kernel.only_b:
        gone, new = Cell(", ".join(kernel.only_a), Tone.ERROR), Cell(", ".join(kernel.only_b), Tone.GOOD)
        yield Item(f"{key} only", (Cell("computes alone", Tone.QUIET), gone, new), 1)
    if kernel.a and kernel.b:
        for fact in kernel.facts:
            yield Item(f"{key} {fact.name}", (Cell(fact.name, Tone.QUIET), *map(Cell, fact_values(fact))), 1)


def phase_table(phases: Sequence[PhaseChange]) -> DifferenceTable:
    """The phases of both sides, nested as they ran, with a bar for what the right side spent more or less."""
    most = max((abs(_more(item)) for item in phases), default=0.0)
    least = min((item.depth for item in phases), default=0)
    return DifferenceTable(_PHASES, tuple(_phase(item, most, item.depth - least) for item in phases))


def _more(item: PhaseChange) -> float:
    return (item.seconds_b or 0.0) - (item.seconds_a or 0.0)


def _phase(item: PhaseChange, most: float, depth: int) -> Item:
    more = _more(item)
    share = abs(more) / most if most else 0.0
    tone = Tone.QUIET if share < _NOTICED else Tone.WARNING if more > 0 else Tone.GOOD
    a, b, ratio = phase_values(item)
    said = f"{'+' if more > 0 else ''}{seconds(more)}" if more else ""
    return Item(item.name, (Cell(item.name), Cell(a), Cell(b), Cell(ratio, tone), Cell(said, tone, share=share)), depth)
