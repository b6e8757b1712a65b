"""A profile as rows of columns: one side's operators and kernels, sorted as asked for. No widget here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from inspector.model.profile import NOTHING_TO_GAIN, Bound, Limit, Part, Profile, ProfileRow, SideProfile
from inspector.say import units
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import amount, figures, seconds

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

_TONES = {Part.OPERATOR: Tone.TEXT, Part.KERNEL: Tone.NAME, Part.RUNTIME: Tone.QUIET, Part.PYTHON: Tone.QUIET}
BARS = {"eager": Tone.WARNING, "compiled": Tone.TEXT}
"""The tone of a side's bars: the colours that the latency chart has for them."""


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
    tone = Tone.QUIET if limit.bound is Bound.LATENCY else Tone.GOOD if limit.share >= NOTHING_TO_GAIN else Tone.TEXT
    return Cell(f"{units.share(limit.share):>5} {limit.bound.value}", tone)


def percent(share: float) -> str:
    """`  4.1 %`, ` 80.0 %`: six cells wide, so that bars end at one place."""
    return f"{units.share(share, 1):>6}"


def count(calls: float) -> str:
    """`32`, `0.25`, `1,024`."""
    return f"{calls:,.0f}" if calls == round(calls) else figures(calls)
