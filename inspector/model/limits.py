"""Limits on what a compile may cost, and which of them a log exceeds: for CI, as a verb and as a pytest fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import partial

from inspector.model.cache import had_all
from inspector.model.capture import CompileStatus, Frame
from inspector.model.compile_row import CompileRow, frame_of
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
    """Compiles that ended with an exception, were given up, or were refused by a limit: the function ran in eager, or
    the program stopped."""
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
    unknown: str = ""
    """Why it cannot be said that the limit is kept, in words; empty where it can, or where it is exceeded anyway."""
    culprits: tuple[str, ...] = ()
    """What counted, in words: worst first. Nobody promises that they can be parsed."""

    @property
    def over(self) -> bool:
        """Whether what is recorded exceeds the limit."""
        return self.found > self.allowed

    @property
    def kept(self) -> bool:
        """Whether the limit holds, and all of what it is about is recorded."""
        return not self.over and not self.unknown

    def __str__(self) -> str:
        if self.unknown:
            return (
                f"{self.process + ': ' if self.process else ''}{_WORDS[self.limit]} cannot be checked: {self.unknown}"
            )
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


_WORDS = {name: f"--{name.replace('_', '-')}" for name in _NOUNS}


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
                unknown = "" if number > allowed else unrecorded(item.name, rows, overview)
                name = overview.process_name(process)
                found.append(Finding(item.name, name, allowed, number, unknown, tuple(culprits)))
    return tuple(found)


def unrecorded(limit: str, rows: tuple[CompileRow, ...], overview: Overview) -> str:
    """Why it cannot be told from some rows of a log how much of what a limit is about there was; empty where it can.

    Args:
        limit: its name.
        rows: of one process.
        overview: of the whole log.
    """
    compiles = [row for row in rows if row.status is not CompileStatus.EXPORTED]
    open_ids = [row.compile_id for row in compiles if row.status is CompileStatus.LIVE]
    lacking, words = _lacking(limit, compiles)
    if not compiles:
        return "no compile is recorded"
    if overview.bad:
        return f"{overview.bad:,} of {overview.records:,} records cannot be read"
    if open_ids:
        return f"the log ends before {_listed(open_ids)} {'does' if len(open_ids) == 1 else 'do'}"
    if lacking:
        return f"{words} {_listed(lacking)}"
    old = limit == "max_graph_breaks" and not _records_breaks(overview)
    return "this version of torch does not record graph breaks" if old else ""


def _lacking(limit: str, rows: list[CompileRow]) -> tuple[list[str], str]:
    """The compile ids that something is not recorded of that a limit is about, and what, in words before them."""
    unknown = [row for row in rows if row.status is CompileStatus.UNKNOWN]
    if limit == "max_compile_time":
        lacking, words = [row for row in rows if row.compiled and not row.times.total], "no time is recorded for"
    elif limit == "max_cache_misses":
        lacking, words = [row for row in unknown if not row.caches], "no answer of a cache is recorded for"
    elif limit == "max_recompiles":  # that is in the numbers
        lacking, words = [row for row in unknown if not frame_of(row.compile_id)], "torch gave no compile id to"
    else:
        lacking, words = unknown, "no beginning and no end is recorded of"
    if limit == "max_graph_breaks" and not lacking:  # under fullgraph=True the first one is an error
        lacking = [row for row in rows if row.status is CompileStatus.FAILED and row.operators is None]
        words = "Dynamo did not get through"
    return [row.compile_id for row in lacking], words


_BREAKS_SINCE = (2, 6)
"""The version from which on torch logs each graph break."""


def _records_breaks(overview: Overview) -> bool:
    """Whether the log would hold graph breaks: those of older versions say why a compile was begun anew, if that."""
    version = overview.environment.get("torch", "").split(".")[:2]
    return bool(overview.breaks) or not all(map(str.isdigit, version)) or tuple(map(int, version)) >= _BREAKS_SINCE


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:SHOWN]) + (f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else "")


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
    again = [row for row in rows if row.recompiles and row.compiled]
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
    failed = [row for row in rows if row.status in _FAILED]
    return len(failed), [
        f"{row.compile_id} {row.function}: {row.eager or (row.error.splitlines() or [''])[0]}" for row in failed
    ]


_FAILED = (CompileStatus.FAILED, CompileStatus.EAGER, CompileStatus.REFUSED)


def _cache_misses(rows: tuple[CompileRow, ...]) -> tuple[float, list[str]]:
    made = [row for row in rows if row.generated or (row.caches and not had_all(row.caches))]
    return len(made), [
        f"{row.compile_id} {row.function}: {row.cache or 'no answer of a cache is recorded'}" for row in made
    ]


def _at(frame: Frame) -> str:
    return f"{frame.file}:{frame.line}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def complaint(findings: tuple[Finding, ...]) -> Iterator[str]:
    """The limits that were exceeded or cannot be checked, in words, each with the worst of what counted."""
    for item in findings:
        if item.kept:
            continue
        if item.unknown:
            yield f"{item}."
            continue
        yield f"{item}:"
        yield from (f"  {culprit}" for culprit in item.culprits[:SHOWN])
        if len(item.culprits) > SHOWN:
            yield f"  … and {len(item.culprits) - SHOWN} more"
