"""A report as text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from dataclasses import asdict

from inspector.client.logs import sanitise
from inspector.study.document import Report, ReportSection, ReportTable

_MARKDOWN = str.maketrans(
    {char: f"\\{char}" for char in "\\`*_[]|#~"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "\n": " "}
)


def text(report: Report) -> str:
    """For a terminal: headings, paragraphs, aligned tables."""
    parts = [*_headed(report.title, "=")]
    for section in _worded(report):
        parts += ["", *_headed(section.title, "-"), *(sanitise(paragraph) for paragraph in _paragraphs(section))]
        for table in section.tables:
            parts += ["", *_titled(section, table), *_aligned(table)]
            if table.note:
                parts += ["", table.note]
    if report.notes:
        parts += ["", *_headed("Notes", "-"), *(sanitise(note) for note in report.notes)]
    return "\n".join(parts) + "\n"


def _worded(report: Report) -> list[ReportSection]:
    """The sections that hold more than figures, which words cannot show."""
    return [section for section in report.sections if section.tables or _paragraphs(section)]


def _paragraphs(section: ReportSection) -> list[str]:
    """What it says, and what its figures say, each with what the figure is about."""
    return [*section.text, *(f"{figure.title}: {figure.says}" for figure in section.figures if figure.says)]


def _headed(title: str, rule: str) -> list[str]:
    shown = sanitise(title)
    return [shown, rule * _width(shown)]


def _titled(section: ReportSection, table: ReportTable) -> list[str]:
    """A table's title, where the section's does not say it already."""
    return [] if table.title == section.title else [sanitise(table.title)]


def _aligned(table: ReportTable) -> list[str]:
    rows = [tuple(sanitise(cell).replace("\n", " ") for cell in row) for row in (table.columns, *table.rows)]
    widths = [max(_width(row[index]) for row in rows) for index in range(len(table.columns))]

    def line(row: tuple[str, ...]) -> str:
        cells = [
            _pad(cell, width, left=index < table.names)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    return [line(rows[0]), "  ".join("─" * width for width in widths), *map(line, rows[1:])]


def _width(cell: str) -> int:
    """Columns of a terminal."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in cell)
    return len(cell) + wide - sum(unicodedata.combining(char) != 0 for char in cell)


def _pad(cell: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(cell))
    return cell + space if left else space + cell


def markdown(report: Report) -> str:
    """For a pull request or a page; whatever stood in a file is escaped."""
    parts = [f"# {_escaped(report.title)}"]
    for section in _worded(report):
        parts += ["", f"## {_escaped(section.title)}"]
        for paragraph in _paragraphs(section):
            parts += ["", _escaped(paragraph)]
        for table in section.tables:
            parts += ["", *(f"### {_escaped(title)}\n" for title in _titled(section, table)), *_piped(table)]
            if table.note:
                parts += ["", _escaped(table.note)]
    if report.notes:
        parts += ["", "## Notes", "", *(f"* {_escaped(note)}" for note in report.notes)]
    return "\n".join(parts) + "\n"


def _piped(table: ReportTable) -> list[str]:
    rule = ["---" if index < table.names else "---:" for index in range(len(table.columns))]
    rows = [[_escaped(cell) for cell in row] for row in (table.columns, *table.rows)]
    return [f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:])]


def _escaped(cell: str) -> str:
    return sanitise(cell).translate(_MARKDOWN)


def as_json(report: Report) -> str:
    """Every number in full precision, and the notes: `StudyReport` in docs/json.md."""
    values = [asdict(value) for value in report.values]
    named = {"schema": "inspector.study_report", "version": 1}
    whole = named | {"title": report.title, "values": values, "notes": report.notes}
    return json.dumps(whole, indent=2, allow_nan=False) + "\n"


def as_csv(report: Report) -> str:
    """Every number in full precision, a line each; what it belongs to stands in columns of its own."""
    labels = list(dict.fromkeys(name for value in report.values for name in value.labels))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = ("quantity", "median", "low", "high", "interval low", "interval high", "count", "unit")
    writer.writerow(["set", "experiment", *labels, *heads])
    for value in report.values:
        interval = value.interval or ("", "")
        numbers = [value.median, value.low, value.high, *interval, value.count]
        writer.writerow(
            [
                _cell(value.set),
                value.experiment,
                *(_cell(value.labels.get(name)) for name in labels),
                value.quantity,
                *("" if item is None else item for item in numbers),
                value.unit,
            ]
        )
    return out.getvalue()


def _cell(item: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front of it."""
    if item is None:
        return ""
    shown = sanitise(item) if isinstance(item, str) else item
    return f"'{shown}" if isinstance(shown, str) and shown[:1] in ("=", "+", "-", "@") else shown
