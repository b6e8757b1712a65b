"""The last thing before the terminal: no row of any widget holds a character that a terminal would act on.

Panes and rows show such characters as visible marks. What gets into titles, dialogs and toasts without that thought
is caught here, for every widget there is: a log's texts are anybody's.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from inspector.tui.widgets.glyphs import glyphs

_MARK = "·"
_PLAIN = str.maketrans("→↻×≠·‹›↔≈↕−…–│┄≡⏎◆▏┊─├┤└┬●■▾", ">*x!.<>=~^-~-|-=|*|:-++++o#v")
"""Stand-ins where the terminal knows ASCII alone, of all that is not drawn from an alphabet of `glyphs`."""


class Printable(LineFilter):
    """Takes out what is not printable; a row keeps its width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 (Textual's)
        """The same segments where all is printable, as nearly always."""
        if glyphs().ascii:
            segments = [Segment(text.translate(_PLAIN), style, control) for text, style, control in segments]
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [segment if segment.text.isprintable() else _without(segment) for segment in segments]


def _without(segment: Segment) -> Segment:
    kept = (char if char.isprintable() else _MARK * max(0, cell_len(char)) for char in segment.text)
    return Segment("".join(kept), segment.style, segment.control)
