"""Who compiled what others did not, why, and when: what makes one rank late while the others wait for it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from inspector.compare.listings import RankListing
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.guard_words import local, split_comment
from inspector.model.rank_report import RankAspect
from inspector.say.units import plural

_SIZE = re.compile(r"size at index (\d+)")
_FEW = 8
"""Compile ids that are told with their reasons."""


def compiled_again(ranks: Sequence[RankListing]) -> Iterator[str]:
    """Why a rank compiled what another one did not, in torch's own terms."""
    everywhere = set.intersection(*(set(_plain(rank)) for rank in ranks))
    for rank in ranks:
        alone = ((key, row) for key, row in _plain(rank).items() if key not in everywhere and row.failures)
        for (compile_id, _), row in islice(alone, _FEW):
            said = "; ".join(map(_words, row.failures))
            yield f"{rank.rank.label}: {compile_id} {row.function} was compiled because a guard failed: {said}"


def alone_compiling(ranks: Sequence[RankListing]) -> Iterator[str]:
    """How long ranks compiled what the one with the fewest compiles did not, while that one compiled nothing.

    Not of processes that write into one log: a forked one may not have been there yet. Nor where it is not recorded
    when the one with the fewest compiled.
    """
    if any(rank.rank.log.process is not None for rank in ranks):
        return
    collectives = " A rank waits at a collective for the others." if _calls_collectives(ranks) else ""
    few = min(ranks, key=lambda rank: len(rank.rows))
    name, common = few.rank.label, _plain(few)
    if any(row.untimed or row.started is None for row in few.rows):
        return  # when it compiled nothing is not known
    busy = _Busy(_span(row) for row in few.rows if row.started is not None)
    for rank in ranks:
        alone = [row for key, row in _plain(rank).items() if key not in common]
        timed = [row for row in alone if row.started is not None and row.times.total]
        seconds = sum(busy.outside(*_span(row)) for row in timed)
        if seconds:
            ids = ", ".join(rank.rank.plain(row.compile_id) for row in timed[:_FEW])
            more = f" and {len(timed) - _FEW} more" if len(timed) > _FEW else ""
            if without := len(alone) - len(timed):
                more += f" ({plural(without, 'more compile')} not timed)"
            yield (
                f"{rank.rank.label} compiled {ids}{more}, which {name} did not, for {seconds:.2f} s in which {name} "
                f"compiled nothing, by the clocks of both logs. What {name} did meanwhile is not recorded.{collectives}"
            )


def tips(ranks: Sequence[RankListing]) -> Iterator[str]:
    """What may keep ranks together that part because one of them compiled again for a size: options, no findings."""
    everywhere = set.intersection(*(set(_plain(rank)) for rank in ranks))
    failures = [
        item for rank in ranks for key, row in _plain(rank).items() if key not in everywhere for item in row.failures
    ]
    sizes = {(item.source, match[1]) for item in failures if (match := _SIZE.fullmatch(item.what))}
    if not sizes:
        return
    marked = ", ".join(f"torch._dynamo.mark_dynamic({local(source)}, {dim})" for source, dim in sorted(sizes))
    yield f"Tip: {marked} on every rank before each call; a size of 0 or 1 has code of its own in any case."
    if _calls_collectives(ranks):
        yield (
            "Tip: compile on every rank before the first collective that others wait at (a call for each kind of "
            "size), or let ranks agree on dynamic sizes with torch._dynamo.config.enable_compiler_collectives = True."
        )


def _calls_collectives(ranks: Sequence[RankListing]) -> bool:
    """Whether every rank's compiled code calls a collective."""
    return all(any(block.known for block in rank.blocks.get(RankAspect.COLLECTIVES, ())) for rank in ranks)


def _plain(rank: RankListing) -> dict[tuple[str, str], CompileRow]:
    """Compile id as torch prints it, and function: ranks that part may give one id to two functions."""
    return {(rank.rank.plain(row.compile_id), row.function): row for row in rank.rows}


def _span(row: CompileRow) -> tuple[float, float]:
    """When a compile began and ended, in seconds by its log's clock."""
    begin = row.started or 0.0
    return begin, begin + (row.times.total or 0.0)


class _Busy:
    """When a rank compiled.

    Args:
        spans: begin and end of each compile; they may overlap.
    """

    def __init__(self, spans: Iterable[tuple[float, float]]) -> None:
        self._starts: list[float] = []
        self._stops: list[float] = []
        self._before: list[float] = []
        """Seconds that it compiled before each of these."""
        for start, stop in sorted(spans):
            if self._stops and start <= self._stops[-1]:
                self._stops[-1] = max(self._stops[-1], stop)
            else:
                self._before.append(self._until(start))
                self._starts.append(start)
                self._stops.append(stop)

    def outside(self, begin: float, end: float) -> float:
        """Seconds from `begin` to `end` in which it compiled nothing."""
        return max(0.0, end - begin - (self._until(end) - self._until(begin)))

    def _until(self, now: float) -> float:
        """Seconds that it had compiled by then."""
        last = bisect_right(self._starts, now) - 1
        return self._before[last] + min(now, self._stops[last]) - self._starts[last] if last >= 0 else 0.0


def _words(failure: GuardFailure) -> str:
    """`size at index 0 of tokens: expected 4, actual 7`; torch's own words where it does not say both."""
    if failure.what and failure.expected and failure.actual:
        return f"{failure.what} of {failure.source}: expected {failure.expected}, actual {failure.actual}"
    return split_comment(failure.text).code
