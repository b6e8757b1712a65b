"""A Capture as an Overview: its compile ids in a line each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from inspector.model.advice import advice_for
from inspector.model.asked import asked_of
from inspector.model.cache import CacheLookup, had_all, had_the_code
from inspector.model.call_values import CallValues
from inspector.model.capture import Capture, Compilation, CompileStatus, GraphBreak
from inspector.model.compile_row import (
    RESUMED,
    CompileRow,
    CompileTimes,
    Warmth,
    is_ours,
    process_of,
    recompiles_before,
)
from inspector.model.failure import Failure, endings_of
from inspector.model.flame import FlameNode, flames_of, shares_of
from inspector.model.graph_digest import graph_digest
from inspector.model.number import finite_or_none, integer_or_none
from inspector.model.overview import BreakGroup, BreakPlace, Overview
from inspector.model.recompiles import chains, qualified, read_failure, with_values
from inspector.model.stage import Stage


def overview_of(
    capture: Capture,
    flames: Mapping[str, FlameNode] | None = None,
    started: Mapping[str, float] | None = None,
    graphs: Mapping[str, str] | None = None,
    *,
    complete: bool = True,
    advise: bool = False,
) -> Overview:
    """What a capture holds, at a glance.

    Args:
        capture: with or without texts; only its light parts are looked at.
        flames: its flame graphs, where the phases were summed instead of kept; None to sum `capture.phases`.
        started: compile id → seconds since the trace's beginning; None to take the first phase's.
        graphs: compile id → `graph_digest` of its Dynamo graph, where texts were not kept; None to take the texts'.
        complete: whether this is all of it.
        advise: whether to work out what would have spared recompiles; the capture holds the guards that this takes.
    """
    flames = flames_of(capture.phases) if flames is None else flames
    started = _started(capture) if started is None else started
    breaks = _breaks(capture)
    lookups: dict[str, list[CacheLookup]] = defaultdict(list)
    for lookup in capture.cache_lookups:
        lookups[lookup.compile_id].append(lookup)
    failures: dict[str, list[Failure]] = defaultdict(list)
    for failure in capture.failures:
        failures[failure.compile_id].append(failure)
    reasons = {item.compile_id: item.reasons for item in capture.recompiles}
    values = call_values(capture)
    counted = Counter(item.compile_id for item in breaks)
    known = {item.compile_id for item in capture.compilations}
    generated: set[tuple[str, str]] = set()
    rows = []
    for item in capture.compilations:
        caches = tuple(lookups[item.compile_id])
        times = _times(item, flames.get(item.compile_id))
        status = _status(item, times)
        warmth = _warmth(replace(item, status=status), caches, times, cold=_process(item) not in generated)
        if warmth in (Warmth.COLD, Warmth.WARM):  # from here on its process is warm
            generated.add(_process(item))
        reason = reasons.get(item.compile_id, ())
        failed = tuple(qualified(read_failure(text), item.compile_id, known) for text in reason)
        restarted = [failure for failure in failures[item.compile_id] if failure.restarted]
        ended = [failure for failure in failures[item.compile_id] if not failure.restarted]
        rows.append(
            CompileRow(
                compile_id=item.compile_id,
                status=status,
                function=item.function,
                place=item.place,
                stack=item.stack,
                log=item.log,
                started=started.get(item.compile_id),
                times=times,
                restarts=item.restarts,
                restart_reasons=tuple(dict.fromkeys(failure.reason for failure in restarted)),
                breaks=counted[item.compile_id],
                failures=with_values(failed, values(item.compile_id), values),
                recompiles=recompiles_before(item.compile_id),
                caches=caches,
                warmth=warmth,
                guards=_whole(item.metrics, "guard_count"),
                operators=_whole(item.metrics, "graph_op_count"),
                pieces=capture.pieces_of(item.compile_id),
                error=item.error,
                error_place=ended[-1].place if ended else None,
            )
        )
    rows = _named_like_earlier(rows)
    # Of a frame of which one compile is here, as a forked process has them, there is nothing to go through.
    again = [chain.rows for chain in chains(rows) if len(chain.rows) > 1] if advise else []
    static = {item.compile_id for item in capture.compilations if advise and _forbids_symbols(item)}
    environment = {key: value for key, value in capture.environment.items() if isinstance(value, str)}
    mode = capture.environment.get("cache")
    if isinstance(mode, Mapping) and isinstance(mode.get("mode"), str):
        environment["cache"] = mode["mode"]
    return Overview(
        rows=tuple(rows),
        breaks=group_breaks(breaks),
        flames=flames,
        shares=shares_of(flames),
        environment=environment,
        endings=endings_of(capture.environment),
        logs=capture.logs,
        records=capture.records,
        bad=capture.dropped,
        advice={
            members[0].frame: advice_for(
                members,
                values,
                automatic=members[0].compile_id not in static,
                graphs=graphs or _digests(capture, members),
            )
            for members in again
        }
        if advise
        else None,
        asked={key: said for members in again for key, said in asked_of(members, values).items()} if advise else None,
        complete=complete,
    )


def _named_like_earlier(rows: list[CompileRow]) -> list[CompileRow]:
    """The rows, with those of refused compiles named as the earlier ones of their frames: torch does not name them."""
    named: dict[str, CompileRow] = {}
    found = []
    for row in rows:
        earlier = None if row.compiled or row.function else named.get(row.frame)
        if row.function and row.frame:
            named.setdefault(row.frame, row)
        found.append(
            row
            if earlier is None
            else replace(row, function=earlier.function, place=earlier.place, stack=row.stack or earlier.stack)
        )
    return found


STATIC = '"automatic_dynamic_shapes": false'
"""What `dynamic=False` leaves in Dynamo's configuration, as torch's metrics have it."""


def _forbids_symbols(item: Compilation) -> bool:
    return STATIC in str(item.metrics.get("dynamo_config", ""))


def _process(item: Compilation) -> tuple[str, str]:
    """The process that compiled: a log may hold several."""
    return item.log, process_of(item.compile_id)


def call_values(capture: Capture) -> Callable[[str], CallValues]:
    """What each compile id's guards say about its call; read when somebody asks."""
    compilations = {item.compile_id: item for item in capture.compilations}
    symbols = {item.compile_id: item.symbols for item in capture.shapes}

    @cache
    def of(compile_id: str) -> CallValues:
        found = compilations.get(compile_id)
        return CallValues(
            found.guards if found is not None else (),
            found.guard_tree if found is not None else (),
            symbols.get(compile_id, ()),
        )

    return of


