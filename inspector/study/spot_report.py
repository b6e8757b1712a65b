"""Table 1, the steps, break-even and Figures 8 to 10 of generations."""

from __future__ import annotations

from collections.abc import Callable

from inspector.model.study import Generation, Mode, StudyRun
from inspector.say.units import factor, seconds, seconds_between
from inspector.study.breakeven import BreakEven, wall_times
from inspector.study.document import Figure, ReportSection, ReportTable, ReportValue, Series, without_empty
from inspector.study.generation import PAPER_BATCHES, QUANTITIES, Setting, SettingRow, break_evens, rows, setting_of
from inspector.study.limit import limit_section
from inspector.study.sources import ResultSet
from inspector.study.statistics import Statistic, truncated

_PUBLISHED = (
    "Seconds, cut off after two decimals as the paper prints them; “per token” divides by the number of decoded "
    "tokens, though there is one interval fewer."
)


def spot_sections(results: ResultSet) -> list[ReportSection]:
    """What a set says about generations; nothing where it has none."""
    table = rows(results.runs)
    if not table:
        return []
    pairs = break_evens(table)
    settings = {setting: _title(setting, table) for setting in dict.fromkeys(row.setting for row in table)}

    def section(
        topic: str, title: str, *tables: ReportTable, text: tuple[str, ...] = (), figures: list[Figure]
    ) -> ReportSection:
        return ReportSection(f"{results.name}: {title}", text, tables, tuple(figures), results.name, topic)

    latency = [_latency(title, _members(table, setting)) for setting, title in settings.items()]
    walls = [_wall(title, _members(table, setting), _pairs(pairs, setting)) for setting, title in settings.items()]
    even = (break_even_table(pairs),) if pairs else ()
    return [
        section("Table 1", "Table 1", table_1(table), text=_left_out(results, table), figures=[_totals(table)]),
        section("steps", "decoding steps", _steps(table), figures=[_by_batch_figure(table)]),
        section("latency", "latency per token (Figures 8 to 10)", figures=latency),
        section("wall time", "wall time and break-even (Figures 8 to 10)", *even, figures=walls),
        *limit_section(results, table),
    ]


def _left_out(results: ResultSet, table: list[SettingRow]) -> tuple[str, ...]:
    more = sorted({row.setting.batch for row in table} - set(PAPER_BATCHES))
    if not results.paper or not more:
        return ()
    return (f"The printed table leaves out batch sizes {' and '.join(map(str, more))}, which the raw files hold.",)


def _columns(table: list[SettingRow]) -> list[str]:
    """The parts of a setting that tell rows apart; the batch always."""
    settings = [row.setting for row in table]
    return [name for name in Setting._fields if name == "batch" or len({getattr(item, name) for item in settings}) > 1]


def _parts(setting: Setting, columns: list[str]) -> tuple[str, ...]:
    return tuple(str(getattr(setting, name) or "–") for name in columns)


def _names(row: SettingRow, columns: list[str]) -> tuple[str, ...]:
    return (*_parts(row.setting, columns), row.mode)


def table_1(table: list[SettingRow]) -> ReportTable:
    """The paper's Table 1; the median where a row has several runs."""
    columns = _columns(table)
    body = tuple(
        (*_names(row, columns), *(truncated(row.quantity(name).median) for name in QUANTITIES), str(len(row.runs)))
        for row in table
    )
    return ReportTable("Table 1", (*columns, "compiled", *QUANTITIES, "runs"), body, len(columns) + 1, _PUBLISHED)


def _steps(table: list[SettingRow]) -> ReportTable:
    columns = _columns(table)
    eager = {row.setting: row.step() for row in table if row.mode == Mode.EAGER}
    body = []
    for row in table:
        step, start, base, graphs = row.step(), row.start(), eager.get(row.setting), row.middle.graphs
        body.append(
            (
                *_names(row, columns),
                seconds(step.median if step else None),
                seconds_between(*step.interval) if step and step.interval else "",
                seconds(step.spread if step else None),
                factor(base.median / step.median) if base and step and row.mode != Mode.EAGER else "",
                f"{graphs[0]} + {graphs[1]}" if graphs else "",
                seconds(start.median) if start else "",
            )
        )
    heads = ("step", "95 % interval", "spread", "against eager", "graphs", "process start to first token")
    note = (
        "The median of all decoding steps after the first, its 95 % interval and the interquartile range."
        + " Graphs are those compiled in the prefill and in the decoding." * any(row.middle.graphs for row in table)
    )
    return without_empty(
        ReportTable("Decoding steps", (*columns, "compiled", *heads), tuple(body), len(columns) + 1, note)
    )


def break_even_table(pairs: list[tuple[SettingRow, SettingRow, BreakEven]]) -> ReportTable:
    """When compiling has paid for itself."""
    columns = _columns([row for _, row, _ in pairs])
    body = tuple(
        (
            *_names(row, columns),
            _token(found.predicted),
            _token(found.seen, f"not within {len(row.middle.stamps) + 1}"),
            seconds(found.delay),
            seconds(found.gain),
        )
        for _, row, found in pairs
    )
    heads = ("predicted at token", "seen at token", "later at the second token", "gained at each further one")
    note = (
        "Token 1 is the prefill's. Predicted: 2 + ⌈what the compiled run is late by at its second token / what it "
        "gains at each further one⌉. Seen: from which token on it stays ahead. Of several runs, the median one."
    )
    return ReportTable("Break-even", (*columns, "compiled", *heads), body, len(columns) + 1, note)


