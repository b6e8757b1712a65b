"""A difference as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspector.cli.printable import one_line
from inspector.cli.tables import PaddedCell, table
from inspector.cli.terminal import Style
from inspector.model.difference import CaptureDifference, Change, TextDifference
from inspector.say.difference import (
    capture_sections,
    clean,
    pair_sections,
    pair_title,
    pair_words,
    verdict_words,
    whole_words,
)
from inspector.say.doc import Row, Section
from inspector.say.findings import SIGNS, cut, heaviest, more_words

_MARKS = {Change.CHANGED: "~", Change.REMOVED: "-", Change.ADDED: "+", Change.MOVED: ">"}
_FEW = 12
"""Entries of a list that are shown where the whole was not asked for."""
_HINT = "--all"
_LONG = 160
"""Characters of a value that are shown."""


def capture_lines(difference: CaptureDifference, style: Style, *, every: bool = False) -> Iterator[str]:
    """The whole difference; of long lists the beginning, unless `every` entry is wanted."""
    yield f"{style.bold('A')} {difference.title_a}"
    yield f"{style.bold('B')} {difference.title_b}"
    yield f"What was compiled: {_verdict(whole_words(difference), difference.change, style)}."
    sections = {section.name: section for section in capture_sections(difference)}
    for key in ("settings", "events", "sources"):
        if key in sections:
            yield from section_lines(sections[key], style, every=every)
    for pair in difference.compilations:
        yield ""
        said = _verdict(pair_words(pair), pair.change, style)
        yield f"{style.bold(pair_title(pair))}  {one_line(pair.function)}  {said}"
        same = pair.change is Change.SAME and not (every or pair.facts or pair.caches)
        for section in () if same or pair.a is None or pair.b is None else pair_sections(pair):
            yield from section_lines(section, style, every=every, indent="  ")
    for key in ("latency", "prices", "phases"):
        if key in sections:
            yield ""
            yield from section_lines(sections[key], style, every=every)


def section_lines(section: Section, style: Style, *, every: bool = False, indent: str = "") -> Iterator[str]:
    """A heading, and what stands under it."""
    if not (section.rows or section.table):
        yield f"{indent}{style.bold(section.title)}  {style.dim(section.empty)}"
        return
    about = (section.count, section.note)
    yield "  ".join((f"{indent}{style.bold(section.title)}", *(style.dim(f"{item}") for item in about if item)))
    yield from row_lines(section.rows, style, every=every, indent=f"{indent}  ")
    shown = section.table if every else heaviest(section.table, _FEW)
    cells = [
        [PaddedCell("  " * item.depth + _short(item.name)), *(PaddedCell(_short(value)) for value in item.values)]
        for item in shown
    ]
    if cells:
        yield from table(("", *section.columns), cells, style.dim, f"{indent}  ")
    if left := len(section.table) - len(shown):
        yield f"{indent}  {style.dim(more_words(left, _HINT))}"


def row_lines(rows: Sequence[Row], style: Style, *, every: bool = False, indent: str = "") -> Iterator[str]:
    """A line for each row: its sign, what it is about, and what is said."""
    shown = [replace(row, label=one_line(row.label)) for row in (rows if every else cut(rows, _FEW, _HINT))]
    width = max((len(row.label) for row in shown if not row.depth), default=0)
    for row in shown:
        sign = SIGNS[row.change] if row.change is not None else None
        paint = style.toned(sign.tone if sign is not None else row.tone)
        label = f"{style.dim(row.label)}{' ' * (0 if row.depth else width - len(row.label))}  " if row.label else ""
        yield f"{indent}{'    ' * row.depth}{paint(sign.sign) + ' ' if sign else ''}{label}{paint(_short(row.text))}"


def _verdict(words: str, change: Change, style: Style) -> str:
    return (style.good if clean(change) else style.warn)(words)


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"


def text_lines(text: TextDifference, style: Style, *, context: int = 3) -> Iterator[str]:
    """The rows of one text that differ, with some lines around them; renamed lines count as alike.

    `-` is the first side's line, `+` the second's, `~` a line of both that changed (the first side's above), `>` one
    that moved; the numbers are those of both sides.
    """
    yield style.bold(f"{text.title}: {verdict_words(text)}")
    near = text.near(context)
    lines_a, lines_b = (side.lines if side else [] for side in (text.a, text.b))
    skipped = False
    for row, shown in zip(text.rows, near, strict=True):
        if not shown:
            skipped = True
            continue
        if skipped:
            yield style.dim("   …")
            skipped = False
        numbers = style.dim(f"{row.a or '':>5} {row.b or '':>5}")
        if row.change.alike:
            yield f"{numbers}   {lines_b[(row.b or 1) - 1]}"
            continue
        moved = style.dim(f"  (line {row.other} there)") if row.other else ""
        if row.a:
            yield f"{numbers} {style.bad(_sign(row.change, 'a'))} {style.bad(lines_a[row.a - 1])}{moved}"
        if row.b:
            if row.a and row.change is Change.CHANGED and lines_a[row.a - 1] == lines_b[row.b - 1]:
                moved = style.dim("  (the same words, of which names mean others)")
            yield f"{numbers} {style.good(_sign(row.change, 'b'))} {style.good(lines_b[row.b - 1])}{moved}"
    if text.renames:
        names = [f"{a} → {b}" for a, b in text.renames]
        more = [more_words(len(names) - _FEW)] if len(names) > _FEW else []
        yield style.dim(f"   names: {', '.join([*names[:_FEW], *more])}")


def _sign(change: Change, side: str) -> str:
    if change in (Change.MOVED, Change.CHANGED):
        return _MARKS[change]
    return "-" if side == "a" else "+"
