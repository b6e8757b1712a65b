"""Limits on what a compile may cost, and which of them a log exceeds: for CI, as a verb and as a pytest fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import partial

from inspector.model.capture import CompileStatus, Frame
from inspector.model.compile_row import CompileRow, Warmth
from inspector.model.overview import BreakGroup, Overview

SHOWN = 5
"""How many of what exceeded a limit are told one by one."""


@dataclass(frozen=True)
class Limits:
    """The most that is allowed; None for no limit. Each holds for every process by itself."""

    max_graph_breaks: int | None = None
    """Different places where a graph ended early; one that several compiles met counts once."""
    max_recompiles: int | None = None
    """Compiles of a function that had been compiled before, over all functions."""
    max_compile_time: float | None = None
    """Seconds of all compiles together, backward graphs included."""
    max_failures: int | None = None
    """Compiles that ended with an exception, so that the function ran eagerly or the program stopped."""
    max_cache_misses: int | None = None
    """Compiles that generated code, and those for which a cache that was asked did not have its answer."""

    @property
    def given(self) -> bool:
        """Whether there is any limit at all."""
        return any(getattr(self, item.name) is not None for item in fields(self))


@dataclass(frozen=True)
class Finding:
    """What one limit found in one process."""

    limit: str
    """The limit's name, `max_graph_breaks`."""
    process: str
    """Whose, in words: `rank1`; empty where there is one process only."""
    allowed: float
    found: float
    culprits: tuple[str, ...] = ()
    """What counted, in words: worst first. Nobody promises that they can be parsed."""

    @property
    def kept(self) -> bool:
        """Whether the limit holds."""
        return self.found <= self.allowed

    def __str__(self) -> str:
        one, several, unit = _NOUNS[self.limit]
        who = f"{self.process}: " if self.process else ""
        noun = one if self.found == 1 else several
        return f"{who}{_number(self.found)}{unit} {noun}, at most {_number(self.allowed)}{unit} allowed"


_NOUNS = {
    "max_graph_breaks": ("graph break", "graph breaks", ""),
    "max_recompiles": ("recompile", "recompiles", ""),
    "max_compile_time": ("of compiling", "of compiling", " s"),
    "max_failures": ("failed compile", "failed compiles", ""),
    "max_cache_misses": ("compile that no cache had whole", "compiles that no cache had whole", ""),
}
"""Limit → what it counts, one and several of them, and the unit."""


def check(overview: Overview, limits: Limits) -> tuple[Finding, ...]:
    """What each given limit finds in each process: the ones that were kept, too."""
    measures: dict[str, Callable[[tuple[CompileRow, ...]], tuple[float, list[str]]]] = {
        "max_graph_breaks": partial(_graph_breaks, overview.breaks),
        "max_recompiles": _recompiles,
        "max_compile_time": _compile_time,
        "max_failures": _failures,
        "max_cache_misses": _cache_misses,
    }
    found = []
    for process in overview.processes or ("",):
        rows = tuple(row for row in overview.rows if row.process == process)
        for item in fields(limits):
            allowed = getattr(limits, item.name)
            if allowed is not None:
                number, culprits = measures[item.name](rows)
                found.append(Finding(item.name, overview.process_name(process), allowed, number, tuple(culprits)))
    return tuple(found)


def _graph_breaks(breaks: tuple[BreakGroup, ...], rows: tuple[CompileRow, ...]) -> tuple[float, list[str]]:
    ids = {row.compile_id for row in rows}
    culprits = [
        " ".join(filter(None, (_at(place.stack[-1]) if place.stack else "", group.reason)))
        for group in breaks
        for place in group.places
        if not ids.isdisjoint(place.compile_ids)
    ]
    return len(culprits), culprits


def _recompiles(rows: tuple[CompileRow, ...]) -> tuple[float, list[str]]:
    again = [row for row in rows if row.recompiles]
    return len(again), [
        f"{row.compile_id} {row.function}: {row.failures[0].text if row.failures else 'the log does not say why'}"
        for row in again
    ]


def _compile_time(rows: tuple[CompileRow, ...]) -> tuple[float, list[str]]:
    slowest = sorted(rows, key=lambda row: -row.times.seconds)
    return sum(row.times.seconds for row in rows), [
        f"{row.compile_id} {row.function}: {row.times.seconds:.2f} s, {row.warmth.value}" for row in slowest
    ]


def _failures(rows: tuple[CompileRow, ...]) -> tuple[float, list[str]]:
    failed = [row for row in rows if row.status is CompileStatus.FAILED]
    return len(failed), [f"{row.compile_id} {row.function}: {(row.error.splitlines() or [''])[0]}" for row in failed]


def _cache_misses(rows: tuple[CompileRow, ...]) -> tuple[float, list[str]]:
    made = [row for row in rows if row.generated or row.warmth is Warmth.PARTLY]
    return len(made), [
        f"{row.compile_id} {row.function}: {row.cache or 'no answer of a cache is recorded'}" for row in made
    ]


def _at(frame: Frame) -> str:
    return f"{frame.file}:{frame.line}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def complaint(findings: tuple[Finding, ...]) -> Iterator[str]:
    """The limits that were exceeded, in words, each with the worst of what counted."""
    for item in findings:
        if item.kept:
            continue
        yield f"{item}:"
        yield from (f"  {culprit}" for culprit in item.culprits[:SHOWN])
        if len(item.culprits) > SHOWN:
            yield f"  … and {len(item.culprits) - SHOWN} more"
