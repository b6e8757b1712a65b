"""How the runs of a note's Markdown look on the screen."""

from __future__ import annotations

from rich.style import Style

from inspector.highlight import Kind
from inspector.notes.blocks import RunLook
from inspector.say.doc import Tone
from inspector.tui.panes.palette import Palette
from inspector.tui.widgets.tones import tone_style


def look_style(palette: Palette, look: RunLook, tone: Tone = Tone.TEXT) -> Style:
    """The style of a run among text of a tone. A link looks like one, and is none: nothing here opens an address."""
    style = palette.text(Kind.STRING) if RunLook.CODE in look else tone_style(palette, tone)
    return style + Style(
        bold=RunLook.STRONG in look or style.bold,
        italic=RunLook.EMPHASIS in look or style.italic,
        strike=RunLook.STRUCK in look or None,
        underline=RunLook.LINK in look or None,
    )
