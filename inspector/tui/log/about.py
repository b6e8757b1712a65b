"""What the details say of one compile id, from its row of the overview alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.compile_row import CompileRow, CompileTimes, GuardFailure, Warmth
from inspector.model.overview import Overview
from inspector.say import units
from inspector.say.doc import Compile, Item, Line, Row, Section, Tone, frame_rows
from inspector.say.logged import answer_tone
from inspector.say.units import plural, seconds
from inspector.tui.log.compiles import guard_words
from inspector.tui.log.state import About

_WARMTH = {
    Warmth.COLD: "cold: the first to generate code in its process",
    Warmth.WARM: "warm: code was generated, as before in this process",
    Warmth.CACHED: "cached: no code generation is recorded",
    Warmth.PARTLY: "partly cached: no code generation is recorded, and not every cache that was asked had its answer",
}
_MOST = 200
"""Compile ids that are listed of a row that stands for many."""
_TIMES = (
    ("total", "whole frame"),
    ("backend", "backend"),
    ("inductor", "inductor"),
    ("code_generation", "code generation"),
    ("backward", "backward, later"),
    ("restarts", "thrown away"),
)


def of_compile(overview: Overview, row: CompileRow) -> About:
    """Why it exists, what went wrong, where its time went, where it was called from."""
    made: list[Section] = []
    if row.error:
        rows = [Row(row.error, Tone.ERROR)]
        if row.error_place is not None:
            rows += frame_rows((row.error_place,))
        made.append(Section("error", f"{row.compile_id} failed", None, tuple(rows), "", alarming=True))
    made.append(Section("compile", f"Compile {row.compile_id}", None, tuple(_facts(row)), ""))
    if row.failures:
        rows = [item for failure in row.failures for item in _failure(failure)]
        made.append(Section("failures", "Guards that failed", len(row.failures), tuple(rows), "", alarming=True))
    breaks = tuple(_breaks(overview, row.compile_id))
    if row.breaks or breaks:
        made.append(Section("breaks", "Graph breaks", row.breaks, breaks, "", alarming=True))
    if row.restarts or row.restart_reasons:
        rows = [Row(reason, Tone.WARNING) for reason in row.restart_reasons]
        made.append(Section("restarts", "Restarts", row.restarts, tuple(rows), "The log does not say why."))
    made.append(Section("times", "Time", None, tuple(_times(row.times)), "The log does not say."))
    caches = tuple(
        Row(f"{item.answer}  {item.reason}".rstrip(), answer_tone(item.answer), label=item.cache.replace("_", " "))
        for item in row.caches
    )
    made.append(Section("caches", "Caches", None, caches, "The log records no answer of one."))
    made.append(Section("calls", "Called from", None, tuple(frame_rows(row.stack)), "The log does not say."))
    return made


def _facts(row: CompileRow) -> Iterator[Row]:
    if row.place is not None:
        file, line = row.place.file, row.place.line
        yield Row(f"{file}:{line}", Tone.CODE, label=row.function or "function", to=Line(file, line))
    elif row.function:
        yield Row(row.function, Tone.CODE, label="function")
    yield Row(row.status.value, label="status")
    if row.warmth in _WARMTH:
        yield Row(_WARMTH[row.warmth], label="start")
    if row.operators is not None:
        yield Row(f"{row.operators:,} in the Dynamo graph", label="operators")
    if row.guards is not None:
        yield Row(f"{row.guards:,}, torch's metric", label="guard_count")
    if row.started is not None:
        yield Row(f"{seconds(row.started)} after the log begins", Tone.QUIET, label="started")
    if row.log:
        yield Row(row.log, Tone.QUIET, label="log")


def _failure(failure: GuardFailure) -> Iterator[Row]:
    words = guard_words(failure)
    yield Row(words, Tone.STRONG)
    if failure.expected:
        yield Row(failure.expected, Tone.CODE, 1, label="compiled for")
    elif failure.silent:
        yield Row("not recorded", Tone.QUIET, 1, label="compiled for")
    if failure.actual:
        yield Row(failure.actual, Tone.WARNING, 1, label="called with")
    elif failure.silent:
        yield Row("not recorded", Tone.QUIET, 1, label="called with")
    if failure.against:
        yield Row(failure.against, Tone.NAME, 1, label="guard of", to=Compile(failure.against))
    if failure.stack:
        yield from frame_rows(failure.stack)
    elif failure.place:
        yield Row(failure.place, Tone.QUIET, 1, label="because of")
    if failure.remark:
        yield Row(failure.remark, Tone.QUIET, 1, label="torch adds")
    if failure.text and failure.text != words:
        yield Row(failure.text, Tone.QUIET, 1, label="torch says")


def _breaks(overview: Overview, compile_id: str) -> Iterator[Row]:
    for group in overview.breaks:
        for spot in group.places:
            if compile_id in spot.compile_ids:
                yield Row(group.reason, Tone.WARNING)
                yield from frame_rows(spot.stack[-1:])


def _times(times: CompileTimes) -> Iterator[Row]:
    whole = times.seconds
    for name, label in _TIMES:
        value = getattr(times, name)
        if value:
            share = f"  {units.share(value / whole)}" if whole and name != "total" else ""
            yield Row(f"{seconds(value)}{share}", Tone.TEXT if name != "restarts" else Tone.WARNING, label=label)


def totals_words(overview: Overview) -> str:
    """The whole log in a sentence."""
    return totals_words_of(overview, overview.rows)


def totals_words_of(overview: Overview, rows: Sequence[CompileRow]) -> str:
    """Some of its compile ids in a sentence: `41 compiles · 12.3 s · 1 failed`."""
    totals = overview.totals if rows is overview.rows else overview.totals_of(tuple(rows))
    parts = [plural(totals.compiles, "compile", "compiles")]
    if totals.seconds:
        parts.append(seconds(totals.seconds))
    if totals.failed:
        parts.append(f"{totals.failed:,} failed")
    if totals.breaks:
        parts.append(plural(totals.breaks, "graph break", "graph breaks"))
    if totals.recompiles:
        parts.append(plural(totals.recompiles, "recompile", "recompiles"))
    parts += [
        f"{totals.warmth[item]:,} {item.value}"
        for item in (Warmth.COLD, Warmth.WARM, Warmth.CACHED, Warmth.PARTLY)
        if totals.warmth.get(item)
    ]
    return " · ".join(parts)


def of_group(overview: Overview, item: Item, below: Sequence[Item]) -> About:
    """The compile ids that a row stands for, longest first, and the sums of the whole log."""
    found = [overview.by_id[each.key] for each in below if each.key in overview.by_id]
    made: list[Section] = []
    if item.cells and found:
        found.sort(key=lambda row: -row.times.seconds)
        ids = tuple(
            Row(
                f"{seconds(row.times.seconds) if row.times.seconds else row.status.value}  {row.function}",
                Tone.ERROR if row.error else Tone.TEXT,
                label=row.compile_id,
                to=Compile(row.compile_id),
            )
            for row in found[:_MOST]
        )
        sums = Row(totals_words_of(overview, found), Tone.STRONG)
        made.append(Section("group", item.cells[0].text, None, (sums, *ids), ""))
    rows = tuple(Row(words, label=label) for label, words in _environment(overview))
    made.append(Section("log", "The whole log", None, (Row(totals_words(overview), Tone.STRONG), *rows), ""))
    return made


def _environment(overview: Overview) -> Iterator[tuple[str, str]]:
    for name, value in overview.environment.items():
        yield name.replace("_", " "), value
