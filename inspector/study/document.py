"""A report as plain data: headings, tables, figures, sentences. Every rendering shows the same one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class ReportTable:
    """Cells are texts; the first columns, as many as `names`, are names and the rest are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
    note: str = ""
    """How to read it, one or two sentences."""
    drawn: int | None = None
    """The column whose cells are drawings, in which each letter has its place; None for none."""


def without_empty(table: ReportTable) -> ReportTable:
    """The same table without columns that have no cell filled."""
    keep = [
        index for index in range(len(table.columns)) if index < table.names or any(row[index] for row in table.rows)
    ]
    rows = tuple(tuple(row[index] for index in keep) for row in table.rows)
    return replace(table, columns=tuple(table.columns[index] for index in keep), rows=rows)


@dataclass(frozen=True)
class Series:
    """One line of a figure."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """Lines over one axis, or bars."""

    title: str
    x_label: str
    y_label: str
    """The quantity and, in brackets, its unit."""
    series: tuple[Series, ...]
    log_y: bool = False
    marks: tuple[tuple[float, str], ...] = ()
    """Places on the x axis with a word each: the break-even."""
    note: str = ""
    """How to read it."""
    says: str = ""
    """What it shows, in a sentence; every rendering tells it."""
    ticks: tuple[str, ...] = ()
    """Names of the places 0, 1, 2… on the x axis, where each is one thing that was measured and not a number."""
    bars: bool = False
    """One bar for each place with a name and each series, rather than lines."""
    stacked: bool = False
    """The bars of one place follow each other: together they are a whole."""
    subject: str = ""
    """Which of several figures of one kind it is: `batch 4`; empty for the only one."""


@dataclass(frozen=True)
class ReportSection:
    """A heading and what stands under it."""

    title: str
    text: tuple[str, ...] = ()
    """Paragraphs."""
    tables: tuple[ReportTable, ...] = ()
    figures: tuple[Figure, ...] = ()
    set: str = ""
    """Whose results these are; empty where they are everybody's."""
    topic: str = ""
    """What it is about in a word or two, the same for every set: `wall time`."""


@dataclass(frozen=True)
class ReportValue:
    """One number of the report in full precision, for CSV and JSON; seconds unless `unit` says otherwise."""

    set: str
    experiment: str
    labels: Mapping[str, Any]
    """What it belongs to: model, batch, mode…"""
    quantity: str
    median: float | None
    """None: never, or not known."""
    low: float | None = None
    high: float | None = None
    interval: tuple[float, float] | None = None
    count: int = 1
    unit: str = "s"


@dataclass(frozen=True)
class Report:
    """What the results say."""

    title: str
    sections: tuple[ReportSection, ...]
    values: tuple[ReportValue, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """What was left out of it, and other things that a reader must know."""
