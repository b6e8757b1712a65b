"""Table 1, the steps, break-even and Figures 8 to 10 of generations."""

from __future__ import annotations

from inspector.model.study import Generation, Mode
from inspector.study.breakeven import BreakEven, wall_times
from inspector.study.document import Figure, Section, Series, Table, Value, without_empty
from inspector.study.generation import PAPER_BATCHES, QUANTITIES, Row, Setting, break_evens, rows
from inspector.study.limit import limit_section
from inspector.study.sources import ResultSet
from inspector.study.statistics import Measure, truncated
from inspector.study.units import factor, number, seconds, span

_PUBLISHED = (
    "Seconds, cut off after two decimals as the paper prints them; “per token” divides by the number of decoded "
    "tokens, though there is one interval fewer."
)


def spot_sections(results: ResultSet, *, figures: bool = True) -> list[Section]:
    """What a set says about generations; nothing where it has none."""
    table = rows(results.runs)
    if not table:
        return []
    pairs = break_evens(table)
    made = [
        Section(f"{results.name}: Table 1", _left_out(results, table), (table_1(table),)),
        Section(f"{results.name}: decoding steps", (), (_steps(table),)),
    ]
    if pairs:
        made.append(Section(f"{results.name}: break-even", (), (break_even_table(pairs),)))
    made += limit_section(results, table)
    if figures:
        made.append(_figures(results, table, pairs))
    return made


def _left_out(results: ResultSet, table: list[Row]) -> tuple[str, ...]:
    more = sorted({row.setting.batch for row in table} - set(PAPER_BATCHES))
    if not results.paper or not more:
        return ()
    return (f"The printed table leaves out batch sizes {' and '.join(map(str, more))}, which the raw files hold.",)


def _columns(table: list[Row]) -> list[str]:
    """The parts of a setting that tell rows apart; the batch always."""
    settings = [row.setting for row in table]
    return [name for name in Setting._fields if name == "batch" or len({getattr(item, name) for item in settings}) > 1]


def _names(row: Row, columns: list[str]) -> tuple[str, ...]:
    return (*(str(getattr(row.setting, name) or "–") for name in columns), row.mode)


def table_1(table: list[Row]) -> Table:
    """The paper's Table 1; the median where a row has several runs."""
    columns = _columns(table)
    body = tuple(
        (*_names(row, columns), *(truncated(row.quantity(name).median) for name in QUANTITIES), str(len(row.runs)))
        for row in table
    )
    return Table("Table 1", (*columns, "compiled", *QUANTITIES, "runs"), body, len(columns) + 1, _PUBLISHED)


