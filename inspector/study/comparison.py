"""Two or more machines side by side: the paper's against one's own."""

from __future__ import annotations

from inspector.model.study import Generation, Mode
from inspector.study.document import Figure, Section, Series, Table
from inspector.study.generation import Row, rows
from inspector.study.sources import ResultSet
from inspector.study.units import factor, seconds


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
    figures = tuple(_compared(what, tables) for what in ("gain", "step", "delay"))
    return [Section("Machines compared", about, (table,), figures, topic="compared")]


def _compared(what: str, tables: dict[str, dict[tuple[int, str], Row]]) -> Figure:
    """One quantity over batch sizes, a line for each machine and mode."""
    batches = sorted({batch for table in tables.values() for batch, _ in table})
    series = []
    for name, table in tables.items():
        for mode in Mode:
            points = [
                (float(place), value)
                for place, batch in enumerate(batches)
                if (value := _quantity(what, table, batch, mode)) is not None
            ]
            if points:
                series.append(Series(f"{name}: {mode}", tuple(x for x, _ in points), tuple(y for _, y in points)))
    title, y_label, note = _COMPARED[what]
    return Figure(
        title,
        "batch",
        y_label,
        tuple(series),
        log_y=what != "gain",
        note=note,
        ticks=tuple(map(str, batches)),
        subject=title,
    )


_COMPARED = {
    "gain": ("Step against eager", "eager ÷ compiled", "Above 1 a compiled step is faster than an eager one."),
    "step": ("Decoding step", "step (s)", ""),
    "delay": ("Later at the second token", "delay (s)", "What compiling costs before the second token is there."),
}
"""Title, label of the axis and note."""


def _quantity(what: str, table: dict[tuple[int, str], Row], batch: int, mode: str) -> float | None:
    row, eager = table.get((batch, mode)), table.get((batch, Mode.EAGER.value))
    step, base = row.step() if row else None, eager.step() if eager else None
    if what == "step":
        return step.median if step else None
    if row is None or eager is None or step is None or base is None or mode == Mode.EAGER:
        return None
    if what == "gain":
        return base.median / step.median
    return _delay(eager.middle, row.middle)


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
    return seconds(_delay(eager, compiled))


def _delay(eager: Generation, compiled: Generation) -> float:
    return compiled.prefill + compiled.first - eager.prefill - eager.first
