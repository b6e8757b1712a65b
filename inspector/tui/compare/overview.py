"""A difference at a glance: the sections that say it, as the details draw them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from inspector.model.difference import CaptureDifference, CompilationDifference
from inspector.say.difference import capture_sections, pair_sections
from inspector.say.doc import Row, Section, Tone
from inspector.say.findings import LEFT_AND_RIGHT, cut, heaviest, more_words
from inspector.tui.compare.marks import mark_of

_MOST = 200
"""Rows of one section."""
_FEW = 8
"""Rows of what has a part of its own."""
_OWN = frozenset({"settings", "guards", "facts", "kernels", "phases"})
_HEADS = frozenset({"kernels", "latency"})
"""Of these what belongs to a row is in their own part alone."""
_NAME = 40
"""Cells of the column of names, at most."""


def overview(difference: CaptureDifference) -> tuple[Section, ...]:
    """The whole difference; of a single pair of compile ids what it consists of too."""
    made, pairs = tuple(map(drawn, capture_sections(difference, LEFT_AND_RIGHT))), difference.compilations
    first = sum(section.name in ("verdict", "settings", "events", "pairs", "latency") for section in made)
    return (*made[:first], *(compilation_sections(pairs[0]) if len(pairs) == 1 else ()), *made[first:])


def compilation_sections(difference: CompilationDifference) -> tuple[Section, ...]:
    """One pair of compile ids."""
    return tuple(map(drawn, pair_sections(difference, LEFT_AND_RIGHT)))


def drawn(section: Section) -> Section:
    """A section of the details; of what has a part of its own the beginning."""
    most = _FEW if section.name in _OWN else _MOST
    told = [row for row in section.rows if not row.depth or section.name not in _HEADS]
    rows = [*map(_row, cut(told, most)), *_table(section, most)]
    if section.note:
        rows.append(Row(section.note, Tone.QUIET))
    return Section(section.name, section.title, section.count, tuple(rows), section.empty)


def _row(row: Row) -> Row:
    if row.change is None:
        return row
    sign, tone, _ = mark_of(row.change)
    return replace(row, text=f"{sign} {row.text}", tone=tone)


def _table(section: Section, most: int) -> Iterator[Row]:
    """A name and both sides' values, in columns."""
    shown = heaviest(section.table, most)
    names = ["  " * item.depth + item.name for item in shown]
    width = min(_NAME, max(map(len, names), default=0))
    for name, item in zip(names, shown, strict=True):
        a, b, *more = item.values
        yield Row(f"{name:<{width}}  {a} → {b}  {' '.join(more)}".rstrip())
    if left := len(section.table) - len(shown):
        yield Row(more_words(left), Tone.QUIET)
