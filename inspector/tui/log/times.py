"""Where the time went, as a table over all compile ids; the flame graph stands above it."""

from __future__ import annotations

from collections import Counter

from inspector.model.flame import FlameNode
from inspector.model.overview import Overview
from inspector.say import units
from inspector.say.doc import Compile, Item, Row, Section
from inspector.say.phases import COLUMNS, NO_PHASES, phase_items
from inspector.say.units import seconds
from inspector.tui.log.parts import About, LogState, Options, ViewRows

_MOST = 12
"""Compile ids that are named for one phase."""


def table(state: LogState, options: Options) -> ViewRows:
    """A row for each phase; the longest own time first when not sorted otherwise."""
    shares = [item for item in state.overview.shares if options.needle.lower() in item.name.lower()]
    return ViewRows(COLUMNS, phase_items(shares, options.sort), NO_PHASES, options.needle)


def about(state: LogState, item: Item) -> About:
    """The compile ids that spent most in a phase."""
    spent = by_compile_id(state.overview, item.key)
    total = sum(spent.values()) or 1.0
    rows = tuple(
        Row(
            f"{seconds(value)}  {units.share(value / total)}  {_function(state, name)}",
            label=name,
            to=Compile(name) if name else None,
        )
        for name, value in spent.most_common(_MOST)
    )
    return (Section("phase", f"{item.key} by compile id", len(spent), rows, "In no compile id."),)


def by_compile_id(overview: Overview, phase: str) -> Counter[str]:
    """Seconds in a phase, what it calls included, by compile id."""
    spent: Counter[str] = Counter()
    for compile_id, flame in overview.flames.items():
        if value := _within(flame, phase):
            spent[compile_id] = value  # type: ignore[assignment]
    return spent


def _within(node: FlameNode, phase: str) -> float:
    return node.total if node.name == phase else sum(_within(child, phase) for child in node.children)


def _function(state: LogState, compile_id: str) -> str:
    row = state.overview.by_id.get(compile_id)
    return row.function if row is not None else ""
