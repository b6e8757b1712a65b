"""The first frame: the main screen's lines and names, drawn by one widget that needs next to nothing."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from inspector.tui.layout import layout_for, story, too_small
from inspector.tui.widgets.glyphs import glyphs

_QUIET = "$foreground 40%"
_BAR = "on $panel"


class Skeleton(Widget):
    """Draws what the main screen will look like before anything has arrived.

    Args:
        title: what is being captured, or read.
        of_log: whether a log of many compile ids will be shown, which has no panes.
    """

    DEFAULT_CSS = "Skeleton { height: 1fr; }"

    def __init__(self, title: str, *, of_log: bool = False) -> None:
        super().__init__()
        self._title = title
        self._of_log = of_log

    def render(self) -> Content:
        """The whole frame."""
        width, height = self.size
        if too_small(width, height):
            return Content("")
        if self._of_log:
            return self._log(width, height)
        layout = layout_for(width, height)
        stages = story(layout.panes)
        below = layout.panel_rows + 1 if layout.panel_rows else 1
        rows = [self._bar(f" ◆  {self._title}", "starting…  ", width), Content("")]
        tall = (height - 3 - below) // layout.rows
        for first in range(0, len(stages), layout.columns):
            names = [stage.short for stage in stages[first : first + layout.columns]]
            rows.append(_rule(names, width))
            rows.extend([Content("")] * (tall - 1))
        rows.extend([Content("")] * (height - 1 - below - len(rows)))
        rows.append(_rule([], width) if layout.panel_rows else Content(""))
        rows.extend([Content("")] * (height - 1 - len(rows)))
        rows.append(self._bar("", "? help  ^p commands  q quit ", width))
        return Content("\n").join(rows)

    def _log(self, width: int, height: int) -> Content:
        rows = [self._bar(f" ◆  {self._title}", "opening…  ", width)]
        rows += [Content("")] * (height - 2)
        rows.append(self._bar("", "? help  ^p commands  q quit ", width))
        return Content("\n").join(rows)

    @staticmethod
    def _bar(left: str, right: str, width: int) -> Content:
        return Content.styled(f"{left}{right.rjust(width - len(left))}"[:width], _BAR)


def _rule(names: list[str], width: int) -> Content:
    line = glyphs().rule
    count = max(1, len(names))
    each = (width - count + 1) // count
    parts = [f"{line} {name} {line * (each - len(name) - 3)}" for name in names] or [line * width]
    return Content.styled(" ".join(parts)[:width], _QUIET)
