"""Compile ids in words: what became of each, what it cost, and why it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from inspector.model.cache import had_all
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, CompileTimes, GuardFailure, Warmth
from inspector.model.guard_words import CONDITION
from inspector.model.overview import Overview, Totals
from inspector.say import units
from inspector.say.breaks import group_rows
from inspector.say.doc import Cell, Column, Compile, Line, Row, Section, Tone, frame_rows
from inspector.say.eager import eager_words
from inspector.say.logged import answer_tone
from inspector.say.names import place
from inspector.say.units import plural, seconds, untimed_words

# --- states -------------------------------------------------------------------------------------------------

STATUS: Mapping[CompileStatus, tuple[str, Tone]] = {
    CompileStatus.DONE: ("done", Tone.GOOD),
    CompileStatus.FAILED: ("failed", Tone.ERROR),
    CompileStatus.LIVE: ("unfinished", Tone.WARNING),
    CompileStatus.EMPTY: ("no graph", Tone.QUIET),
    CompileStatus.EXPORTED: ("exported", Tone.GOOD),
    CompileStatus.EAGER: ("runs eager", Tone.WARNING),
    CompileStatus.REFUSED: ("refused", Tone.WARNING),
    CompileStatus.UNKNOWN: ("no end recorded", Tone.WARNING),
}
"""What became of a compile id, and how that is meant."""

_WARMTH = {
    Warmth.COLD: "cold: the first to generate code in its process",
    Warmth.WARM: "warm: code was generated, as before in this process",
    Warmth.CACHED: "cached: no code generation is recorded",
    Warmth.PARTLY: "partly cached: no code generation is recorded, and not every cache that was asked had its answer",
    Warmth.UNKNOWN: "whether code was generated is not recorded",
}


def status_words(status: CompileStatus) -> str:
    """`done`, `runs eager`."""
    return STATUS[status][0]


# --- rows ---------------------------------------------------------------------------------------------------

CODE, STATE = "compiled code", "status"
"""Titles of the first column, and of the one that says what became of it."""
_LONGEST_ID = 18


def columns(rows: Sequence[CompileRow]) -> tuple[Column, ...]:
    """The columns, those hidden that would be empty in every row."""
    longest = max([len(row.compile_id) for row in rows], default=3)
    state = max([len(status_words(row.status)) for row in rows], default=6)
    found = (
        (Column(CODE, 44, grow=1), True),
        (Column("id", max(len(f"× {len(rows):,}"), min(longest, _LONGEST_ID))), True),
        (Column(STATE, max(state + 2, 8)), True),
        (Column("time", 7, right=True), True),
        (Column("share", 10, rank=4), any(row.times.seconds for row in rows)),
        (Column("breaks", 6, right=True, rank=1), any(row.breaks for row in rows)),
        (Column("recompiles", 10, right=True, rank=3), any(row.recompiles for row in rows)),
        (Column("cache", max((len(row.cache) for row in rows), default=5), rank=2), any(row.caches for row in rows)),
        (Column("start", 6, rank=5), any(row.start not in ("", Warmth.UNKNOWN) for row in rows)),
        (Column("guard_count", 11, right=True, rank=7), any(row.guards is not None for row in rows)),
        (Column("operators", 9, right=True, rank=6), any(row.operators is not None for row in rows)),
        (Column("restarts", 8, right=True, rank=8), any(row.restarts for row in rows)),
    )
    return tuple(column if shown else replace(column, hidden=True) for column, shown in found)


def cells(row: CompileRow, most: float, label: Cell | None = None) -> tuple[Cell, ...]:
    """One compile id's.

    Args:
        row: of the overview.
        most: seconds of the longest compile, which its bar is a share of.
        label: what stands in the first column; None for the function.
    """
    spent, (status, tone) = row.times.seconds, STATUS[row.status]
    return (
        label if label is not None else function_cell(row),
        Cell(row.compile_id, Tone.NAME),
        Cell(status, tone),
        Cell(seconds(spent) if spent else ""),
        Cell(share=spent / most if most else 0.0),
        count_cell(row.breaks),
        count_cell(row.recompiles),
        Cell(row.cache, Tone.WARNING if "bypass" in row.cache else Tone.GOOD if had_all(row.caches) else Tone.TEXT),
        Cell(
            row.start,
            {Warmth.CACHED: Tone.GOOD, Warmth.NONE: Tone.QUIET, Warmth.UNKNOWN: Tone.QUIET}.get(row.warmth, Tone.TEXT),
        ),
        Cell(f"{row.guards:,}" if row.guards is not None else "", Tone.QUIET),
        Cell(f"{row.operators:,}" if row.operators is not None else "", Tone.QUIET),
        count_cell(row.restarts),
    )


def count_cell(number: int) -> Cell:
    """A number that deserves the eye; none where it is 0."""
    return Cell(f"{number:,}", Tone.WARNING) if number else Cell()


def function_cell(row: CompileRow) -> Cell:
    """The function, and where it is defined."""
    where = place(row.place.file, row.place.line) if row.place is not None else ""
    return Cell(row.function or "(unnamed)", Tone.STRONG, after=where)


def ids_words(ids: Sequence[str], most: int = 3) -> str:
    """`0/0 0/1 0/2 +14`: each id once."""
    names = list(dict.fromkeys(ids))
    more = f" +{len(names) - most}" if len(names) > most else ""
    return " ".join(names[:most]) + more


# --- failed guards ------------------------------------------------------------------------------------------


def guard_words(failure: GuardFailure) -> str:
    """What is guarded, `size at index 1 of x`, else torch's own words."""
    if failure.what and failure.source and failure.what != CONDITION:
        return f"{failure.what} of {failure.source}"
    first = failure.text.splitlines()[0] if failure.text else ""
    return failure.what if failure.what and failure.what != CONDITION else first or "a guard"


