"""A profile in words: rows of a side, what the parts add up to, doubts, and the roofline's word."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from inspector.model.profile import (
    GUARDS,
    NOTHING_TO_GAIN,
    OWN_SHARE,
    Bound,
    Ceilings,
    Limit,
    Part,
    Profile,
    ProfileRow,
    SideProfile,
)
from inspector.say import units
from inspector.say.doc import Cell, Column, Item, Row, Tone
from inspector.say.units import amount, figures, seconds

# --- rows ---------------------------------------------------------------------------------------------------

NAME, OWN, SHARE, TOTAL, CALLS, EACH = "operator or kernel", "own", "share", "total", "calls", "each"
MOVED, INTENSITY, LIMIT = "moved", "flop/B", "of limit"
COLUMNS = (
    Column(NAME, 22, grow=1),
    Column(OWN, 7, right=True),
    Column(SHARE, 11),
    Column(TOTAL, 7, right=True, rank=4),
    Column(CALLS, 6, right=True, rank=3),
    Column(EACH, 7, right=True, rank=2),
    Column(MOVED, 8, right=True, rank=6),
    Column(INTENSITY, 6, right=True, rank=5),
    Column(LIMIT, 12),
)
"""A side needs 57 cells without what goes first, 105 for everything."""
SORTS = (OWN, TOTAL, CALLS, EACH, MOVED, INTENSITY, LIMIT, NAME)
"""What rows can be sorted by, by title: the largest first, names from a to z."""
BARS = {"eager": Tone.WARNING, "compiled": Tone.TEXT}
"""The tone of a side's bars: the colours that the latency chart has for them."""
_TONES = {Part.OPERATOR: Tone.TEXT, Part.KERNEL: Tone.NAME, Part.RUNTIME: Tone.QUIET, Part.PYTHON: Tone.QUIET}
_BOUNDS = {
    Bound.MEMORY: "bound by memory",
    Bound.COMPUTE: "bound by arithmetic",
    Bound.LATENCY: "calling it takes longest",
    Bound.NEITHER: "bound by neither",
}
_NO_WORK = {
    Part.OPERATOR: "moves nothing itself",
    Part.KERNEL: "its text does not tell its work",
    Part.RUNTIME: "part of torch's runtime",
    Part.PYTHON: "what lies between all others",
}


def key_of(row: ProfileRow) -> str:
    """What tells a row from the others of its side."""
    return f"{row.part}:{row.compile_id}:{row.name}"


def columns_of(profile: Profile) -> tuple[Column, ...]:
    """The columns, without those that no row of either side has anything for."""
    rows = (*profile.eager.rows, *profile.compiled.rows)
    work = any(row.work is not None for row in rows)
    limit = any(profile.limit(row) is not None for row in rows)
    absent = set() if work else {MOVED, INTENSITY}
    absent |= set() if limit else {LIMIT}
    return tuple(replace(column, hidden=column.title in absent) for column in COLUMNS)


def items_of(profile: Profile, name: str, sort: str = OWN) -> tuple[Item, ...]:
    """The rows of one side.

    Args:
        profile: of both.
        name: `eager` or `compiled`.
        sort: one of `SORTS`.
    """
    side = side_of(profile, name)
    most = max((side.share(row) for row in side.rows), default=0.0)
    rows = sorted(side.rows, key=lambda row: -row.own)
    if sort == NAME:
        rows.sort(key=lambda row: row.name.lower())
    else:
        rows.sort(key=lambda row: _VALUES[sort](row, profile.limit(row)), reverse=True)
    return tuple(_item(row, side, profile.limit(row), BARS[name], most) for row in rows)


def side_of(profile: Profile, name: str) -> SideProfile:
    """`eager` or `compiled`."""
    return profile.eager if name == "eager" else profile.compiled


def opens(row: ProfileRow) -> bool:
    """Whether a row leads to a text: a kernel's, or the nodes that call an operator."""
    return row.part in (Part.KERNEL, Part.OPERATOR)


def _number(value: float | None) -> float:
    """For sorting: what is not known comes last."""
    return -math.inf if value is None or math.isnan(value) else value


_VALUES: dict[str, Callable[[ProfileRow, Limit | None], float]] = {
    OWN: lambda row, _: _number(row.own),
    TOTAL: lambda row, _: _number(row.total),
    CALLS: lambda row, _: _number(row.calls),
    EACH: lambda row, _: _number(row.each),
    MOVED: lambda row, _: _number(row.work.bytes if row.work is not None else None),
    INTENSITY: lambda row, _: _number(row.work.intensity if row.work is not None else None),
    LIMIT: lambda _, limit: _number(limit.share if limit is not None else None),
}


