"""Markdown being typed: its marks stand out, and Enter goes on with a list."""

from __future__ import annotations

import re

from rich.style import Style
from rich.text import Text
from textual import events
from textual.widgets import TextArea

from inspector.highlight import Kind
from inspector.notes.blocks import RunLook
from inspector.say.doc import Tone
from inspector.tui.letting_go import forget_watcher
from inspector.tui.panes.palette import Palette
from inspector.tui.widgets.looks import look_style
from inspector.tui.widgets.themed import palette_of
from inspector.tui.widgets.tones import tone_style

_HEADING = re.compile(r"#{1,6}\s.*")
_MARK = re.compile(r"\s*(?:[-*+]|\d+[.)]|>+)(?=\s)|```.*|~~~.*")
_INLINE = (
    (re.compile(r"`[^`]+`"), RunLook.CODE),
    (re.compile(r"(\*\*|__)(?=\S).+?(?<=\S)\1"), RunLook.STRONG),
    (re.compile(r"(?<![*\w])\*(?![*\s])[^*]+\*(?!\*)|(?<![_\w])_(?![_\s])[^_]+_(?![_\w])"), RunLook.EMPHASIS),
    (re.compile(r"~~(?=\S).+?~~"), RunLook.STRUCK),
    (re.compile(r"https?://\S+"), RunLook.LINK),
)
_ITEM = re.compile(r"(?P<indent>\s*)(?:(?P<bullet>[-*+])|(?P<number>\d+)(?P<dot>[.)]))(?P<gap>\s+)")


class MarkdownArea(TextArea):
    """A field of several lines of Markdown."""

    def on_unmount(self) -> None:
        """A field of Textual watches the app's theme."""
        forget_watcher(self.app, self)

    def get_line(self, line_index: int) -> Text:
        """A line with its marks lit; what is lit is a help for the eye and no parse."""
        text, palette = super().get_line(line_index), palette_of(self)
        for style, start, end in _lit(text.plain, palette):
            # Without the ground, which is the field's own: the cursor's line and a selection have others.
            text.stylize(Style(color=style.color) + style.without_color, start, end)
        return text

    def on_key(self, event: events.Key) -> None:
        """Enter in an item begins the next one; in an empty one it ends the list."""
        row, col = self.cursor_location
        line = self.document.get_line(row)
        item = _ITEM.match(line)
        if event.key != "enter" or item is None or col < item.end() or not self.selection.is_empty:
            return
        event.prevent_default()
        event.stop()
        if not line[item.end() :].strip():
            self.delete((row, 0), (row, len(line)))
            return
        mark = item["bullet"] or f"{int(item['number']) + 1}{item['dot']}"
        self.insert(f"\n{item['indent']}{mark}{item['gap']}")


def _lit(line: str, palette: Palette) -> list[tuple[Style, int, int]]:
    """Styles of stretches of one line, the later ones above the earlier."""
    found = []
    if _HEADING.match(line):
        found.append((tone_style(palette, Tone.STRONG), 0, len(line)))
    for pattern, look in _INLINE:
        found += [(look_style(palette, look), *match.span()) for match in pattern.finditer(line)]
    if (mark := _MARK.match(line)) is not None:
        found.append((palette.text(Kind.KEYWORD), *mark.span()))
    return found
