"""How far decoding is from the limit that the memory sets."""

from __future__ import annotations

from inspector.model.study import Mode
from inspector.say import units
from inspector.say.units import amount, seconds, size
from inspector.study.document import Figure, ReportSection, ReportTable, Series
from inspector.study.generation import SettingRow
from inspector.study.sources import ResultSet
from inspector.study.statistics import measure

_FULL = 0.9
"""Share of the limit above which there is nothing left worth compiling for."""


def bandwidth(results: ResultSet) -> float | None:
    """Bytes a second that this machine reads from memory; None where nobody measured it."""
    known = [run.environment.get("bandwidth") for run in results.runs]
    found = [float(item) for item in known if isinstance(item, int | float) and item > 0]
    return measure(found).median if found else None


def limit_section(results: ResultSet, table: list[SettingRow]) -> list[ReportSection]:
    """What a step must read, how long that takes at least, and how near each row is; nothing where it is not known."""
    speed = bandwidth(results)
    body, words, bars = [], [], []
    for row in table:
        need, step = row.middle.step_bytes, row.step()
        if speed is None or need is None or step is None:
            continue
        floor = need / speed
        share = floor / step.median
        names = (row.setting.model, str(row.setting.batch), row.mode)
        bars.append((" ".join(names[1:]), floor, step.median))
        body.append((*names, size(need), seconds(floor), seconds(step.median), units.share(share)))
        if row.mode == Mode.EAGER and share >= _FULL:
            words.append(
                f"Batch {row.setting.batch}: decoding is bound by memory, eager already at "
                f"{units.share(min(share, 1))} of the limit, so compiling cannot pay."
            )
    if not body or speed is None:
        return []
    heads = ("model", "batch", "compiled", "read each step", "limit", "step", "share of the limit")
    note = (
        f"The limit is the time to read the weights and the key-value cache once at {amount(speed, 'B/s')}, measured "
        "here on memory far larger than the caches. A share above 100 % means that a part of them stayed in the caches."
    )
    tables = (ReportTable("The limit", heads, tuple(body), 3, note),)
    return [ReportSection(f"{results.name}: the limit", tuple(words), tables, (_figure(bars),), results.name, "limit")]


def _figure(rows: list[tuple[str, float, float]]) -> Figure:
    """For each name the limit and the step, in seconds."""
    places = tuple(float(place) for place in range(len(rows)))
    return Figure(
        "The limit beside the step",
        "batch, compiled",
        "seconds (s)",
        (Series("limit", places, tuple(row[1] for row in rows)), Series("step", places, tuple(row[2] for row in rows))),
        ticks=tuple(row[0] for row in rows),
        bars=True,
    )