def _token(number: int | None, none: str = "never") -> str:
    return none if number is None else str(number)


def _members(table: list[SettingRow], setting: Setting) -> list[SettingRow]:
    return [row for row in table if row.setting == setting]


def _pairs(
    pairs: list[tuple[SettingRow, SettingRow, BreakEven]], setting: Setting
) -> list[tuple[SettingRow, BreakEven]]:
    return [(row, found) for _, row, found in pairs if row.setting == setting]


def spot_subject(results: ResultSet, run: StudyRun) -> str:
    """The subject of the figures that show a generation of a set; empty for what is none."""
    if not isinstance(run.result, Generation):
        return ""
    return _title(setting_of(run.request, run.result), rows(results.runs))


def _title(setting: Setting, table: list[SettingRow]) -> str:
    columns = _columns(table)
    return ", ".join(f"{name} {getattr(setting, name)}" for name in columns)


def _sentence(pairs: list[tuple[SettingRow, BreakEven]]) -> str:
    parts = []
    for row, found in pairs:
        if found.seen is not None:
            parts.append(
                f"{row.mode} compiled is ahead from token {found.seen} on (predicted {_token(found.predicted)})"
            )
        elif found.predicted is None:
            parts.append(f"{row.mode} compiled never catches up: its steps are no faster than eager ones")
        else:
            parts.append(f"{row.mode} compiled would catch up at token {found.predicted}, which was not reached")
    return f"{'; '.join(parts)}." if parts else ""


def _latency(title: str, members: list[SettingRow]) -> Figure:
    series = tuple(
        Series(row.mode, tuple(float(place) for place in range(2, len(steps) + 2)), steps)
        for row in members
        for steps in [(row.middle.first, *row.middle.intervals)]
    )
    note = "The first decoding step holds the compilation where decoding is compiled; the prefill is not shown."
    return Figure(f"Latency per token, {title}", "token", "latency (s)", series, log_y=True, note=note, subject=title)


def _wall(title: str, members: list[SettingRow], pairs: list[tuple[SettingRow, BreakEven]]) -> Figure:
    """The break-even is marked where it lies within the tokens that were decoded; the sentence has it in any case."""
    series = tuple(
        Series(row.mode, tuple(float(place) for place in range(1, len(walls) + 1)), walls)
        for row in members
        for walls in [wall_times(row.middle)]
    )
    marks = [
        (float(token), f"{row.mode} {word} {token}")
        for row, found in pairs
        for word, token in (("predicted", found.predicted), ("seen", found.seen))
        if token is not None and token <= len(row.middle.stamps) + 1
    ]
    says = _sentence(pairs)
    return Figure(
        f"Wall time, {title}", "token", "since the prompt (s)", series, marks=tuple(marks), says=says, subject=title
    )


def _by_batch_figure(table: list[SettingRow]) -> Figure:
    """The median step of every mode at every setting."""
    return _of_settings("Latency per token by batch size", "step (s)", table, lambda row: row.step())


def _totals(table: list[SettingRow]) -> Figure:
    return _of_settings("Total time by batch size", "total (s)", table, lambda row: row.quantity("total"))


def _of_settings(
    title: str, y_label: str, table: list[SettingRow], value: Callable[[SettingRow], Statistic | None]
) -> Figure:
    """A line over settings, or bars where there are few of them."""
    columns = _columns(table)
    settings = list(dict.fromkeys(row.setting for row in table))
    ticks = tuple(" ".join(_parts(setting, columns)) for setting in settings)
    series = []
    for mode in Mode:
        found = {row.setting: value(row) for row in table if row.mode == mode}
        points = [(float(place), known.median) for place, item in enumerate(settings) if (known := found.get(item))]
        if points:
            series.append(Series(mode.value, tuple(x for x, _ in points), tuple(y for _, y in points)))
    few = len(settings) < 3
    return Figure(title, " ".join(columns), y_label, tuple(series), log_y=not few, ticks=ticks, bars=few)


def spot_values(results: ResultSet) -> list[ReportValue]:
    """Every number of the tables in full precision."""
    table = rows(results.runs)
    made = []
    for row in table:
        labels = {**row.setting._asdict(), "mode": row.mode}
        made += [_value(results.name, labels, name, row.quantity(name)) for name in QUANTITIES]
        for name, found in (("step", row.step()), ("process start to first token", row.start())):
            if found is not None:
                made.append(_value(results.name, labels, name, found))
    for _, row, pays in break_evens(table):
        labels = {**row.setting._asdict(), "mode": row.mode}
        for name, token in (("break-even predicted", pays.predicted), ("break-even seen", pays.seen)):
            made.append(ReportValue(results.name, "spot", labels, name, token, unit="token"))
    return made


def _value(name: str, labels: dict[str, object], quantity: str, found: Statistic) -> ReportValue:
    return ReportValue(name, "spot", labels, quantity, found.median, found.low, found.high, found.interval, found.count)
