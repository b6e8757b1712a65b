"""The end of what the worker wrote, bounded and harmless."""

from __future__ import annotations

import re
from collections import deque

from rich.segment import Segment
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.scrolling import set_virtual_size
from inspector.tui.widgets.themed import palette_of

MAX_LINES = 5_000
"""Older lines are dropped; the files on disk keep them."""
_MAX_COLUMNS = 2_000

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
"""What a program writes to colour or move about; dropped, since here it would be noise."""
_WARNS = re.compile(r"\b(?:warn(?:ing)?|deprecat\w*)\b", re.IGNORECASE)
_FAILS = re.compile(r"\b(?:error|exception|traceback|fatal|failed|killed)\b", re.IGNORECASE)


class LogView(ScrollView, can_focus=True):
    """Lines as they come; follows the end until one scrolls up, and again once one is back at the end."""

    DEFAULT_CSS = """
    LogView { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; background: $background; }
    """
    ALLOW_SELECT = False

    follow: reactive[bool] = reactive(True, init=False)
    """Whether new lines scroll the view to its end."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: deque[tuple[str, str]] = deque(maxlen=MAX_LINES)
        self._partial: dict[str, str] = {}
        self.dropped = 0

    @property
    def text(self) -> str:
        """Every line that is kept."""
        return "\n".join(line for _, line in self._rows())

    def append(self, stream: str, text: str) -> None:
        """Adds text as it was read from a stream; a line without its end waits for the rest, and is shown.

        A carriage return starts a line anew, as on a terminal: a progress bar stays one line.
        """
        *whole, rest = (self._partial.pop(stream, "") + text).split("\n")
        for line in whole:
            if len(self._lines) == MAX_LINES:
                self.dropped += 1
            self._lines.append((stream, _clean(line)))
        if rest:
            self._partial[stream] = rest[-_MAX_COLUMNS:]
        self._grown()

    def clear(self) -> None:
        """Forgets everything."""
        self._lines.clear()
        self._partial.clear()
        self.dropped = 0
        self._grown()

    def _rows(self) -> list[tuple[str, str]]:
        return [*self._lines, *((stream, _clean(rest)) for stream, rest in self._partial.items())]

    def _grown(self) -> None:
        set_virtual_size(self, Size(0, len(self._lines) + len(self._partial)))
        if self.follow:
            self.call_after_refresh(self._to_end)
        self.refresh()

    def _to_end(self) -> None:
        if self.follow:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up stops following; arriving at the end begins it again."""
        super().watch_scroll_y(old_value, new_value)
        if round(new_value) < round(old_value):
            self.follow = round(new_value) >= self.max_scroll_y
        elif round(new_value) >= self.max_scroll_y:
            self.follow = True

    def watch_follow(self, follow: bool) -> None:
        """Following begins at once."""
        if follow:
            self._to_end()

    def on_resize(self) -> None:
        """The end stays in sight while following."""
        self._to_end()

    def render_line(self, y: int) -> Strip:
        """One line; what failed and what warns stands out."""
        palette, width = palette_of(self), self.size.width
        index = y + self.scroll_offset.y
        whole = len(self._lines)
        if index >= whole + len(self._partial):
            if index == 0:
                quiet = palette.plain(palette.foreground, dim=0.5)
                return Strip([Segment(" nothing logged yet", quiet)]).adjust_cell_length(width, palette.text())
            return Strip.blank(width, palette.text())
        stream, line = self._lines[index] if index < whole else self._rows()[index]
        color, dim = palette.foreground, 0.15
        if _FAILS.search(line):
            color, dim = palette.error, 0.0
        elif _WARNS.search(line):
            color, dim = palette.warning, 0.0
        mark = palette.plain(palette.warning if stream == "err" else palette.foreground, dim=0.5)
        segments = [Segment(glyphs().marks[2] + " ", mark), Segment(line, palette.plain(color, dim=dim))]
        return Strip(segments).adjust_cell_length(width, palette.text())


def _clean(line: str) -> str:
    shown = line.rstrip("\r").rsplit("\r", 1)[-1]
    return sanitised(_ESCAPE.sub("", shown)[:_MAX_COLUMNS])
