"""What the page tells beside the texts: finished words, which its script only draws; and guards as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from inspector.model.capture import Capture, Compilation
from inspector.say.capture import (
    breaks_section,
    error_section,
    metrics_section,
    passes_sections,
    pieces_sections,
    recompiles_section,
    whole_sections,
)
from inspector.say.doc import Compile, Line, Row, Section, Tone
from inspector.say.edit import edits_section
from inspector.say.logged import Logged
from inspector.why.rules import answers, facts_of
from inspector.why.words import sections

Json = dict[str, Any]

MOST = 500
"""Rows of a section."""
LONGEST, LONGEST_PART = 2_000, 300
"""Characters of a row, and of one that lies deeper: a metric may hold a whole configuration, a part of a cache's key a
whole graph."""
LONGEST_TRACEBACK = 20_000
_FOLDED = frozenset(
    {
        "in_order",
        "unknown",
        "target",
        "environment",
        "metrics",
        "inputs",
        "executions",
        "collectives",
        "estimates",
        "passes",
        "pgo",
        "stack",
    }
)
_LAST = ("notes", "target", "environment")


class CaptureSections:
    """The sections of a capture, compile id by compile id."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._logged = Logged(capture)

    def whole(self) -> list[Json]:
        """What is about all of it."""
        made = {section.name: section for section in whole_sections(self._capture)}
        found = sections(answers(facts_of(self._capture)))
        edited = [edits_section(self._capture.edits)] if self._capture.edits else []
        last = (made[name] for name in _LAST)
        passes = passes_sections(self._capture)
        return sections_json((*found, *edited, *pieces_sections(self._capture), *passes, *last))

    def outside(self) -> list[Json]:
        """What was logged outside any compile."""
        return sections_json(self._logged.of(None))

    def of(self, compile_id: str) -> Json:
        """What is about one compile id, before and after what is about the kernel on screen."""
        capture, compilation = self._capture, self._capture.compilation(compile_id)
        logged = list(self._logged.of(compile_id))
        first = [
            *((error_section(compilation),) if compilation is not None else ()),
            *(section for section in logged if section.alarming),
            breaks_section(item for item in capture.graph_breaks if item.compile_id == compile_id),
            recompiles_section(item for item in capture.recompiles if item.compile_id == compile_id),
        ]
        later = [
            *(section for section in logged if not section.alarming),
            *((metrics_section(compilation),) if compilation is not None else ()),
        ]
        own = (item for item in capture.failures if item.compile_id == compile_id and item.traceback)
        return {
            "first": sections_json(first),
            "later": sections_json(later),
            "tracebacks": [_cut(item.traceback, LONGEST_TRACEBACK) for item in own],
        }


def sections_json(sections: Iterable[Section]) -> list[Json]:
    """Those that say something."""
    return [
        {
            "name": section.name,
            "title": section.title,
            "count": section.count,
            "open": section.name not in _FOLDED,
            "rows": [_row(row) for row in section.first(MOST).rows],
        }
        for section in sections
        if section.rows
    ]


def _row(row: Row) -> list[Any]:
    """Label, text, tone where it has one, depth, and the file and line or the compile id that it leads to."""
    to: list[Any] = []
    match row.to:
        case Line(file, line):
            to = [file, line]
        case Compile(compile_id):
            to = [compile_id]
    tone = row.tone.value if row.tone is not Tone.TEXT else ""
    return [row.label, _cut(row.text, LONGEST if row.depth < 2 else LONGEST_PART), tone, row.depth, *to]


def guards(compilation: Compilation) -> list[list[Any]]:
    """Each guard's code, kind, place, and the compile ids that exist because it did not hold."""
    return [[guard.code, guard.kind, guard.place, list(guard.failed_for)] for guard in compilation.guards]


def guard_tree(compilation: Compilation) -> Iterator[list[Any]]:
    """Each manager's depth, what it is about, its kind, torch's further words, and positions in `guards`."""
    for node in compilation.guard_tree:
        about, kind = node.source or node.accessor, node.kind
        yield [node.depth, about or kind, kind if about else "", node.details, list(node.guards)]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
