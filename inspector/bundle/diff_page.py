"""A difference as one HTML file: two columns, no script, no network, readable in print and in the dark."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.files import write_file
from inspector.model.difference import CaptureDifference, Columns, CompilationDifference, TextDifference
from inspector.model.visible import visible
from inspector.say import difference as said
from inspector.say.doc import Section
from inspector.say.findings import SIGNS

if TYPE_CHECKING:
    from jinja2 import Template

_CONTEXT = 3
"""Lines that are alike around each that is not; the others are left out."""


def render_difference(difference: CaptureDifference) -> str:
    """The whole file. Everything that comes from a capture is escaped, and what hides or controls is made visible."""
    style = _file("difference.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    sections = {section.name: section for section in said.capture_sections(difference)}
    return _template().render(
        difference=difference,
        style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        before=[*(section for key, section in sections.items() if key in ("settings", "events")), *difference.sources],
        after=[section for key, section in sections.items() if key in ("phases", "latency")],
    )


def write_difference(difference: CaptureDifference, path: Path, *, force: bool) -> None:
    """Writes the page.

    Raises:
        UsageError: something is there and `force` is not given, or the file cannot be written.
    """
    write_file(path, render_difference(difference).encode(errors="replace"), force=force)


@cache
def _template() -> Template:
    from jinja2 import Environment  # takes a while, and only who writes a page needs it

    surroundings = Environment(autoescape=True, finalize=_shown, keep_trailing_newline=True)
    surroundings.globals |= {
        "lines": _lines,
        "pair_parts": _pair_parts,
        "signs": SIGNS,
        **{name: getattr(said, name) for name in ("pair_title", "pair_words", "verdict_words", "whole_words")},
    }
    return surroundings.from_string(_file("difference.html"))


def _file(name: str) -> str:
    return files("inspector.bundle.page").joinpath(name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    return visible(value) if type(value) is str else value


def _pair_parts(pair: CompilationDifference) -> Iterator[Section | TextDifference]:
    """What is said of a pair of compile ids, with its texts where they are named."""
    for section in said.pair_sections(pair):
        if section.name == "texts" and pair.texts:
            yield from said.told(pair)
        else:
            yield section
        if section.name == "kernels":
            yield from (text for kernel in pair.kernels if not kernel.change.alike for text in kernel.texts)


_Half = tuple[int | None, list[tuple[str, bool]], int | None]
"""One side of a line: its number, its pieces and whether each differs, the number of the line that it moved to."""


def _lines(text: TextDifference) -> Iterator[tuple[str, _Half, _Half] | int]:
    """What became of each row and its two sides, of those that differ and some around each; of others how many."""
    lines_a, lines_b = (side.lines if side else [] for side in (text.a, text.b))
    for near, rows in groupby(zip(text.rows, text.near(_CONTEXT), strict=True), key=itemgetter(1)):
        if not near:
            yield len(list(rows))
            continue
        for row, _ in rows:
            a, b = _half(row.a, lines_a, row.parts_a, row.other), _half(row.b, lines_b, row.parts_b, row.other)
            yield row.change.value, a, b


def _half(line: int | None, lines: Sequence[str], parts: Columns, other: int | None) -> _Half:
    if line is None:
        return None, [], None
    text, at = lines[line - 1], 0
    made: list[tuple[str, bool]] = []
    for start, end in parts:
        made += [(text[at:start], False), (text[start:end], True)]
        at = end
    return line, [*made, (text[at:], False)], other