def _steps(table: list[Row]) -> Table:
    columns = _columns(table)
    eager = {row.setting: row.step() for row in table if row.mode == Mode.EAGER}
    body = []
    for row in table:
        step, start, base, graphs = row.step(), row.start(), eager.get(row.setting), row.middle.graphs
        body.append(
            (
                *_names(row, columns),
                seconds(step.median if step else None),
                span(*step.interval) if step and step.interval else "",
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
    return without_empty(Table("Decoding steps", (*columns, "compiled", *heads), tuple(body), len(columns) + 1, note))


def break_even_table(pairs: list[tuple[Row, Row, BreakEven]]) -> Table:
    """When compiling has paid for itself."""
    columns = _columns([row for _, row, _ in pairs])
    body = tuple(
        (
            *_names(row, columns),
            number(found.predicted),
            number(found.seen, f"not within {len(row.middle.stamps) + 1}"),
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
    return Table("Break-even", (*columns, "compiled", *heads), body, len(columns) + 1, note)


def _figures(results: ResultSet, table: list[Row], pairs: list[tuple[Row, Row, BreakEven]]) -> Section:
    figures: list[Figure] = []
    words = []
    for setting in dict.fromkeys(row.setting for row in table):
        members = [row for row in table if row.setting == setting]
        marks = tuple(
            (float(found.seen), f"{row.mode} ahead from token {found.seen}, predicted {number(found.predicted)}")
            for _, row, found in pairs
            if row.setting == setting and found.seen is not None
        )
        title = _title(setting, table)
        figures += (_latency(title, members), _wall(title, members, marks))
        if sentence := _sentence(setting, pairs):
            words.append(f"{title[:1].upper()}{title[1:]}: {sentence}")
    return Section(
        f"{results.name}: latency per token and wall time (Figures 8 to 10)", tuple(words), (), tuple(figures)
    )


def _title(setting: Setting, table: list[Row]) -> str:
    columns = _columns(table)
    return ", ".join(f"{name} {getattr(setting, name)}" for name in columns)


def _sentence(setting: Setting, pairs: list[tuple[Row, Row, BreakEven]]) -> str:
    parts = []
    for _, row, found in pairs:
        if row.setting != setting:
            continue
        if found.seen is not None:
            parts.append(
                f"{row.mode} compiled is ahead from token {found.seen} on (predicted {number(found.predicted)})"
            )
        elif found.predicted is None:
            parts.append(f"{row.mode} compiled never catches up: its steps are no faster than eager ones")
        else:
            parts.append(f"{row.mode} compiled would catch up at token {found.predicted}, which was not reached")
    return f"{'; '.join(parts)}." if parts else ""


def _latency(title: str, members: list[Row]) -> Figure:
    series = tuple(
        Series(row.mode, tuple(float(place) for place in range(2, len(steps) + 2)), steps)
        for row in members
        for steps in [(row.middle.first, *row.middle.intervals)]
    )
    note = "The first decoding step holds the compilation where decoding is compiled; the prefill is not shown."
    return Figure(f"Latency per token, {title}", "token", "seconds", series, log_y=True, note=note)


def _wall(title: str, members: list[Row], marks: tuple[tuple[float, str], ...]) -> Figure:
    series = tuple(
        Series(row.mode, tuple(float(place) for place in range(1, len(walls) + 1)), walls)
        for row in members
        for walls in [wall_times(row.middle)]
    )
    return Figure(f"Wall time, {title}", "token", "seconds since the prompt", series, marks=marks)


def spot_values(results: ResultSet) -> list[Value]:
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
            made.append(Value(results.name, "spot", labels, name, token, unit="token"))
    return made


def _value(name: str, labels: dict[str, object], quantity: str, found: Measure) -> Value:
    return Value(name, "spot", labels, quantity, found.median, found.low, found.high, found.interval, found.count)


def comparison(sets: list[ResultSet]) -> list[Section]:
    """Two or more machines side by side: the same batch size and mode, whatever else differs."""
    tables = {item.name: _by_batch(rows(item.runs)) for item in sets}
    tables = {name: table for name, table in tables.items() if table}
    if len(tables) < 2:
        return []
    order = list(Mode)
    keys = sorted(
        {key for table in tables.values() for key in table}, key=lambda key: (key[0], order.index(Mode(key[1])))
    )
    body = tuple(
        (str(batch), mode, *(cell for table in tables.values() for cell in _side(table, batch, mode)))
        for batch, mode in keys
    )
    heads = [f"{name}: {what}" for name in tables for what in ("step", "against eager", "later at token 2")]
    note = "Steps are medians. The same batch size and mode stand in one row, whatever else differs."
    about = tuple(f"{item.name}: {item.about}." for item in sets if item.name in tables)
    table = Table("Machines compared", ("batch", "compiled", *heads), body, 2, note)
    return [Section("Machines compared", about, (table,))]


def _side(table: dict[tuple[int, str], Row], batch: int, mode: str) -> tuple[str, str, str]:
    row, eager = table.get((batch, mode)), table.get((batch, Mode.EAGER.value))
    step, base = row.step() if row else None, eager.step() if eager else None
    shown = seconds(step.median) if step else "–"
    if mode == Mode.EAGER or row is None or eager is None or step is None or base is None:
        return shown, "", ""
    return shown, factor(base.median / step.median), _late(eager.middle, row.middle)


def _by_batch(table: list[Row]) -> dict[tuple[int, str], Row]:
    return {(row.setting.batch, row.mode): row for row in table}


def _late(eager: Generation, compiled: Generation) -> str:
    return seconds(compiled.prefill + compiled.first - eager.prefill - eager.first)
