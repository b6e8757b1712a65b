"""A program's start as a report: the same tables as in a terminal, and its parts as bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.startup import ProgramStart
from inspector.say import startup as say
from inspector.say.doc import Column, Item
from inspector.study.document import Figure, Report, ReportSection, ReportTable, Series

_BARS = 10


def start_report(starts: Sequence[ProgramStart]) -> Report:
    """The report of one start, or of two."""
    sections = (*_each(starts), _parts(starts))
    words = (say.spared_words(starts[0], starts[1]),) if len(starts) > 1 else ()
    return Report("The start of " + " ".join(starts[0].command), sections, notes=words)


def _each(starts: Sequence[ProgramStart]) -> Iterator[ReportSection]:
    for start in starts:
        said = tuple(f"{row.label}: {row.text}" for row in say.facts(start).rows)
        tables = [_table("Every process on one axis", *say.axis_table(start), note=say.LEGEND)]
        if start.processes and start.processes[0].imports:
            tables.append(_table("Imports by package", *say.imports_table(start.processes[0])))
        tables += [_table("A further process", *say.process_table(item)) for item in say.others(start)]
        yield ReportSection(say.heading(start), said, tuple(tables))


def _parts(starts: Sequence[ProgramStart]) -> ReportSection:
    table = _table(
        "Parts", *say.parts_table(starts), note="Seconds of the program's own process; they add up to its life."
    )
    names = [name for name, _, _ in say.parts(say.own(starts[0]))[:_BARS]]
    walls = [{name: wall for name, wall, _ in say.parts(say.own(start))} for start in starts]
    places = tuple(float(at) for at in range(len(starts)))
    series = tuple(Series(name, places, tuple(wall.get(name, 0.0) for wall in walls)) for name in names)
    figure = Figure(
        *("What the time of its own process went to", "", "time [s]", series),
        ticks=tuple(start.name for start in starts),
        bars=True,
        stacked=True,
    )
    return ReportSection("What the time went to", (), (table,), (figure,))


def _table(title: str, columns: Sequence[Column], items: Sequence[Item], note: str = "") -> ReportTable:
    """A table of a terminal as one of the report."""
    titles = tuple(column.title for column in columns)
    texts = (tuple(cell.text for cell in item.cells) for item in items)
    rows = tuple((*row, *[""] * (len(titles) - len(row))) for row in texts)
    drawn = next((at for at, words in enumerate(titles) if words.startswith("0 …")), None)
    return ReportTable(title, titles, rows, note=note, drawn=drawn)
