"""The one-row rule above a pane: what it shows on the left, how it stands on the right."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from inspector.tui.widgets.glyphs import glyphs

Part = tuple[str, Style]
"""Text and its style."""
_SHORTEST = 9
"""Cells below which the rest of a name says nothing."""


def rule(width: int, left: Sequence[Part], right: Sequence[Part], line: Style) -> Strip:
    """A horizontal rule with words in it.

    Where the words do not fit, the right side goes first, then parts of the left side from its end, all but two.
    The second, a name, loses its middle; the first, when it has to stand alone, its end.
    """
    alphabet = glyphs()
    left, right = [part for part in left if part[0]], [part for part in right if part[0]]

    def taken(parts: Sequence[Part]) -> int:
        return sum(cell_len(text) for text, _ in parts) + (3 * len(parts) if parts else 0)

    while right and 1 + taken(left) + taken(right) > width:
        right.pop(0)
    while len(left) > 2 and 1 + taken(left) > width:
        left.pop()
    if len(left) == 2 and (over := 1 + taken(left) - width) > 0:
        name, style = left.pop()
        if (room := cell_len(name) - over) >= _SHORTEST:
            left.append((shortened(name, room), style))
    if left and 1 + taken(left) > width:
        text, style = left[0]
        left = [(set_cell_size(text, max(0, width - 5)) + alphabet.ellipsis, style)]
    segments = [Segment(alphabet.rule, line)]
    segments += _joined(left, line, alphabet.separator)
    ending = _joined(right, line, alphabet.separator)
    used = sum(segment.cell_length for segment in (*segments, *ending))
    segments.append(Segment(alphabet.rule * max(0, width - used - (1 if ending else 0)), line))
    segments += ending
    if ending:
        segments.append(Segment(alphabet.rule, line))
    return Strip(segments).adjust_cell_length(width, line)


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` cells: its beginning and its end, which is where names differ, around an ellipsis."""
    if cell_len(text) <= width:
        return text
    mark = glyphs().ellipsis
    begin = (width - len(mark)) // 2
    rest = text[::-1]
    end = set_cell_size(rest, max(0, width - len(mark) - begin))[::-1]
    return set_cell_size(text, begin) + mark + end


def _joined(parts: Sequence[Part], line: Style, separator: str) -> list[Segment]:
    segments: list[Segment] = []
    for index, (text, style) in enumerate(parts):
        segments.append(Segment(f" {separator} " if index else " ", line))
        segments.append(Segment(text, style))
    if segments:
        segments.append(Segment(" ", line))
    return segments
