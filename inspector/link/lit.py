"""Which columns of a text's lines light up for what was found there, each in the colour of its own group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from inspector.model.artifact import Artifact
from inspector.model.link import LinkIndex, Relative
from inspector.model.stage import NODES


class LitSpan(NamedTuple):
    """Columns of a line that are meant exactly."""

    start: int
    end: int | None
    """Exclusive; None for the line's end."""
    group: int | None
    """Its link group; None where it has none of its own."""


def lit_spans(index: LinkIndex, found: Iterable[Relative], artifact: Artifact) -> dict[int, tuple[LitSpan, ...]]:
    """Line → its columns that are lit, the wider before what lies in them; none of them for a line as a whole.

    A line that is lit as a whole shows its expressions all the same.
    """
    lines = artifact.lines
    columns: dict[int, list[LitSpan]] = {}
    for relative in found:
        span = relative.span
        group = None if artifact.stage in NODES else index.group_of(span)
        for line in range(span.start.line, min(span.last_line, len(lines)) + 1):
            text = lines[line - 1]
            start = span.start.col if line == span.start.line else len(text) - len(text.lstrip())
            end = span.end.col if line == span.end.line else None
            spans = columns.setdefault(line, [])
            if artifact.stage not in NODES and not _whole(text, start, end):
                spans.append(LitSpan(start, end, group))
    return {line: tuple(sorted(spans, key=_wide_first)) for line, spans in columns.items()}


def _wide_first(span: LitSpan) -> tuple[int, float]:
    return span.start, -(1 << 31 if span.end is None else span.end)


def _whole(text: str, start: int, end: int | None) -> bool:
    """Whether columns hold all of a line that is not blank."""
    return not text[:start].strip() and (end is None or not text[end:].strip())
