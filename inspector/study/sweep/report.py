"""A sweep's report: tables over any two dimensions, best and worst, what is worth its compile, and what pays where."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from inspector.model.compile_time import CompilePart
from inspector.model.latency import median
from inspector.model.sweep import PointResult
from inspector.say.latency import difference_words
from inspector.say.numerics import verdict_row
from inspector.say.sweep import failure_words, point_words, where_words
from inspector.say.units import factor, figures, plural, seconds
from inspector.study.document import Figure, Report, ReportSection, ReportTable, ReportValue, Series, without_empty
from inspector.study.sweep.analysis import (
    FIRST_CALL,
    KERNELS,
    LATENCY,
    QUANTITIES,
    SPEEDUP,
    WORK,
    OnFront,
    Quantity,
    Ratio,
    StartValues,
    SweepSetting,
    by_work,
    check_over,
    front,
    pays,
    pays_after,
    ranked,
    settings_of,
    varied,
)

_TABLES = 24
"""Tables over two dimensions that are shown; those beyond are counted."""
NO_INTERVAL = "One start of a setting has no interval, and is compared with none: --repeats makes more."
DISTURBED = "~ stands before what others on the machine disturbed; it is shown, and compared with nothing."


def sweep_report(
    results: Sequence[PointResult], *, over: Sequence[str] | None = None, notes: Sequence[str] = ()
) -> Report:
    """What results say.

    Args:
        results: of one sweep or of several.
        over: the dimensions of the tables, one or two; None for those with most values.
        notes: what could not be read, and the like.

    Raises:
        UsageError: there is no such dimension, or nothing varies in it.
    """
    results = sorted(results, key=lambda item: (_order(item), item.point.repeat))
    names = varied(item.point for item in results)
    over = _over(over, names, results)
    settings = settings_of(results)
    remarks = list(notes)
    if any(_disturbed(item) for item in settings):
        remarks.append(DISTURBED)
    if any(len(item.results) - len(item.failed) == 1 for item in settings):
        remarks.append(NO_INTERVAL)
    sections = [
        _overview(results, names),
        *_tables(settings, names, over),
        *_best(settings, names),
        *_fronts(settings, names),
        *_pays(settings, names),
        *_phases(settings, names),
        *_numerics(results, names),
        *_failures(results, names),
    ]
    values = [value for item in settings for value in _values(item)]
    return Report("Sweep", tuple(sections), tuple(values), tuple(remarks))


def _order(result: PointResult) -> tuple[tuple[int, float, str], ...]:
    """Numbers by their size, words by their letters, what is left to the target first."""
    return tuple(map(_place, result.point.settings.values()))


def _place(text: str) -> tuple[int, float, str]:
    if text in ("default", "None"):
        return 0, 0.0, ""
    try:
        return 1, float(text), ""
    except ValueError:
        return 2, 0.0, text


def _over(asked: Sequence[str] | None, names: Sequence[str], results: Sequence[PointResult]) -> tuple[str, ...]:
    if asked is not None:
        check_over(asked, [result.point for result in results])
        return tuple(asked)
    count = {name: len({result.point.settings.get(name, "default") for result in results}) for name in names}
    most = sorted(names, key=lambda name: -count[name])[:2]
    return tuple(name for name in names if name in most)


def _overview(results: Sequence[PointResult], names: Sequence[str]) -> ReportSection:
    failed = sum(not result.ok for result in results)
    words = (
        f"{plural(len(results), 'result')}, {failed} of them failed."
        if failed
        else plural(len(results), "result") + "."
    )
    body = []
    for name in names:
        values = sorted({result.point.settings.get(name, "default") for result in results}, key=_place)
        body.append((name, ", ".join(values)))
    same = {}
    if results:
        own = results[0].point.settings.items()
        same = {name: value for name, value in own if name not in names and value not in ("default", "False")}
    body += list(same.items())
    table = ReportTable("What was swept", ("dimension", "values"), tuple(body), 2)
    return ReportSection("Results", (words,), (table,) if body else (), topic="results")


def _tables(settings: Sequence[SweepSetting], names: Sequence[str], over: tuple[str, ...]) -> list[ReportSection]:
    """A table over two dimensions for each quantity, and for each combination of the others."""
    if not over:
        over = ("target",)
    rest = [name for name in names if name not in over]
    groups: dict[tuple[str, ...], list[SweepSetting]] = {}
    for item in settings:
        groups.setdefault(tuple(item.settings.get(name, "default") for name in rest), []).append(item)
    made: list[ReportTable] = []
    left = 0
    for quantity, (place, members) in product(QUANTITIES, groups.items()):
        if all(item.of(quantity).middle is None for item in members):
            continue
        if len(made) == _TABLES:
            left += 1
            continue
        where = where_words(dict(zip(rest, place, strict=True)))
        made.append(_table(quantity, members, over, where))
    if not made:
        return []
    text = (f"{plural(left, 'table')} more: fewer dimensions at once, or --report FILE.csv, has them.",) if left else ()
    figures = tuple(
        found
        for quantity in (LATENCY, SPEEDUP, FIRST_CALL)
        for place, members in list(groups.items())[:6]
        if (found := _bars(quantity, members, over, where_words(dict(zip(rest, place, strict=True))))) is not None
    )
    return [ReportSection(f"By {' and '.join(over)}", text, tuple(made), figures, topic="tables")]


def _grid(
    members: Sequence[SweepSetting], over: tuple[str, ...]
) -> tuple[list[str], list[str], dict[tuple[str, str], SweepSetting]]:
    row, column = over[0], over[1] if len(over) > 1 else ""
    cells = {(item.settings.get(row, "default"), item.settings.get(column, "")): item for item in members}
    rows = sorted({place[0] for place in cells}, key=_place)
    return rows, sorted({place[1] for place in cells}, key=_place), cells


def _table(quantity: Quantity, members: Sequence[SweepSetting], over: tuple[str, ...], where: str) -> ReportTable:
    rows, columns, cells = _grid(members, over)
    heads = [f"{over[1]} {column}" for column in columns] if len(over) > 1 else [quantity.name]
    body = tuple((row, *(_cell(cells.get((row, column)), quantity) for column in columns)) for row in rows)
    title = f"{quantity.name}{f', {where}' if where else ''}"
    note = "In brackets the 95 % interval over starts." if any("(" in cell for row in body for cell in row[1:]) else ""
    return ReportTable(title, (over[0], *heads), body, 1, note)


def _cell(item: SweepSetting | None, quantity: Quantity) -> str:
    if item is None:
        return "–"
    found = item.of(quantity)
    if found.middle is None:
        return "failed" if item.failed and len(item.failed) == len(item.results) else "–"
    return _shown(found, quantity)


def _shown(found: StartValues, quantity: Quantity) -> str:
    assert found.middle is not None
    shown = _number(found.middle, quantity)
    if not found.values:
        return f"~{shown}"
    if (interval := found.interval()) is None or quantity is KERNELS:
        return shown
    low, high = interval
    return f"{shown} ({_number(low, quantity)} to {_number(high, quantity)})"


def _number(value: float, quantity: Quantity) -> str:
    if quantity.unit == "s":
        return seconds(value)
    return factor(value) if quantity.unit == "×" else figures(value) if value != round(value) else f"{value:,.0f}"


def _bars(quantity: Quantity, members: Sequence[SweepSetting], over: tuple[str, ...], where: str) -> Figure | None:
    rows, columns, cells = _grid(members, over)
    series = []
    for column in columns:
        found = [
            (place, cells[row, column].of(quantity).middle) for place, row in enumerate(rows) if (row, column) in cells
        ]
        points = [(float(place), value) for place, value in found if value is not None]
        if points:
            label = f"{over[1]} {column}" if len(over) > 1 else quantity.name
            series.append(Series(label, tuple(x for x, _ in points), tuple(y for _, y in points)))
    if not series:
        return None
    title = f"{quantity.name}{f', {where}' if where else ''}"
    unit = f" ({quantity.unit})" if quantity.unit else ""
    ticks = tuple(f"{over[0]} {row}" for row in rows)
    return Figure(title, over[0], f"{quantity.name}{unit}", tuple(series), ticks=ticks, bars=True, subject=title)


def _best(settings: Sequence[SweepSetting], names: Sequence[str]) -> list[ReportSection]:
    groups = {work: members for work, members in by_work(settings).items() if len(members) > 1}
    among = sum(2 * (len(members) - 1) for members in groups.values())
    body = []
    for members in groups.values():
        found = ranked(members, among)
        if found is None:
            continue
        for word, best in (("fastest", found.best), ("slowest", found.worst)):
            first = found.order[0] if word == "fastest" else found.order[-1]
            like = "; ".join(_how(item, names) for item in best if item is not first)
            body.append((_work(first, names), word, _how(first, names), _shown(first.of(LATENCY), LATENCY), like))
    if not groups:
        return []
    if not body:
        return [
            ReportSection("Fastest and slowest", ("It cannot be told: no two settings have two undisturbed starts.",))
        ]
    heads = ("what", "", "setting", "latency", "cannot be told from it")
    note = "Each set of settings that compute the same by itself. All statements together hold with 95 %."
    table = ReportTable("Fastest and slowest", heads, tuple(body), 3, note)
    return [ReportSection("Fastest and slowest", (), (table,), topic="best")]


def _work(item: SweepSetting, names: Sequence[str]) -> str:
    chosen = {key: value for key, value in item.settings.items() if key in WORK and (key in names or key == "target")}
    return where_words(chosen)


def _how(item: SweepSetting, names: Sequence[str]) -> str:
    chosen = {key: value for key, value in item.settings.items() if key in names and key not in WORK}
    return where_words(chosen) or "as it is"


def _fronts(settings: Sequence[SweepSetting], names: Sequence[str]) -> list[ReportSection]:
    groups = by_work(settings)
    among = sum(2 * len(members) * (len(members) - 1) for members in groups.values())
    body, figures = [], []
    for members in groups.values():
        found = front(members, among)
        places = sorted(found, key=lambda place: members[place].of(FIRST_CALL).middle or 0.0)
        for place in places:
            item = members[place]
            first, latency = item.of(FIRST_CALL), item.of(LATENCY)
            on = found[place] if first.values and latency.values else f"~{found[place]}"
            after = pays_after(item, len(settings))
            words = "never" if after == math.inf else "" if after is None else f"{max(0, math.ceil(after)):,} calls"
            shown = _shown(first, FIRST_CALL), _shown(latency, LATENCY)
            body.append((_work(item, names), _how(item, names), *shown, on if len(found) > 1 else "", words))
        if len(found) > 1:
            figures.append(_front_figure(members, found, names))
    if not body:
        return []
    heads = ("what", "setting", "first call", "latency", "on the front", "pays after")
    note = (
        "On the front is what no other setting beats in both. Compiling pays after so many calls against eager; "
        "empty where that cannot be told."
    )
    table = without_empty(ReportTable("First call against latency", heads, tuple(body), 2, note))
    return [ReportSection("First call against latency", (), (table,), tuple(figures), topic="front")]


def _front_figure(members: Sequence[SweepSetting], found: dict[int, str], names: Sequence[str]) -> Figure:
    series = []
    for place, on in found.items():
        item = members[place]
        x, y = item.of(FIRST_CALL).middle, item.of(LATENCY).middle
        assert x is not None and y is not None
        mark = {OnFront.ON: "on the front", OnFront.OFF: "", OnFront.UNSURE: "perhaps on it"}[on]
        series.append(Series(f"{_how(item, names)}{f', {mark}' if mark else ''}", (x,), (y,)))
    title = _work(members[0], names)
    return Figure(title, "first call (s)", "latency (s)", tuple(series), log_y=True, subject=title)


def _pays(settings: Sequence[SweepSetting], names: Sequence[str]) -> list[ReportSection]:
    found = pays(settings, names)
    if not found:
        return []
    told = [item for item in found if item.latency is not None and item.latency.told]
    same = sum(item.latency is not None and not item.latency.told for item in found)
    unknown = sum(item.latency is None for item in found)
    body = tuple(
        (
            f"{item.name} {item.value} against {item.base}",
            where_words(dict(item.where)),
            _against(item.latency, "faster", "slower"),
            _against(item.first_call, "shorter", "longer"),
        )
        for item in told
    )
    text = [f"In {plural(same, 'place')} no difference can be told." if same else ""]
    text += [
        f"In {plural(unknown, 'place')} nothing is known: two undisturbed starts of both are needed." if unknown else ""
    ]
    heads = ("setting", "where", "latency", "first call")
    note = "Ratios with the intervals that make all of them hold together with 95 %."
    tables = (ReportTable("Which setting pays where", heads, body, 2, note),) if body else ()
    return [ReportSection("Which setting pays where", tuple(filter(None, text)), tables, topic="pays")]


def _against(found: Ratio | None, less: str, more: str) -> str:
    if found is None:
        return ""
    if not found.told:
        return "no difference"
    ratio, low, high, word = found.ratio, found.low, found.high, more
    if ratio < 1:
        ratio, low, high, word = 1 / ratio, 1 / high, 1 / low, less
    return f"{factor(ratio)} {word} ({figures(low)} to {figures(high)})"


def _phases(settings: Sequence[SweepSetting], names: Sequence[str]) -> list[ReportSection]:
    """Where the compiles' time went: the median over starts of each part."""
    body = []
    for item in settings:
        found = [result.phases for result in item.results if result.ok and result.phases]
        if found:
            shown = (median([phases.get(part, 0.0) for phases in found]) for part in CompilePart)
            mark = "" if all(result.quiet for result in item.results if result.phases) else "~"
            where = where_words({name: value for name, value in item.settings.items() if name in names})
            body.append(
                (where or item.settings["target"], *(mark + seconds(taken) if taken else "" for taken in shown))
            )
    if not body:
        return []
    table = ReportTable("Where compiles spent their time", ("setting", *CompilePart), tuple(body), 1)
    return [ReportSection(table.title, (), (without_empty(table),), topic="phases")]


