"""Many ranks in one view: figures of each, and every aspect in which they should agree."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.difference import Divergence, RankFigures, RankReport, TextDifference
from inspector.model.rank_words import CALLS_IN_CODE, ranks_in_words
from inspector.say.difference import caches_section
from inspector.say.doc import Cell, Column, Item, Row, Section, Tone
from inspector.say.findings import LEFT_AND_RIGHT
from inspector.say.units import figures, plural, seconds
from inspector.tui.compare.overview import drawn
from inspector.tui.log.state import About, Options, Table

_COLUMNS = (
    Column("rank, or what ranks should agree in", 34, grow=2),
    Column("compiles", 8, right=True),
    Column("failed", 6, right=True, rank=3),
    Column("recompiles", 10, right=True, rank=3),
    Column("FX hits", 7, right=True, rank=2),
    Column("FX misses", 9, right=True, rank=2),
    Column("collectives", 11, right=True, rank=1),
    Column("time", 8, right=True),
    Column("estimated run", 13, right=True, rank=1),
)
_LINES = 400
"""Lines of a listing that the details show."""


def table(report: RankReport | None, options: Options) -> Table:
    """The ranks, then the aspects, those in which they part first."""
    if report is None:
        return Table(_COLUMNS, (), "Comparing the ranks…")
    items = (*_figures(report), *_aspects(report))
    return Table(_COLUMNS, items, "This log is of one process.", options.needle)


def _figures(report: RankReport) -> Iterator[Item]:
    most = {
        name: max((getattr(rank, name) for rank in report.ranks), default=0) for name in ("compile_ids", "collectives")
    }
    yield Item("ranks", (Cell(plural(len(report.ranks), "rank", "ranks"), Tone.STRONG),))
    for rank in report.ranks:
        yield Item(f"rank {rank.rank}", _rank_cells(rank, most), depth=1)


def _rank_cells(rank: RankFigures, most: dict[str, int]) -> tuple[Cell, ...]:
    def number(value: int, tone: Tone = Tone.TEXT) -> Cell:
        return Cell(f"{value:,}" if value else "", tone)

    fewer = Tone.TEXT if rank.compile_ids == most["compile_ids"] else Tone.WARNING
    lacks = Tone.TEXT if rank.collectives == most["collectives"] else Tone.WARNING
    return (
        Cell(rank.rank, Tone.NAME),
        Cell(f"{rank.compile_ids:,}", fewer),
        number(rank.failed, Tone.ERROR),
        number(rank.recompiles, Tone.WARNING),
        number(rank.hits, Tone.GOOD),
        number(rank.misses),
        Cell(f"{rank.collectives:,}", lacks),
        Cell(seconds(rank.seconds) if rank.seconds is not None else ""),
        Cell(f"{figures(rank.estimated_ms)} ms" if rank.estimated_ms is not None else "", Tone.QUIET),
    )


def _aspects(report: RankReport) -> Iterator[Item]:
    parted = [item for item in report.aspects if item.diverges]
    compared = sum(bool(item.groups) for item in report.aspects)
    words = f"the ranks part in {len(parted)} of {plural(compared, 'aspect', 'aspects')}"
    if not parted:
        words = f"the ranks agree in {plural(compared, 'aspect', 'aspects')}" if compared else "nothing was compared"
    left = len(report.aspects) - compared
    after = f"{left} more {'has' if left == 1 else 'have'} nothing to compare" if left else ""
    yield Item("aspects", (Cell(words, Tone.WARNING if parted or not compared else Tone.GOOD, after=after),))
    for aspect in sorted(report.aspects, key=lambda item: not item.diverges):
        yield from _aspect(aspect)


def _aspect(aspect: Divergence) -> Iterator[Item]:
    if aspect.diverges:
        label = Cell(f"≠ {aspect.aspect.heading}", Tone.WARNING, after=aspect.first)
    elif aspect.groups:
        words = "all agree, as far as they say it" if aspect.remarks else "all agree"
        words += f" · {plural(len(aspect.groups[0].listing.lines), 'entry', 'entries')}"
        label = Cell(f"= {aspect.aspect.heading}", Tone.GOOD, after=words)
    else:
        label = Cell(f"· {aspect.aspect.heading}", Tone.QUIET, after=aspect.nothing)
    yield Item(f"aspect {aspect.aspect.value}", (label,), depth=1, opens=bool(aspect.differences))
    for number, group in enumerate(aspect.groups if aspect.diverges else ()):
        names = ranks_in_words(group.ranks)
        words = plural(len(group.listing.lines) if group.listing.text else 0, "entry", "entries")
        yield Item(
            f"group {aspect.aspect.value} {number}",
            (Cell(names, Tone.NAME, after=words),),
            depth=2,
            opens=bool(aspect.differences),
        )
    if aspect.diverges and aspect.absent:
        yield Item(
            f"absent {aspect.aspect.value}",
            (Cell(ranks_in_words(aspect.absent), Tone.NAME, after="say nothing of it"),),
            depth=2,
        )


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
    return f"All ranks agree in this: {plural(len(aspect.groups[0].listing.lines), 'entry', 'entries')} each."


def _counted(rank: RankFigures) -> Iterator[tuple[str, int]]:
    yield "compiles", rank.compile_ids
    yield "failed", rank.failed
    yield "recompiles", rank.recompiles
    yield "FX cache hits", rank.hits
    yield "FX cache misses", rank.misses
    yield "collectives", rank.collectives
    yield "waits for them", rank.waits


def about(report: RankReport | None, item: Item) -> About:
    """What a group of ranks agrees on, entry by entry."""
    if report is not None and (rank := next((each for each in report.ranks if item.key == f"rank {each.rank}"), None)):
        rows = (
            *(Row(f"{value:,}", label=label) for label, value in _counted(rank)),
            Row(CALLS_IN_CODE, Tone.QUIET),
        )
        return (Section("ranks", rank.rank, None, rows, ""),)
    if report is None or (found := of(report, item)) is None:
        said = [Row(f"Taken for one: {what}.") for what in report.normalised] if report is not None else []
        said += [Row(remark, Tone.WARNING) for remark in report.remarks] if report is not None else []
        words = "Enter on an aspect shows where ranks part, side by side."
        return (Section("ranks", "Ranks", None, (*said, Row(words, Tone.QUIET)), ""),)
    aspect, number = found
    made: list[Section] = []
    if aspect.first:
        made.append(Section("first", "Where they part", None, (Row(aspect.first, Tone.WARNING),), ""))
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