def _item(row: ProfileRow, side: SideProfile, limit: Limit | None, bar: Tone, most: float) -> Item:
    share = side.share(row)
    intensity = row.work.intensity if row.work is not None else None
    return Item(
        key_of(row),
        (
            Cell(row.name, _TONES[row.part], after=row.compile_id),
            Cell(seconds(row.own), Tone.STRONG),
            Cell(percent(share), bar, share=share / most if most else 0.0),
            Cell(seconds(row.total)),
            Cell(count(row.calls), Tone.QUIET),
            Cell(seconds(row.each)),
            Cell(amount(row.work.bytes, "B") if row.work is not None and row.work.bytes else "", Tone.QUIET),
            Cell(f"{intensity:.3g}" if intensity else "", Tone.QUIET),
            _limit(limit),
        ),
        opens=opens(row),
    )


def _limit(limit: Limit | None) -> Cell:
    """` 95 % memory`."""
    if limit is None:
        return Cell()
    tone = (
        Tone.QUIET
        if limit.bound in (Bound.LATENCY, Bound.NEITHER)
        else Tone.GOOD
        if limit.share >= NOTHING_TO_GAIN
        else Tone.TEXT
    )
    return Cell(f"{units.share(limit.share):>5} {limit.bound.value}", tone)


def percent(share: float) -> str:
    """`  4.1 %`, ` 80.0 %`: six cells wide, so that bars end at one place."""
    return f"{units.share(share, 1):>6}"


def count(calls: float) -> str:
    """`32`, `0.25`, `1,024`."""
    return f"{calls:,.0f}" if calls == round(calls) else figures(calls)


def row_words(row: ProfileRow, profile: Profile, side: str) -> str:
    """A row in full: what it moves and calculates, and what bounds it."""
    told = [f"{count(row.calls)} × {seconds(row.each)}"]
    limit = profile.limit(row)
    if row.work is not None:
        told.append(f"{amount(row.work.bytes, 'B')} moved")
        told.append("operations not known" if row.work.flops is None else f"{amount(row.work.flops, 'flop')}")
    if limit is not None:
        told += [f"{limit.intensity:.3g} flop/B"] if limit.intensity else []
        told += [f"{amount(limit.rate, 'flop')}/s"] if limit.rate else []
        told.append(f"{units.share(limit.share)} of its limit of {seconds(limit.seconds)}: {_BOUNDS[limit.bound]}")
    elif row.name == GUARDS and side == "compiled":
        told.append(guarding(profile))
    elif row.work is None:
        told.append(
            "what the GPU waits for the host" if profile.gpu and row.part is Part.PYTHON else _NO_WORK[row.part]
        )
    return " · ".join(told)


# --- sums and verdicts --------------------------------------------------------------------------------------


def ratio(profile: Profile) -> str:
    """`1.583×`, of calls without the profiler; `–` where none can be told."""
    return "–" if profile.ratio is None else f"{profile.ratio:.3f}×"


def sum_row(profile: Profile, name: str, *, short: bool = False) -> Row:
    """How far to trust a side's rows: `the parts add up to 98.6 % of 10.0 ms by the clock, +5 % while profiled`."""
    side = side_of(profile, name)
    words = f"the parts add up to {units.share(side.coverage, 1)}"
    words += " by the clock" if short else f" of {seconds(side.seconds)} by the clock"
    if not side.adds_up:
        return Row(f"{words}: mistrust them", Tone.ERROR)
    words += "" if short or profile.gpu else f", {units.change(side.disturbance)} while profiled"
    return Row(words, Tone.QUIET)


def verdict(profile: Profile) -> str:
    """What is to be said about the whole call, where eager or the host leaves nothing to gain; else empty."""
    if profile.launch_bound:
        return (
            f"launch-bound: in a compiled call the GPU waits {units.share(profile.idle)} of the time for the host, so "
            "faster kernels cannot pay; fewer launches can (--mode reduce-overhead records them as a CUDA graph)"
        )
    found = profile.nothing_to_gain
    if found is None:
        return ""
    what = "memory" if found.bound is Bound.MEMORY else "arithmetic"
    share = units.share(min(found.share, 1))
    return f"bound by {what}, eager already at {share} of the limit, so compiling cannot pay"