def failure_words(failure: GuardFailure) -> str:
    """A failed guard in a few words: `x size at index 1: 16, now 32`."""
    if failure.kind == "none failed" or not failure.what:
        return failure.what or failure.text
    came = f", now {failure.actual}" if failure.actual else ", what came is not recorded"
    if failure.what == CONDITION:
        return f"{failure.expected}{came}"
    expected = failure.expected or "what was expected is not recorded"
    return f"{failure.source} {failure.what}: {expected}{came}".strip()


def reason_words(row: CompileRow) -> str:
    """Why this is compiled again; empty for a first compile."""
    if row.failures:
        return failure_words(row.failures[0])
    return "the log does not say why" if row.recompiles else ""


def trouble_words(row: CompileRow) -> str:
    """Why there is no compiled code, or not for all calls: the first line; empty where there is."""
    first = row.error.strip().splitlines()[0] if row.error.strip() else ""
    return eager_words(row) or (f"failed: {first}" if first else "")


# --- sums ---------------------------------------------------------------------------------------------------


def totals_words(totals: Totals) -> str:
    """Compile ids in a sentence: `41 compiles · 1 failed · 12.3 s of compiling`."""
    return " · ".join(row.text for row in totals_rows(totals))


def compiling_words(spent: float, untimed: int) -> str:
    """`12.3 s of compiling`, and how many compiles that leaves out."""
    return f"{seconds(spent)} of compiling{untimed_words(untimed)}"


def totals_rows(totals: Totals) -> Iterator[Row]:
    """The sums over some compile ids, what went wrong first."""
    yield Row(plural(totals.compiles, "compile"))
    if totals.exported:
        yield Row(plural(totals.exported, "exported program"))
    wrong = ((totals.failed, "failed"), (totals.eager, "given up and run in eager"), (totals.refused, "refused"))
    yield from (Row(f"{number:,} {words}", Tone.ERROR) for number, words in wrong if number)
    if totals.seconds:
        yield Row(compiling_words(totals.seconds, totals.untimed))
    if totals.breaks:
        yield Row(plural(totals.breaks, "graph break"))
    if totals.recompiles:
        yield Row(plural(totals.recompiles, "recompile"))
    for warmth in filter(totals.warmth.get, (Warmth.COLD, Warmth.WARM, Warmth.CACHED, Warmth.PARTLY)):
        yield Row(f"{totals.warmth[warmth]:,} {warmth.value}{' cached' if warmth is Warmth.PARTLY else ''}")


