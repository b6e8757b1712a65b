"""Limits on what a compile may cost, and which of them a log exceeds: for CI, as a verb and as a pytest fixture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import Enum, auto

from inspector.model.cache import had_all
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, frame_of
from inspector.model.overview import READ_FROM, BreakGroup, BreakPlace, Overview
from inspector.model.pieces import PieceOutcome, Pieces


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

    max_pieces: int | None = None
    """Pieces that a server generated code for: each of its parts for each range of token counts."""
    max_given_up: int | None = None
    """Artifacts that a server loaded and whose graph it compiled all the same."""

    @property
    def given(self) -> bool:
        """Whether there is any limit at all."""
        return any(getattr(self, item.name) is not None for item in fields(self))


class Lack(Enum):
    """Why it cannot be told from a log how much of something there was."""

    COMPILES = auto()
    """There is no compile."""
    RECORDS = auto()
    """Records cannot be read."""
    REST = auto()
    """The log ends before these compiles do."""
    TIME = auto()
    CACHE_ANSWER = auto()
    COMPILE_ID = auto()
    """torch gave them none."""
    BOUNDS = auto()
    """Neither their beginning nor their end is recorded."""
    DYNAMO = auto()
    """Dynamo did not get through them."""
    PIECES = auto()
    """There is no record of a server's, or what it compiled is not told apart."""
    VERSION = auto()
    """This version of torch does not record it."""
    CODE = auto()
    """Their code came from a cache, or is not there."""
    GUARDS = auto()
    LATENCY = auto()
    """It was not timed."""


@dataclass(frozen=True)
class Lacking:
    """What is not recorded, and of which compile ids."""

    lack: Lack
    compile_ids: tuple[str, ...] = ()
    records: tuple[int, int] = (0, 0)
    """How many cannot be read, and of how many."""


Culprit = CompileRow | tuple[BreakGroup, BreakPlace]


@dataclass(frozen=True)
class Finding:
    """What one limit found in one process."""

    limit: str
    """The limit's name, `max_graph_breaks`."""
    process: str
    """Whose, in words: `rank1`; empty where there is one process only."""
    allowed: float
    found: float
    lacking: Lacking | None = None
    """Why it cannot be said that the limit is kept; None where it can, or where it is exceeded anyway."""
    culprits: tuple[Culprit, ...] = ()
    """What counted, worst first."""
    untimed: int = 0
    """Compiles that a sum of seconds leaves out: how long they took is not recorded."""

    @property
    def over(self) -> bool:
        """Whether what is recorded exceeds the limit."""
        return self.found > self.allowed

    @property
    def kept(self) -> bool:
        """Whether the limit holds, and all of what it is about is recorded."""
        return not self.over and self.lacking is None


def check(overview: Overview, limits: Limits, pieces: Pieces | None = None) -> tuple[Finding, ...]:
    """What each given limit finds in each process: the ones that were kept, too.

    Args:
        overview: of the whole log.
        limits: some of them.
        pieces: what a server compiled, where a limit is about that.
    """
    found = []
    for process in overview.processes or ("",):
        rows = tuple(row for row in overview.rows if row.process == process)
        for item in fields(limits):
            allowed = getattr(limits, item.name)
            if allowed is not None and item.name not in OF_PIECES:
                culprits = _culprits(item.name, rows, overview)
                timed = item.name == "max_compile_time"
                number = sum(row.times.seconds for row in rows) if timed else len(culprits)
                lacking = None if number > allowed else unrecorded(item.name, rows, overview)
                untimed = sum(row.untimed for row in rows) if timed else 0
                name = overview.process_name(process)
                found.append(Finding(item.name, name, allowed, number, lacking, culprits, untimed))
    return (*found, *_check_pieces(limits, pieces or Pieces(()), told=READ_FROM not in overview.environment))


OF_PIECES = ("max_pieces", "max_given_up")
"""The limits that are about what a server compiled in pieces."""


