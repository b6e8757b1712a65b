"""Who compiled what others did not, why, and when: what makes one rank late while the others wait for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from inspector.compare.listings import RankListing
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.say import units

_FEW = 8
"""Compile ids that are told with their reasons."""


def compiled_again(ranks: Sequence[RankListing]) -> Iterator[str]:
    """Why a rank compiled what another one did not, in torch's own terms."""
    everywhere = set.intersection(*(set(_plain(rank)) for rank in ranks))
    for rank in ranks:
        alone = ((key, row) for key, row in _plain(rank).items() if key not in everywhere and row.failures)
        for compile_id, row in islice(alone, _FEW):
            said = "; ".join(map(_words, row.failures))
            yield f"{rank.rank.label}: {compile_id} {row.function} was compiled because a guard failed: {said}"


def alone_compiling(ranks: Sequence[RankListing]) -> Iterator[str]:
    """How long ranks compiled what the one with the fewest compiles did not, while that one compiled nothing."""
    few = min(ranks, key=lambda rank: len(rank.rows))
    name, common = few.rank.label, _plain(few)
    busy = [_span(row) for row in few.rows if row.started is not None]
    for rank in ranks:
        alone = [row for key, row in _plain(rank).items() if key not in common]
        timed = [row for row in alone if row.started is not None and row.times.total]
        seconds = sum(_outside(row, busy) for row in timed)
        if seconds:
            ids = ", ".join(rank.rank.plain(row.compile_id) for row in timed[:_FEW])
            more = f" and {len(timed) - _FEW} more" if len(timed) > _FEW else ""
            yield (
                f"{rank.rank.label} compiled {ids}{more}, which {name} did not, for {units.seconds(seconds)} in which "
                f"{name} compiled nothing, by the clocks of both logs. What {name} did meanwhile is not recorded; at a "
                "collective it waits."
            )


def _plain(rank: RankListing) -> dict[str, CompileRow]:
    return {rank.rank.plain(row.compile_id): row for row in rank.rows}


def _span(row: CompileRow) -> tuple[float, float]:
    """When a compile began and ended, in seconds by its log's clock."""
    begin = row.started or 0.0
    return begin, begin + (row.times.total or 0.0)


def _outside(row: CompileRow, busy: Sequence[tuple[float, float]]) -> float:
    """Seconds of a compile that lie outside the other rank's."""
    begin, end = _span(row)
    inside, at = 0.0, begin
    for start, stop in sorted(busy):
        inside += max(0.0, min(stop, end) - max(start, at))
        at = max(at, min(stop, end))
    return max(0.0, end - begin - inside)


def _words(failure: GuardFailure) -> str:
    """`size at index 0 of tokens: expected 4, actual 7`; torch's own words where it does not say both."""
    if failure.what and failure.expected and failure.actual:
        return f"{failure.what} of {failure.source}: expected {failure.expected}, actual {failure.actual}"
    return failure.text.partition("  # ")[0]
