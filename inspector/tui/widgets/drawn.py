"""A picture that is drawn whole when something changed, and handed out a row at a time."""

from __future__ import annotations

from textual.strip import Strip
from textual.widget import Widget

from inspector.tui.widgets.themed import palette_of


class KeptRows(Widget):
    """Keeps its rows until it is told, resized, or shown in another theme."""

    ALLOW_SELECT = False

    _strips: list[Strip] | None = None

    def draw_rows(self) -> list[Strip]:
        """The picture at the present size, from the top; rows that are missing are blank."""
        raise NotImplementedError

    def draw_anew(self) -> None:
        """Something changed."""
        self._strips = None
        self.refresh()

    def on_resize(self) -> None:
        """Everything is drawn anew."""
        self._strips = None

    def notify_style_update(self) -> None:
        """Another theme, other colours."""
        super().notify_style_update()
        self._strips = None

    def render_line(self, y: int) -> Strip:
        """One row."""
        if self._strips is None:
            self._strips = self.draw_rows()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, palette_of(self).text())
