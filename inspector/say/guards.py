"""The guards of one compile id in words: how many, and as the tree in which they are checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.capture import Compilation
from inspector.model.guard_counts import counts_of
from inspector.model.guards import Guard
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import plural, seconds

COLUMNS = (
    Column("guarded value and what must hold", 40, grow=3),
    Column("kind", 14, grow=1, rank=1),
    Column("failed for", 10, rank=0),
    Column("because of", 16, grow=1, rank=2),
)


def guard_words(compilation: Compilation) -> str:
    """`340 guards in the tree, 24 of them run as Python (at depth 1), torch's metric guard_count 394`."""
    counts = counts_of(compilation)
    # Each compile guards on something, the global state at least: none means that torch's list is not in the log.
    parts = [f"{plural(counts.tree, 'guard')} in the tree" if counts.tree else "guards not recorded"]
    if counts.python:
        depths = ", ".join(map(str, counts.depths))
        parts.append(f"{counts.python:,} of them run as Python" + (f" (at depth {depths})" if depths else ""))
    if counts.metric is not None:
        parts.append(f"torch's metric guard_count {counts.metric:,}")
    if compilation.guard_seconds is not None:
        parts.append(f"{seconds(compilation.guard_seconds)} for one check of all, as torch measured it once")
    return ", ".join(parts)


def counted(items: Sequence[tuple[str, int]], most: int) -> str:
    """`24 eps, 24 gain, 3 others`."""
    shown = [f"{number:,} {name}" for name, number in items[:most]]
    rest = sum(number for _, number in items[most:])
    return ", ".join([*shown, *([f"{rest:,} others"] if rest else [])])


def guard_items(compilation: Compilation) -> tuple[Item, ...]:
    """The rows: the tree where the log has one, else the list."""
    return tuple(_tree(compilation) if compilation.guard_tree else _list(compilation))


def _tree(compilation: Compilation) -> Iterator[Item]:
    for number, manager in enumerate(compilation.guard_tree):
        label = Cell(manager.source or manager.accessor or manager.kind, Tone.STRONG, after=manager.details)
        kind = manager.kind if manager.source or manager.accessor else ""
        yield Item(f"m{number}", (label, Cell(kind, Tone.QUIET)), depth=manager.depth)
        for place in manager.guards:
            if place < len(compilation.guards):
                yield _guard(f"m{number} g{place}", compilation.guards[place], manager.depth + 1)


def _list(compilation: Compilation) -> Iterator[Item]:
    for number, guard in enumerate(compilation.guards):
        yield _guard(f"g{number}", guard, 0)


def _guard(key: str, guard: Guard, depth: int) -> Item:
    failed = guard.failed_for
    cells = (
        Cell(guard.code, Tone.WARNING if failed else Tone.TEXT),
        Cell(guard.kind, Tone.QUIET),
        Cell(" ".join(failed), Tone.ERROR),
        Cell(guard.place, Tone.QUIET),
    )
    return Item(key, cells, depth=depth)