def _check_pieces(limits: Limits, pieces: Pieces, *, told: bool) -> Iterator[Finding]:
    for name in OF_PIECES:
        allowed = getattr(limits, name)
        if allowed is None:
            continue
        for process in dict.fromkeys(model.process for model in pieces.models) or ("",):
            models = [model for model in pieces.models if model.process == process]
            cells = [cell for model in models for cell in model.cells]
            given_up = sum(model.given_up for model in models)
            number = given_up if name == "max_given_up" else sum(len(model.compiled) for model in models)
            known = told and models and not pieces.unread and not any(cell.outcome in _UNTOLD for cell in cells)
            lacking = None if known or number > allowed else Lacking(Lack.PIECES)
            yield Finding(name, process, allowed, number, lacking)


_UNTOLD = (PieceOutcome.SHARED, PieceOutcome.OPEN)
"""Pieces of which it is not known how often code was generated."""


def _culprits(limit: str, rows: Sequence[CompileRow], overview: Overview) -> tuple[Culprit, ...]:
    """What counts for a limit, in rows of one process."""
    match limit:
        case "max_graph_breaks":
            ids = {row.compile_id for row in rows}
            places = ((group, place) for group in overview.breaks for place in group.places)
            return tuple(item for item in places if not ids.isdisjoint(item[1].compile_ids))
        case "max_recompiles":
            return tuple(row for row in rows if row.recompiles and row.compiled)
        case "max_compile_time":
            timed = (row for row in rows if row.times.total is not None or row.times.backward is not None)
            return tuple(sorted(timed, key=lambda row: -row.times.seconds))
        case "max_failures":
            return tuple(row for row in rows if row.status in _FAILED)
        case _:
            return tuple(row for row in rows if row.generated or (row.caches and not had_all(row.caches)))


_FAILED = (CompileStatus.FAILED, CompileStatus.EAGER, CompileStatus.REFUSED)


def unrecorded(limit: str, rows: Sequence[CompileRow], overview: Overview) -> Lacking | None:
    """Why it cannot be told from some rows of a log how much of what a limit is about there was; None where it can.

    Args:
        limit: its name.
        rows: of one process.
        overview: of the whole log.
    """
    compiles = [row for row in rows if row.status is not CompileStatus.EXPORTED]
    if not compiles:
        return Lacking(Lack.COMPILES)
    if overview.bad:
        return Lacking(Lack.RECORDS, records=(overview.bad, overview.records))
    if open_ids := tuple(row.compile_id for row in compiles if row.status is CompileStatus.LIVE):
        return Lacking(Lack.REST, open_ids)
    if limit == "max_recompiles" and READ_FROM in overview.environment:
        return Lacking(Lack.COMPILE_ID, tuple(row.compile_id for row in compiles))
    lack, lacking = _lacking(limit, compiles)
    if lacking:
        return Lacking(lack, tuple(row.compile_id for row in lacking))
    old = limit == "max_graph_breaks" and not _records_breaks(overview)
    return Lacking(Lack.VERSION) if old else None


def _lacking(limit: str, rows: list[CompileRow]) -> tuple[Lack, list[CompileRow]]:
    """Something that a limit is about, and the rows that it is not recorded of."""
    unknown = [row for row in rows if row.status is CompileStatus.UNKNOWN]
    match limit:
        case "max_compile_time":
            return Lack.TIME, [row for row in rows if row.untimed]
        case "max_cache_misses":
            return Lack.CACHE_ANSWER, [row for row in unknown if not row.caches]
        case "max_recompiles":  # that is in the numbers
            return Lack.COMPILE_ID, [row for row in unknown if not frame_of(row.compile_id)]
        case "max_graph_breaks" if not unknown:  # under fullgraph=True the first one is an error
            failed = [row for row in rows if row.status is CompileStatus.FAILED and row.operators is None]
            return Lack.DYNAMO, failed
        case _:
            return Lack.BOUNDS, unknown


_BREAKS_SINCE = (2, 6)
"""The version from which on torch logs each graph break."""


def _records_breaks(overview: Overview) -> bool:
    """Whether the log would hold graph breaks: those of older versions say why a compile was begun anew, if that."""
    version = overview.environment.get("torch", "").split(".")[:2]
    return bool(overview.breaks) or not all(map(str.isdigit, version)) or tuple(map(int, version)) >= _BREAKS_SINCE