def _started(capture: Capture) -> dict[str, float]:
    started: dict[str, float] = {}
    for phase in capture.phases:
        if phase.compile_id is not None:
            started.setdefault(phase.compile_id, phase.start)
    return started


def _status(item: Compilation, times: CompileTimes) -> CompileStatus:
    """The status, also where the graphs were not read: then what was counted and timed says whether there were any."""
    operators = _whole(item.metrics, "graph_op_count")
    ours = is_ours(item.compile_id)  # and began with a graph
    timed = operators is None and (times.backend or times.inductor or ours)
    if item.status is CompileStatus.EMPTY and (operators or timed):
        return CompileStatus.DONE
    return item.status


# --- times ---------------------------------------------------------------------------------------------------


def _times(item: Compilation, flame: FlameNode | None) -> CompileTimes:
    """The times in torch's metrics; of a compile that has not ended, the whole as far as its phases say.

    Of any other they do not: what names no compile id may be most of its time, and not every face reads them.
    """
    metrics = item.metrics
    if item.status is not CompileStatus.LIVE:
        flame = None
    backward = metrics.get("backward")
    total = _seconds(metrics, "entire_frame_compile_time_s", "dynamo_cumulative_compile_time_us", "duration_us")
    begin, end = (_seconds(metrics, f"{which}_time_us") for which in ("start", "end"))
    if total is None and begin is not None and end is not None and begin <= end:  # of AOTInductor's torch has no more
        total = end - begin
    return CompileTimes(
        total=flame.total if total is None and flame is not None and flame.total else total,
        backend=_seconds(metrics, "backend_compile_time_s", "aot_autograd_cumulative_compile_time_us"),
        inductor=_seconds(metrics, *_INDUCTOR),
        code_generation=_seconds(metrics, "code_gen_time_s", "inductor_code_gen_cumulative_compile_time_us"),
        backward=_seconds(
            backward if isinstance(backward, Mapping) else {},
            *("duration_us", "backward_cumulative_compile_time_us", "inductor_compile_time_s"),
            "inductor_cumulative_compile_time_us",
        ),
        restarts=_seconds(metrics, "dynamo_time_before_restart_s", "dynamo_compile_time_before_restart_us"),
    )


