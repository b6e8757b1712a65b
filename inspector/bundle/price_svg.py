"""A flame graph as a picture without a script: the outermost frame on top, as wide as its share of a call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from inspector.model.flame import FlameNode
from inspector.price import Stack, flame_of
from inspector.say.units import seconds, share

_WIDTH, _ROW, _TOP, _PAD = 1200, 18, 44, 8
_LEAST = 0.4
"""Pixels below which a box is left out, and counted in the picture's last line."""
_LETTER = 6.6
_WARM = ("#fde0c5", "#facba6", "#f8b58b", "#f59e72", "#f2855d", "#ef6a4c")
"""From cold to hot, as a share of the call; dark letters keep a contrast of 7 on all of them."""


def flame_svg(found: Sequence[Stack], title: str) -> bytes:
    """The picture; what a person reads by hovering stands in each box's title."""
    root = flame_of(found, title)
    boxes = list(_drawn(root, 0.0, 0, root.total or 1.0))
    height = _TOP + root.depth * _ROW + 30
    left = sum(1 for box in boxes if not box)
    note = f"{left:,} boxes too narrow to be drawn" if left else ""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="monospace" '
            'font-size="11">',
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="{_PAD}" y="26" font-size="15" fill="#1a1a1a">{_plain(title)}: '
            f"{escape(seconds(root.total))} a call</text>",
            *(box for box in boxes if box),
            f'<text x="{_PAD}" y="{height - 10}" fill="#555555">{note}</text>',
            "</svg>\n",
        )
    ).encode(errors="replace")


def _drawn(box: FlameNode, start: float, depth: int, whole: float) -> Iterator[str]:
    """The boxes of a subtree; an empty text for one that is too narrow."""
    scale = (_WIDTH - 2 * _PAD) / whole
    wide = box.total * scale
    if wide < _LEAST:
        yield ""
        return
    part = box.total / whole
    left, top = _PAD + start * scale, _TOP + depth * _ROW
    words = f"{box.name}: {share(part, 1)} of a call, {seconds(box.total)}"
    room = int((wide - 6) / _LETTER)
    label = box.name if len(box.name) <= room else f"{box.name[: room - 1]}…" if room > 2 else ""
    colour = _WARM[min(len(_WARM) - 1, int(part * len(_WARM)))]
    yield (
        f"<g><title>{_plain(words)}</title>"
        f'<rect x="{left:.2f}" y="{top}" width="{max(wide - 0.5, 0.2):.2f}" height="{_ROW - 1}" fill="{colour}"/>'
        f'<text x="{left + 3:.2f}" y="{top + 12}" fill="#1a1a1a">{_plain(label)}</text></g>'
    )
    for inner in box.children:
        yield from _drawn(inner, start, depth + 1, whole)
        start += inner.total


def _plain(text: str) -> str:
    """Text for XML, without what is no letter there."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))
