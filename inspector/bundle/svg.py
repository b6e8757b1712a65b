"""A pane as an SVG picture: one text with its colours, and what belongs to a place lit up."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from inspector.highlight import Highlighter, Token
from inspector.highlight.colors import ANCHOR, AROUND, BOLD, HUES, ITALIC, RELATIVE, Scheme
from inspector.link.lit import LitSpan, lit_spans
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.link import Relatives
from inspector.model.visible import visible

SIZE, ROW, COLUMN = 13, 18, 7.8
"""Of a character and its cell, in pixels: a monospaced character is 0.6 of its size wide."""
WIDEST = 160
"""Columns after which a line is cut."""
MOST_LINES = 2_000


class Asked(NamedTuple):
    """A place, and what belongs to it."""

    artifact: str
    line: int
    relatives: Relatives


def svg(
    capture: Capture,
    artifact: Artifact,
    scheme: Scheme,
    *,
    first: int = 1,
    last: int | None = None,
    asked: Asked | None = None,
) -> str:
    """One artifact as an SVG document.

    Args:
        capture: it belongs to.
        artifact: the text.
        scheme: dark or light.
        first: 1-based.
        last: inclusive; None for the end, or for `MOST_LINES` lines.
        asked: lights up what belongs to this place.
    """
    lines = artifact.lines
    last = min(last or len(lines), len(lines), first + MOST_LINES - 1)
    digits = len(str(last))
    shown = range(first, last + 1)
    columns = min(WIDEST, max((len(lines[number - 1].expandtabs(4)) for number in shown), default=0))
    left = (digits + 3) * COLUMN
    width, height = left + (columns + 2) * COLUMN, (len(shown) + 2) * ROW
    words = f"{artifact.stage.heading} · {artifact.id}"
    highlighter = Highlighter(artifact.language, lines)
    lit = _lit(capture, artifact, asked) if asked is not None else {}
    rows: list[str] = []
    quiet = blend(scheme.foreground, scheme.background, 0.45)
    for row, number in enumerate(shown):
        top = (row + 1.5) * ROW
        line = _Line(lines[number - 1][:WIDEST], left, top)
        rows += _lit_row(lit[number], line, width, scheme) if number in lit else ()
        rows.append(_text(str(number), left - 2 * COLUMN, top, quiet, ' text-anchor="end"'))
        rows.append(_code(line, highlighter.line(number - 1), scheme))
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
            f'aria-label={quoteattr(visible(words))} shape-rendering="crispEdges" font-size="{SIZE}" '
            'font-family="ui-monospace, DejaVu Sans Mono, Menlo, monospace">',
            f"<title>{escape(visible(words))}</title>",
            f'<rect width="100%" height="100%" fill="{scheme.background}"/>',
            _text(visible(words), COLUMN, 0, scheme.accent, ' font-weight="600"'),
            *rows,
            "</svg>\n",
        )
    )


class _Line:
    """Where the columns of one line lie."""

    def __init__(self, text: str, left: float, top: float) -> None:
        self.text = text
        self.top = top
        cells = [0]
        for character in text:
            cells.append(cells[-1] + (4 - cells[-1] % 4 if character == "\t" else 1))
        self._left, self._cells = left, cells

    def x(self, col: int) -> float:
        """The left edge of a column, in pixels."""
        return round(self._left + self._cells[min(col, len(self.text))] * COLUMN, 2)


class _Lit(NamedTuple):
    """How one line is lit."""

    group: int
    share: float
    """Of the group's colour in the background."""
    spans: tuple[LitSpan, ...]
    """Columns that are meant; empty for the whole line."""


def _lit(capture: Capture, artifact: Artifact, asked: Asked) -> dict[int, _Lit]:
    """The lines that belong to the place asked about."""
    share = ANCHOR if artifact.id == asked.artifact else RELATIVE
    found = lit_spans(capture.index, asked.relatives.by_artifact.get(artifact.id, ()), artifact)
    return {
        number: _Lit(capture.index.group(artifact.id, number) or 0, share, spans) for number, spans in found.items()
    }


def _lit_row(lit: _Lit, line: _Line, width: float, scheme: Scheme) -> Iterator[str]:
    color = _hue(lit.group, scheme)
    whole = blend(scheme.background, color, lit.share * (AROUND if lit.spans else 1.0))
    yield _box(0, line.top, width, whole)
    yield _box(0, line.top, 4, color)
    for start, end, group in lit.spans:
        right = line.x(len(line.text) if end is None else end)
        own = color if group is None else _hue(group, scheme)
        yield _box(line.x(start), line.top, right - line.x(start), blend(scheme.background, own, lit.share))


def _hue(group: int, scheme: Scheme) -> str:
    hue = HUES[group % len(HUES)] / 360
    parts = colorsys.hls_to_rgb(hue, scheme.group_lightness, 0.75)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _box(x: float, y: float, width: float, color: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{ROW}" fill="{color}"/>'


def _code(line: _Line, tokens: tuple[Token, ...], scheme: Scheme) -> str:
    """One <text>; every run of one colour begins at its own x, so that columns stand under each other in any font."""
    pieces: list[str] = []
    place = 0
    for start, end, kind in tokens:
        style = ' font-weight="600"' if kind in BOLD else ' font-style="italic"' if kind in ITALIC else ""
        pieces.append(_run(line, place, start, ""))
        pieces.append(_run(line, start, end, f' fill="{scheme.syntax[kind]}"{style}'))
        place = end
    pieces.append(_run(line, place, len(line.text), ""))
    return _element("".join(pieces), 0, line.top, f' fill="{scheme.foreground}"')


def _run(line: _Line, start: int, end: int, attributes: str) -> str:
    text = visible(line.text[start:end])
    blank = len(text) - len(text.lstrip())
    if not text.strip():
        return ""
    return f'<tspan x="{line.x(start + blank):g}"{attributes}>{escape(text.strip())}</tspan>'


def _text(text: str, x: float, top: float, color: str, attributes: str) -> str:
    return _element(escape(text), x, top, f' fill="{color}"{attributes}')


def _element(content: str, x: float, top: float, attributes: str) -> str:
    return f'<text xml:space="preserve" x="{x:g}" y="{top + SIZE:g}"{attributes}>{content}</text>'


def blend(one: str, other: str, share: float) -> str:
    """`#rrggbb` of one colour with a share of another in it."""
    pairs = ((int(one[place : place + 2], 16), int(other[place : place + 2], 16)) for place in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
