"""Many ranks in one view: figures of each, and every aspect in which they should agree."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.difference import TextDifference
from inspector.model.rank_report import Divergence, RankReport
from inspector.say.difference_caches import caches_section
from inspector.say.doc import Cell, Item, Row, Section, Tone
from inspector.say.findings import LEFT_AND_RIGHT
from inspector.say.ranks import (
    COLUMNS,
    aspect_row,
    entries,
    group_rows,
    rank_items,
    rank_rows,
    ranks_in_words,
    sums_row,
    taken_rows,
)
from inspector.say.units import plural
from inspector.tui.compare.overview import drawn
from inspector.tui.log.parts import About, Options, ViewRows

_SIGNS = {Tone.WARNING: "≠", Tone.GOOD: "=", Tone.QUIET: "·"}
_LINES = 400
"""Lines of a listing that the details show."""


def table(report: RankReport | None, options: Options, failed: str = "") -> ViewRows:
    """The ranks, then the aspects, those in which they differ first; why they could not be compared."""
    if report is None:
        return ViewRows(COLUMNS, (), failed or "Comparing the ranks…")
    items = (*_figures(report), *_aspects(report))
    return ViewRows(COLUMNS, items, "This log is of one process.", options.needle)


def _figures(report: RankReport) -> Iterator[Item]:
    yield Item("ranks", (Cell(plural(len(report.ranks), "rank"), Tone.STRONG),))
    yield from rank_items(report)


def _aspects(report: RankReport) -> Iterator[Item]:
    row, after = sums_row(report)
    yield Item("aspects", (Cell(row.text, row.tone, after=after),))
    for aspect in sorted(report.aspects, key=lambda item: not item.diverges):
        yield from _aspect(aspect)


def _aspect(aspect: Divergence) -> Iterator[Item]:
    name, opens, row = aspect.aspect.value, bool(aspect.differences), aspect_row(aspect)
    label = Cell(f"{_SIGNS[row.tone]} {aspect.aspect.heading}", row.tone, after=row.text)
    yield Item(f"aspect {name}", (label,), depth=1, opens=opens)
    for number, row in enumerate(group_rows(aspect)):
        absent = number >= len(aspect.groups)
        key = f"absent {name}" if absent else f"group {name} {number}"
        yield Item(key, (Cell(row.label, Tone.NAME, after=row.text),), depth=2, opens=opens and not absent)


def of(report: RankReport, item: Item) -> tuple[Divergence, int] | None:
    """The aspect, and the group within it, that a row stands for."""
    what, _, rest = item.key.partition(" ")
    if what not in ("aspect", "group", "absent"):
        return None
    name, _, number = rest.partition(" ")
    found = next((each for each in report.aspects if each.aspect.value == name), None)
    return None if found is None else (found, int(number or 0))


def differences(report: RankReport, item: Item) -> tuple[tuple[TextDifference, ...], int]:
    """The differences that a row leads to, and which of them it is about."""
    found = of(report, item)
    if found is None:  # a row about all of them
        return next((each.differences for each in report.aspects if each.diverges and each.differences), ()), 0
    aspect, number = found
    return aspect.differences, max(0, min(number - 1, len(aspect.differences) - 1))


def no_difference(report: RankReport, item: Item) -> str:
    """Why a row leads to no difference, in words."""
    found = of(report, item)
    if found is None:
        return "The ranks agree in all that their logs speak of." if report.compared else "Nothing was compared."
    aspect, _ = found
    if not aspect.groups:
        return f"{aspect.aspect.heading}: {aspect.nothing}."
    if aspect.diverges:
        return f"{ranks_in_words(aspect.absent)} say nothing of it: there are no two listings to compare."
    return f"All ranks agree in this: {entries(aspect.groups[0])} each."


def about(report: RankReport | None, item: Item) -> About:
    """What a group of ranks agrees on, entry by entry."""
    if report is not None and (rank := next((each for each in report.ranks if item.key == f"rank {each.rank}"), None)):
        return (Section("ranks", rank.rank, None, rank_rows(rank), ""),)
    if report is None or (found := of(report, item)) is None:
        said = taken_rows(report) if report is not None else ()
        words = "Enter on an aspect shows where ranks differ, side by side."
        return (Section("ranks", "Ranks", None, (*said, Row(words, Tone.QUIET)), ""),)
    aspect, number = found
    made: list[Section] = []
    if aspect.first:
        made.append(Section("first", "Where they differ", None, (Row(aspect.first, Tone.WARNING),), ""))
    if aspect.reasons:
        made.append(Section("reasons", "Why", None, tuple(Row(reason) for reason in aspect.reasons), ""))
    if aspect.remarks:
        rows = tuple(Row(remark, Tone.QUIET) for remark in aspect.remarks)
        made.append(Section("remarks", "Not compared in full", None, rows, ""))
    if aspect.caches:
        made.append(drawn(caches_section(aspect.caches, LEFT_AND_RIGHT, "The first look-up that differs")))
    if number < len(aspect.groups):
        group = aspect.groups[number]
        lines = group.listing.lines if group.listing.text else []
        rows = tuple(Row(line, Tone.CODE, label=str(at)) for at, line in enumerate(lines[:_LINES], 1))
        made.append(Section("listing", ranks_in_words(group.ranks), len(lines), rows, "Nothing."))
    return made