def whole_words(profile: Profile, name: str) -> str:
    """How far a side's call as a whole is from what it cannot do without; empty where that is not known."""
    limit, least = profile.limit_of_call(side_of(profile, name)), profile.least
    if limit is None or least is None:
        return ""
    flops = "unknown operations" if least.flops is None else amount(least.flops, "flop")
    return (
        f"{units.share(limit.share)} of the limit of {seconds(limit.seconds)} "
        f"({amount(least.bytes, 'B')} and {flops} at least), {whole_bound(limit)}"
    )


def whole_bound(limit: Limit) -> str:
    """What bounds a call as a whole."""
    if limit.bound is Bound.LATENCY:
        return "calling it takes longest"
    return f"bound by {'neither memory nor arithmetic' if limit.bound is Bound.NEITHER else limit.bound.value}"


def guarding(profile: Profile) -> str:
    """What Dynamo's guards take of a compiled call, in a sentence without its stop; empty where none was seen."""
    if (row := profile.guards) is None:
        return ""
    return f"Dynamo's guards ({GUARDS}) take {units.share(profile.compiled.share(row), 1)} of a compiled call"


def uncounted(profile: Profile) -> str:
    """What was not counted, in a sentence without its stop; empty where all was."""
    if profile.failure:
        return f"What eager's operators move and calculate was not counted, since they fail then: {profile.failure}"
    names = ", ".join(profile.wholes)
    return f"What is inside {names} was not counted: it is called as a whole" if names else ""


# --- doubts -------------------------------------------------------------------------------------------------


def others_words(busy: float | None) -> str:
    """That others used the machine meanwhile: a share of its processors."""
    return f"others used {units.share(busy or 0.0)} of the machine meanwhile"


def busy_words(busy: float | None) -> str:
    """The same as a sentence about what was timed."""
    return f"These times are of a busy machine: {others_words(busy)}."


def doubt(profile: Profile) -> str:
    """Why the times are not to be trusted, as the rest of a sentence; empty where the machine was quiet."""
    return others_words(profile.busy) if profile.disturbed else ""


def no_limit(profile: Profile) -> str:
    """Why no share of a limit can be told, as the rest of a sentence; empty where it can."""
    if profile.ceilings is None:
        return "this machine's ceilings were not measured"
    if told := unsteady(profile.ceilings):
        return f"the ceilings are unsteady, {told}"
    if profile.disturbed:
        return "the times are of a busy machine"
    if (found := profile.disproving) is None:
        return ""
    row, limit = found
    return f"{row.name} calculates at {units.share(limit.share)} of the ceiling, which was measured too low"


def unsteady(ceilings: Ceilings) -> str:
    """Why ceilings are not to be trusted, as the rest of a sentence; empty where the machine was quiet."""
    if ceilings.disturbed:
        return others_words(ceilings.busy)
    if ceilings.own is not None and ceilings.own < OWN_SHARE:
        return f"its threads ran only {units.share(ceilings.own)} of the time"
    if ceilings.steady:
        return ""
    name, uneven = ceilings.uneven
    share = units.share(uneven.evenness)
    if uneven.slow:
        return f"the slowest sample of {name} is at {share} of the median"
    return f"the median of {name} is at {share} of the fastest"


def ceilings_words(ceilings: Ceilings) -> str:
    """What the machine can do: `reads 28.1 GB/s, copies 24.4 GB/s, f32 327 Gflop/s`."""
    parts = [f"reads {amount(ceilings.read.median, 'B')}/s", f"copies {amount(ceilings.copy.median, 'B')}/s"]
    return ", ".join([*parts, *(f"{name} {amount(item.median, 'flop')}/s" for name, item in ceilings.matmul.items())])


def within_words(ceilings: Ceilings) -> str:
    """How far any sample of any ceiling is from its median: `all samples within 3 % of their median`."""
    apart = (max(1 - item.low / item.median, item.high / item.median - 1) for item in ceilings.all.values())
    return f"all samples within {units.share(max(apart))} of their median"


def spread_words(ceilings: Ceilings) -> str:
    """How far the samples of each lie apart, and when they were taken."""
    spreads = (f"{name} {amount(item.low, '')}–{amount(item.high, '')}" for name, item in ceilings.all.items())
    return f"slowest–fastest: {', '.join(spreads)}; measured {ceilings.measured}"
