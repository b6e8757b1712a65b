"""Stands in for a whole screen where the terminal is too small for it."""

from __future__ import annotations

from textual.widget import Widget

from inspector.tui import layout


class TooSmall(Widget):
    """Says how large a terminal has to be."""

    DEFAULT_CSS = """
    TooSmall { display: none; width: 100%; height: 100%; content-align: center middle; text-align: center; }
    """

    def render(self) -> str:
        """What to do about it."""
        width, height = layout.SMALLEST
        return f"inspector needs {width}×{height} cells,\nthis is {self.size.width}×{self.size.height}.\n\nq quits"