def _numerics(results: Sequence[PointResult], names: Sequence[str]) -> list[ReportSection]:
    """What was asked for, and what differed too much while it was timed, asked or not: it may be fast for that."""
    body = []
    for result in results:
        wrong = [run.difference for run in result.latency if run.difference is not None and run.difference.wrong]
        body += [(point_words(result.point, names), f"WRONG: {difference_words(found)}") for found in wrong]
        for found in result.numerics:
            row = verdict_row(found)
            body.append((point_words(result.point, names), " ".join(filter(None, (row.text, found.note)))))
    if not body:
        return []
    table = ReportTable("Results against eager", ("point", "how far"), tuple(body), 2)
    return [ReportSection(table.title, (), (table,), topic="numerics")]


def _failures(results: Sequence[PointResult], names: Sequence[str]) -> list[ReportSection]:
    body = tuple((point_words(item.point, names), failure_words(item), item.hint) for item in results if not item.ok)
    if not body:
        return []
    table = ReportTable("Failures", ("point", "how", "what to do"), body, 3)
    return [ReportSection("Failures", (), (table,), topic="failures")]


def _disturbed(item: SweepSetting) -> bool:
    return any(item.of(quantity).disturbed for quantity in QUANTITIES)


def _values(item: SweepSetting) -> list[ReportValue]:
    """Every quantity of a setting in full precision; what was disturbed under a name that says so."""
    made = []
    labels = {key: value for key, value in item.settings.items() if key != "machine"}
    for quantity in QUANTITIES:
        found = item.of(quantity)
        for values, name, interval in (
            (found.values, quantity.name, found.interval()),
            (found.disturbed, f"{quantity.name}, disturbed", None),
        ):
            if values:
                middle = StartValues(values).middle
                low, high, unit = min(values), max(values), quantity.unit
                machine = item.settings["machine"]
                made.append(ReportValue(machine, "sweep", labels, name, middle, low, high, interval, len(values), unit))
    return made
