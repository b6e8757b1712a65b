"""Where the bars of a flame graph lie, and how a row of them is drawn."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from inspector.model.flame import FlameNode
from inspector.say.units import seconds
from inspector.tui.panes.palette import Palette, legible
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs

Path = tuple[int, ...]
"""The way to a bar: which child, from the whole on."""

_NARROWEST = 0.5
"""Cells below which a bar is not drawn by itself."""
_MOST_ROWS = 200
_HUES = (212, 28, 165, 262, 45, 190, 330, 120, 240, 8)
"""Names are spread over these; the same name has the same colour everywhere."""
_ANSI = ("blue", "cyan", "green", "yellow", "magenta")


class Bar(NamedTuple):
    """One bar of one row."""

    first: int
    """Cell it begins at."""
    last: int
    """Exclusive."""
    node: FlameNode | None
    """None for the bars that are too narrow to be drawn by themselves."""
    path: Path | None
    more: int = 0
    """How many bars are too narrow here."""


def node_at(root: FlameNode, path: Path) -> FlameNode:
    """The node at the end of a way that exists."""
    for step in path:
        root = root.children[step]
    return root


def lay_out(top: FlameNode, path: Path, width: int) -> list[list[Bar]]:
    """The bars of every row, `top` alone in the first one."""
    rows: list[list[Bar]] = []
    level: list[tuple[float, float, FlameNode, Path]] = [(0.0, float(width), top, path)]
    gaps: list[Bar] = []
    while (level or gaps) and len(rows) < _MOST_ROWS:
        row = list(gaps)
        gaps = []
        below: list[tuple[float, float, FlameNode, Path]] = []
        for begin, end, node, way in level:
            first = round(begin)
            row.append(Bar(first, max(first + 1, round(end)), node, way))
            scale = (end - begin) / max(node.total, sum(child.total for child in node.children), 1e-12)
            at = begin
            for index, child in enumerate(node.children):
                wide = child.total * scale
                if wide < _NARROWEST:
                    rest = node.children[index:]
                    taken = sum(item.total for item in rest) * scale
                    if round(at + taken) > round(at):
                        gaps.append(Bar(round(at), round(at + taken), None, None, len(rest)))
                    break
                below.append((at, at + wide, child, (*way, index)))
                at += wide
        rows.append(_apart(row))
        level = below
    return rows


def _apart(row: list[Bar]) -> list[Bar]:
    """Bars in order; where rounding made two overlap, the earlier one ends where the later one begins."""
    row = sorted(row, key=lambda bar: (bar.first, bar.last))
    kept: list[Bar] = []
    for bar in row:
        if kept and bar.first < kept[-1].last:
            if kept[-1].first == bar.first:
                kept.pop() if kept[-1].node is None else None
                if kept and kept[-1].first == bar.first:
                    continue
            else:
                kept[-1] = kept[-1]._replace(last=bar.first)
        kept.append(bar)
    return kept


def paint_row(row: list[Bar], width: int, palette: Palette, cursor: Path, *, focus: bool) -> Strip:
    """One row of bars; the one under the cursor, and those that called it, stand out."""
    segments: list[Segment] = []
    at = 0
    ground = palette.text()
    for bar in row:
        if bar.first > at:
            segments.append(Segment(" " * (bar.first - at), ground))
        room = min(bar.last, width) - max(bar.first, at)
        if room <= 0:
            continue
        segments += _bar(bar, room, palette, cursor, focus)
        at = bar.first + room
    return Strip(segments).adjust_cell_length(width, ground)


def _bar(bar: Bar, room: int, palette: Palette, cursor: Path, focus: bool) -> list[Segment]:
    if bar.node is None or bar.path is None:
        words = f" {bar.more:,} more" if room >= 8 else ""
        rest = "·" * (room - len(words))
        return [Segment((words + rest)[:room], palette.plain(palette.foreground, dim=0.6))]
    here = bar.path == cursor
    above = cursor[: len(bar.path)] == bar.path
    name = sanitised(bar.node.name)
    words = f"{name} {seconds(bar.node.total)}"
    if cell_len(words) > room - 2:
        words = name
    if cell_len(words) > room - 2:
        words = set_cell_size(words, max(0, room - 3)) + glyphs().ellipsis if room >= 6 else ""
    text = f" {words}"[:room] if room > 1 else ""
    style = _style(bar, palette, here=here and focus, lit=above or here)
    body = text + " " * (room - cell_len(text))
    if palette.ansi:
        return [Segment(body, style)]
    # The first cell keeps a sliver of the ground, so that neighbours of one colour stay apart.
    edge = "▏"
    border = style + Style(color=palette.background.rich_color, bold=False, underline=False)
    return [Segment(edge, border), Segment(body[1:] if body[0] == " " else body[: room - 1], style)]


def _style(bar: Bar, palette: Palette, *, here: bool, lit: bool) -> Style:
    assert bar.node is not None
    number = zlib.crc32(bar.node.name.encode("utf-8", "replace"))
    if palette.ansi:
        name = "white" if not bar.path else _ANSI[number % len(_ANSI)]
        return Style(color="black", bgcolor=name, bold=lit, reverse=here)
    if here:
        color = palette.accent
    elif not bar.path:
        color = palette.background.blend(palette.foreground, 0.22)
    elif bar.node.compile_id is not None:
        color = palette.background.blend(palette.primary, 0.75 if lit else 0.45)
    else:
        dark = palette.background.brightness < 0.5
        hue = Color.from_hsl(_HUES[number % len(_HUES)] / 360, 0.42, 0.5 if dark else 0.6)
        color = palette.background.blend(hue, 0.95 if lit else 0.6)
    return Style(color=legible(palette.foreground, color).rich_color, bgcolor=color.rich_color, bold=lit)