# --- one compile id in full ---------------------------------------------------------------------------------

_TIMES = (
    ("total", "whole frame"),
    ("backend", "backend"),
    ("inductor", "inductor"),
    ("code_generation", "code generation"),
    ("backward", "backward, later"),
    ("restarts", "thrown away"),
)


def compile_sections(overview: Overview, row: CompileRow) -> Iterator[Section]:
    """Why it exists, what went wrong, where its time went, where it was called from; from the overview alone."""
    if row.error:
        rows = [Row(row.error, STATUS[row.status][1])]
        if row.error_place is not None:
            rows += frame_rows((row.error_place,))
        yield Section("error", f"{row.compile_id}: {status_words(row.status)}", None, tuple(rows), "", alarming=True)
    yield Section("compile", f"Compile {row.compile_id}", None, tuple(_facts(row)), "")
    if row.failures:
        rows = [item for failure in row.failures for item in failure_rows(failure)]
        yield Section("failures", "Guards that failed", len(row.failures), tuple(rows), "", alarming=True)
    met = [(group, spot) for group in overview.breaks for spot in group.places if row.compile_id in spot.compile_ids]
    if row.breaks or met:
        rows = [item for group, spot in met for item in group_rows(group, spot)]
        yield Section("breaks", "Graph breaks", row.breaks, tuple(rows), "", alarming=True)
    if row.restarts or row.restart_reasons:
        rows = [Row(reason, Tone.WARNING) for reason in row.restart_reasons]
        yield Section("restarts", "Restarts", row.restarts, tuple(rows), "The log does not say why.")
    yield Section("times", "Time", None, tuple(_times(row.times)), "The log does not say.")
    caches = tuple(
        Row(f"{item.answer}  {item.reason}".rstrip(), answer_tone(item.answer), label=item.cache.replace("_", " "))
        for item in row.caches
    )
    yield Section("caches", "Caches", None, caches, "The log records no answer of one.")
    callers = row.stack[:-1]  # the last is the compiled function's own
    yield Section("calls", "Called from", None, tuple(frame_rows(callers)), "The log does not say.")


def _facts(row: CompileRow) -> Iterator[Row]:
    if row.place is not None:
        file, line = row.place.file, row.place.line
        yield Row(f"{file}:{line}", Tone.CODE, label=row.function or "function", to=Line(file, line))
    elif row.function:
        yield Row(row.function, Tone.CODE, label="function")
    yield Row(status_words(row.status), label="status")
    if words := eager_words(row):
        yield Row(words, Tone.WARNING, label="eager")
    if row.start:
        yield Row(_WARMTH[row.warmth], label="start")
    if row.operators is not None:
        yield Row(f"{row.operators:,} in the Dynamo graph", label="operators")
    if row.guards is not None:
        yield Row(f"{row.guards:,}, torch's metric", label="guard_count")
    if row.started is not None:
        yield Row(f"{seconds(row.started)} after the log begins", Tone.QUIET, label="started")
    if row.log:
        yield Row(row.log, Tone.QUIET, label="log")


def failure_rows(failure: GuardFailure) -> Iterator[Row]:
    """A failed guard in full: what it was compiled for, what came, whose it is and why it is there."""
    words = guard_words(failure)
    yield Row(words, Tone.STRONG)
    for label, value, tone in (
        ("compiled for", failure.expected, Tone.CODE),
        ("called with", failure.actual, Tone.WARNING),
    ):
        if value:
            yield Row(value, tone, 1, label=label)
        elif failure.silent:
            yield Row("not recorded", Tone.QUIET, 1, label=label)
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


def _times(times: CompileTimes) -> Iterator[Row]:
    whole = times.seconds
    for name, label in _TIMES:
        value = getattr(times, name)
        if value:
            share = f"  {units.share(value / whole)}" if whole and name != "total" else ""
            yield Row(f"{seconds(value)}{share}", Tone.TEXT if name != "restarts" else Tone.WARNING, label=label)