_INDUCTOR = ("inductor_compile_time_s", "inductor_cumulative_compile_time_us")
_WITHOUT_CODE = (CompileStatus.EMPTY, CompileStatus.EAGER, CompileStatus.REFUSED, CompileStatus.EXPORTED)


def _digests(capture: Capture, rows: Iterable[CompileRow]) -> dict[str, str]:
    ids = {row.compile_id for row in rows}
    texts = (item for item in capture.artifacts if item.stage is Stage.DYNAMO and item.compile_id in ids)
    return {item.compile_id or "": graph_digest(item.text) for item in texts}


def _seconds(metrics: Mapping[str, Any], *names: str) -> float | None:
    """The first of some metrics that is there, in seconds: torch counts in `_s` or in `_us`."""
    for name in names:
        if (value := finite_or_none(metrics.get(name))) is not None:
            return value / 1e6 if name.endswith("_us") else value
    return None


def _whole(metrics: Mapping[str, Any], name: str) -> int | None:
    value = metrics.get(name)
    return integer_or_none(value)


def _warmth(item: Compilation, caches: tuple[CacheLookup, ...], times: CompileTimes, *, cold: bool) -> Warmth:
    """What a compile could build on; `cold` if its process has generated no code before.

    Without a look-up it goes by torch's metrics, which have no time of Inductor's where no code was asked for; where
    they were not recorded either, it is not known.
    """
    generates = Warmth.COLD if cold else Warmth.WARM
    if had_the_code(caches):
        return Warmth.CACHED if had_all(caches) else Warmth.PARTLY
    if any(lookup.cache.startswith("fx_graph") for lookup in caches):
        return generates
    if item.status in _WITHOUT_CODE:  # Inductor hands a graph without operators back as it is
        return Warmth.NONE
    if times.code_generation or times.inductor:
        return generates
    return Warmth.UNKNOWN if item.metrics.keys().isdisjoint(_INDUCTOR) else Warmth.NONE


# --- graph breaks --------------------------------------------------------------------------------------------


_NOT_COMPILED = (CompileStatus.EMPTY, CompileStatus.EAGER, CompileStatus.REFUSED, CompileStatus.FAILED)


def ran_compiled(capture: Capture) -> bool:
    """Whether there is a compile that neither failed, nor was given up, nor found nothing to compile.

    Where the worker says how many graphs its target has, compiles of what its file imports are none of these.
    """
    return capture.target.get("graphs") != 0 and any(item.status not in _NOT_COMPILED for item in capture.compilations)


def _breaks(capture: Capture) -> tuple[GraphBreak, ...]:
    """The breaks that the log records; before it did so, why Dynamo began anew where functions were resumed after."""
    resumed = any(item.function.startswith(RESUMED) for item in capture.compilations)
    if capture.graph_breaks or not resumed:
        return capture.graph_breaks
    places = {item.compile_id: item.place for item in capture.compilations if item.place is not None}
    return tuple(
        GraphBreak(
            item.compile_id, item.reason, stack=item.stack or tuple(filter(None, (places.get(item.compile_id),)))
        )
        for item in capture.failures
        if item.restarted and item.reason
    )


def group_breaks(breaks: Iterable[GraphBreak]) -> tuple[BreakGroup, ...]:
    """Graph breaks by reason, and each reason's by place; the most often met first."""
    groups: dict[str, list[GraphBreak]] = defaultdict(list)
    for item in breaks:
        groups[item.reason].append(item)
    found = [_group(reason, members) for reason, members in groups.items()]
    return tuple(sorted(found, key=lambda group: -group.count))


def _group(reason: str, members: list[GraphBreak]) -> BreakGroup:
    places: dict[tuple[str, int, str], list[GraphBreak]] = defaultdict(list)
    for item in members:
        last = item.stack[-1] if item.stack else None
        places[(last.file, last.line, last.function) if last else ("", 0, "")].append(item)
    found = [
        BreakPlace(items[0].stack, tuple(item.compile_id for item in items), items[0].explanation)
        for items in places.values()
    ]
    hints = tuple(dict.fromkeys(hint for item in members for hint in item.hints))
    return BreakGroup(
        reason,
        hints,
        next((item.url for item in members if item.url), ""),
        tuple(sorted(found, key=lambda place: -place.count)),
    )
