"""Tokens and links in little room. `js/text.js` and `js/spans.js` read what is written here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from inspector.highlight import Highlighter, Kind, Known
from inspector.model.artifact import Language
from inspector.model.link import Link
from inspector.model.spans import SpanTable, unpack

PLAIN = "."
LETTERS = {kind: chr(ord("a") + number) for number, kind in enumerate(Kind)}
"""What stands for a kind of token."""


def pack_tokens(language: Language, lines: Sequence[str], known: Known | None = None) -> str:
    """A text's tokens: a line for each, runs of `LETTER LENGTH` without blanks, lengths in code points.

    `.4a6` is four plain characters and a keyword of six; what is plain at a line's end is left away.

    Args:
        known: lines of other texts whose tokens are known; those of this one come to it.
    """
    if language is Language.TEXT:
        return ""
    highlighter = Highlighter(language, lines, known)
    rows = []
    for number in range(len(lines)):
        place, row = 0, []
        for start, end, kind in highlighter.line(number):
            if start > place:
                row.append(f"{PLAIN}{start - place}")
            row.append(f"{LETTERS[kind]}{end - start}")
            place = end
        rows.append("".join(row))
    return "\n".join(rows)


def pack_links(links: Sequence[Link]) -> dict[str, Any]:
    """The distinct spans, numbered as `SpanTable` numbers them, and the links between them.

    Returns:
        `artifacts` and `counts`: whose spans follow, and how many. `spans`: for each, four numbers: its start's line
        (less that of the span before it in its artifact), its start's column, the lines it spans, its end's column.
        `links`: for each, three: the earlier span's number (less that of the link before), the later span's number,
        the origin's rank.
    """
    table = SpanTable(span for link in links for span in (link.a, link.b))
    numbers = table.take_numbers()
    artifacts: list[str] = []
    counts: list[int] = []
    spans: list[int] = []
    before = 0
    for number in range(len(table)):
        if not artifacts or artifacts[-1] != table.artifact(number):
            artifacts.append(table.artifact(number))
            counts.append(0)
            before = 0
        counts[-1] += 1
        start, end = unpack(table.start(number)), unpack(table.end(number))
        spans += (start.line - before, start.col, end.line - start.line, end.col)
        before = start.line
    pairs = sorted((numbers[link.a], numbers[link.b], link.origin.rank) for link in links)
    return {"artifacts": artifacts, "counts": counts, "spans": spans, "links": list(_flat(pairs))}


def _flat(pairs: Iterable[tuple[int, int, int]]) -> Iterable[int]:
    before = 0
    for a, b, rank in pairs:
        yield from (a - before, b, rank)
        before = a
