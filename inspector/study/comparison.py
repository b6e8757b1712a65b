"""Two or more machines side by side: the paper's against one's own."""

from __future__ import annotations

from inspector.model.study import Generation, Mode
from inspector.say.units import factor, seconds
from inspector.study.document import Figure, ReportSection, ReportTable, Series
from inspector.study.generation import Setting, SettingRow, rows
from inspector.study.sources import ResultSet


def comparison(sets: list[ResultSet]) -> list[ReportSection]:
    """Two or more machines side by side: the same batch size and mode. What else differs is said."""
    works = {name: work for item in sets for name, work in _works(item).items()}
    tables = {name: _by_batch(table) for name, (_, table) in works.items()}
    if len({item.name for item in sets if item.runs and _works(item)}) < 2:
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
    note = "Steps are medians. The same batch size and mode stand in one row."
    if len({words for words, _ in works.values()}) > 1:
        note += " They did not do the same work: compare what was gained, not the seconds."
    about = (
        *(f"{item.name}: {item.about}." for item in sets if _works(item)),
        *(f"{name} ran {words}." for name, (words, _) in works.items()),
    )
    table = ReportTable("Machines compared", ("batch", "compiled", *heads), body, 2, note)
    figures = tuple(_compared(what, tables) for what in ("gain", "step", "delay"))
    return [ReportSection("Machines compared", about, (table,), figures, topic="compared")]


def _works(item: ResultSet) -> dict[str, tuple[str, list[SettingRow]]]:
    """What one machine ran, by the name it stands under: in words without the batch size, and its rows."""
    found: dict[str, list[SettingRow]] = {}
    for row in rows(item.runs):
        found.setdefault(_work(row.setting), []).append(row)
    if len(found) == 1:
        (work,) = found.items()
        return {item.name: work}
    return {f"{item.name}, {words}": (words, table) for words, table in found.items()}


def _work(setting: Setting) -> str:
    """`llama-1b bf16 · prompt 32 · 8 tokens`."""
    prompt = [f"prompt {setting.prompt}"] if setting.prompt is not None else []
    return " · ".join((f"{setting.model} {setting.dtype}", *prompt, f"{setting.tokens} tokens"))


def _compared(what: str, tables: dict[str, dict[tuple[int, str], SettingRow]]) -> Figure:
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


def _quantity(what: str, table: dict[tuple[int, str], SettingRow], batch: int, mode: str) -> float | None:
    row, eager = table.get((batch, mode)), table.get((batch, Mode.EAGER.value))
    step, base = row.step() if row else None, eager.step() if eager else None
    if what == "step":
        return step.median if step else None
    if row is None or eager is None or step is None or base is None or mode == Mode.EAGER:
        return None
    if what == "gain":
        return base.median / step.median
    return _delay(eager.middle, row.middle)


def _side(table: dict[tuple[int, str], SettingRow], batch: int, mode: str) -> tuple[str, str, str]:
    row, eager = table.get((batch, mode)), table.get((batch, Mode.EAGER.value))
    step, base = row.step() if row else None, eager.step() if eager else None
    shown = seconds(step.median) if step else "–"
    if mode == Mode.EAGER or row is None or eager is None or step is None or base is None:
        return shown, "", ""
    return shown, factor(base.median / step.median), _late(eager.middle, row.middle)


def _by_batch(table: list[SettingRow]) -> dict[tuple[int, str], SettingRow]:
    return {(row.setting.batch, row.mode): row for row in table}


def _late(eager: Generation, compiled: Generation) -> str:
    return seconds(_delay(eager, compiled))


def _delay(eager: Generation, compiled: Generation) -> float:
    return compiled.prefill + compiled.first - eager.prefill - eager.first
