"""How two captures differ, in brief: what a reader who asks "what changed here?" looks at first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from inspector.model.difference import CaptureDifference, CompilationDifference
from inspector.say.difference import capture_sections, pair_sections, pair_title, pair_words
from inspector.say.doc import Row, Section
from inspector.say.findings import A_AND_B, Sides, cut, heaviest, more_words

MOST = 8
"""Entries of a list."""
_WHOLE = ("verdict", "settings", "events", "sources")
_OF_PAIR = ("kernels", "nodes", "guards", "facts")


def brief_sections(difference: CaptureDifference, sides: Sides = A_AND_B) -> Iterator[Section]:
    """The verdict, settings, events and sources, and of each pair of compile ids what differs; long lists are cut."""
    for section in capture_sections(difference, sides):
        if section.name in _WHOLE and (section.rows or section.table):
            named = section.name == "verdict"  # whose other rows are what the sides are called
            yield _cut(replace(section, rows=section.rows[:1]) if named else section)
    for pair in difference.compilations:
        if not pair.change.alike:
            yield from _pair(pair, sides)


def _pair(pair: CompilationDifference, sides: Sides) -> Iterator[Section]:
    title = f"{pair_title(pair)} {pair.function}".rstrip()
    yield Section("pair", title, rows=(Row(pair_words(pair, sides), change=pair.change),))
    if pair.a is None or pair.b is None:
        return
    for section in pair_sections(pair, sides):
        if section.name in _OF_PAIR and (section.table or any(_differs(row) for row in section.rows)):
            yield _cut(replace(section, title=f"{section.title}, {pair_title(pair)}"))


def _differs(row: Row) -> bool:
    return row.change is not None and not row.change.alike


def _cut(section: Section) -> Section:
    table = heaviest(section.table, MOST)
    left = len(section.table) - len(table)
    rows = (*cut(section.rows, MOST), *([Row(more_words(left))] if left else ()))
    return replace(section, rows=rows, table=tuple(table))


def brief_words(difference: CaptureDifference, sides: Sides = A_AND_B) -> Iterator[str]:
    """The same, a line each."""
    for section in brief_sections(difference, sides):
        for row in section.rows:
            label = f"{row.label}: " if row.label else ""
            yield f"{section.title}: {label}{row.text}"
        for item in section.table:
            yield f"{section.title}: {item.name}: {' → '.join(item.values)}"
