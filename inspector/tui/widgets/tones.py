"""The style that says, in any theme, how a word on a row is meant."""

from __future__ import annotations

from rich.style import Style
from textual.color import Color

from inspector.say.sections import Tone
from inspector.tui.panes.palette import Palette

__all__ = ["Tone", "tone_style"]


def tone_style(palette: Palette, tone: Tone, tint: Color | None = None) -> Style:
    """The style of a tone on a background of `tint`, or on the widget's own (None)."""
    if tone is Tone.TEXT:
        return palette.text(None, tint)
    colors = {
        Tone.NAME: palette.primary,
        Tone.GOOD: palette.success,
        Tone.WARNING: palette.warning,
        Tone.ERROR: palette.error,
    }
    bold = tone in (Tone.STRONG, Tone.NAME)
    dim = {Tone.QUIET: 0.4, Tone.CODE: 0.1}.get(tone, 0.0)
    return palette.plain(colors.get(tone, palette.foreground), bold=bold, dim=dim, tint=tint)
