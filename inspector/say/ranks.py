"""Many ranks in few words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from inspector.model.rank_report import Divergence, RankFigures, RankGroup, RankReport
from inspector.say.doc import Cell, Column, Item, Row, Tone
from inspector.say.units import plural, seconds, sum_cell

CALLS_IN_CODE = (
    "Collectives and waits are calls in the compiled code, each counted once; how often they ran, no log says."
)
_FEW = 4
"""Ranks that are named one by one."""
_PLAIN = re.compile(r"rank (\d{1,9})$")


def ranks_in_words(labels: Iterable[str]) -> str:
    """`rank 0, rank 2`; of many `ranks 0–5, 7–63`, those that are not merely a number behind."""
    names = list(labels)
    numbers = sorted({int(match[1]) for name in names if (match := _PLAIN.match(name))})
    if len(numbers) <= _FEW:
        return ", ".join(names)
    begins = [numbers[0], *(after for before, after in pairwise(numbers) if after != before + 1)]
    ends = [*(before for before, after in pairwise(numbers) if after != before + 1), numbers[-1]]
    runs = [str(begin) if begin == end else f"{begin}–{end}" for begin, end in zip(begins, ends, strict=True)]
    return ", ".join((f"ranks {', '.join(runs)}", *(name for name in names if not _PLAIN.match(name))))


# --- one rank -----------------------------------------------------------------------------------------------

COLUMNS = (
    Column("rank, or what ranks should agree in", 34, grow=2),
    Column("compiles", 8, right=True),
    Column("failed", 6, right=True, rank=3),
    Column("recompiles", 10, right=True, rank=3),
    Column("FX hits", 7, right=True, rank=2),
    Column("FX misses", 9, right=True, rank=2),
    Column("collectives", 11, right=True, rank=1),
    Column("waits", 5, right=True, rank=4),
    Column("compiling", 9, right=True),
    Column("estimated run", 13, right=True, rank=1),
)


def rank_items(report: RankReport) -> Iterator[Item]:
    """Each rank in numbers; what it has less of than others stands out."""
    most = max((rank.compile_ids for rank in report.ranks), default=0)
    calls = max((rank.collectives for rank in report.ranks), default=0)
    for rank in report.ranks:
        cells = (
            Cell(rank.rank, Tone.NAME),
            Cell(f"{rank.compile_ids:,}", Tone.TEXT if rank.compile_ids == most else Tone.WARNING),
            *(_number(number, tone) for _, number, tone in _counted(rank)[1:5]),
            Cell(f"{rank.collectives:,}", Tone.TEXT if rank.collectives == calls else Tone.WARNING),
            _number(rank.waits),
            Cell(sum_cell(rank.seconds, rank.untimed)),
            Cell("" if rank.estimated_ms is None else seconds(rank.estimated_ms / 1e3), Tone.QUIET),
        )
        yield Item(f"rank {rank.rank}", cells, depth=1)


def rank_rows(rank: RankFigures) -> tuple[Row, ...]:
    """One rank's counts, and what they count."""
    return (*(Row(f"{value:,}", label=label) for label, value, _ in _counted(rank)), Row(CALLS_IN_CODE, Tone.QUIET))


def _counted(rank: RankFigures) -> tuple[tuple[str, int, Tone], ...]:
    return (
        ("compiles", rank.compile_ids, Tone.TEXT),
        ("failed", rank.failed, Tone.ERROR),
        ("recompiles", rank.recompiles, Tone.WARNING),
        ("FX cache hits", rank.hits, Tone.GOOD),
        ("FX cache misses", rank.misses, Tone.TEXT),
        ("collectives", rank.collectives, Tone.TEXT),
        ("waits for them", rank.waits, Tone.TEXT),
    )


def _number(value: int, tone: Tone = Tone.TEXT) -> Cell:
    return Cell(f"{value:,}" if value else "", tone)


# --- what they should agree in ------------------------------------------------------------------------------


def sums_row(report: RankReport) -> tuple[Row, str]:
    """In how many aspects the ranks differ, and how many could not be compared."""
    parted = sum(item.diverges for item in report.aspects)
    compared = sum(bool(item.groups) for item in report.aspects)
    left = len(report.aspects) - compared
    after = f"{left} more {'has' if left == 1 else 'have'} nothing to compare" if left else ""
    if parted:
        return Row(f"the ranks differ in {parted} of {plural(compared, 'aspect')}", Tone.WARNING), after
    if not compared:
        return Row("nothing was compared", Tone.WARNING), after
    return Row(f"the ranks agree in {plural(compared, 'aspect')}", Tone.GOOD), after


def aspect_row(item: Divergence) -> Row:
    """What became of one aspect: where the ranks differ, of how much they agree, or why that is not known."""
    if item.diverges:
        return Row(f"the ranks differ: {item.first}", Tone.WARNING)
    if not item.groups:
        return Row(item.nothing, Tone.QUIET)
    words = "all ranks agree, as far as they say it" if item.remarks else "all ranks agree"
    return Row(f"{words} ({entries(item.groups[0])})", Tone.GOOD)


def entries(group: RankGroup) -> str:
    """How much a group agrees on."""
    return plural(len(group.listing.lines) if group.listing.text else 0, "entry", "entries")


def group_rows(item: Divergence) -> Iterator[Row]:
    """Who agrees with whom, where ranks differ, and who says nothing."""
    if item.diverges:
        yield from (Row(entries(group), label=ranks_in_words(group.ranks)) for group in item.groups)
        if item.absent:
            yield Row("nothing in the log", label=ranks_in_words(item.absent))


def taken_rows(report: RankReport) -> Iterator[Row]:
    """What was taken for one, and what else the logs say of all ranks."""
    yield from (Row(f"Taken for one: {what}.") for what in report.normalised)
    yield from (Row(remark, Tone.WARNING) for remark in report.remarks)
