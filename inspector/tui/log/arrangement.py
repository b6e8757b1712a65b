"""What stands where on the screen of a log, and the moves between its views and parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from inspector.tui import layout as main_layout
from inspector.tui.log import layout

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen

_DEEPEST = 60
"""Rows of a flame graph beyond which its depth makes no difference to the layout."""


class Arrangement:
    """Places the parts of the screen.

    Args:
        screen: holds the widgets.
    """

    def __init__(self, screen: LogScreen) -> None:
        self._screen = screen
        self._details: bool | None = None
        """Whether a person asked for the details, or put them away; None for whatever fits."""
        self._flame: bool | None = None
        self._depth = 1

    def place(self) -> None:
        """Puts everything where it belongs for this size and view."""
        screen = self._screen
        width, height = screen.app.size
        screen.set_class(main_layout.too_small(width, height), "-too-small")
        self._depth = min(screen.views.flame().depth, _DEEPEST)
        fits = layout.layout_for(
            width, height, screen.views.active, self._depth, details=self._details, flame=self._flame
        )
        for name, outline in screen.outlines.items():
            outline.display = name == screen.views.active
        screen.body.set_class(fits.details == layout.BELOW, "-below")
        screen.details.display = fits.details != layout.HIDDEN
        screen.details.styles.width = fits.details_cells if fits.details == layout.RIGHT else "1fr"
        screen.details.styles.height = fits.details_cells if fits.details == layout.BELOW else "1fr"
        first = screen.views.active == "time"
        screen.flame.display = fits.flame > 0
        screen.flame.styles.height = fits.flame or 1
        screen.flame.set_class(first, "-first")
        if screen.is_mounted:
            if first:
                screen.move_child(screen.flame, before=screen.body)
            else:
                screen.move_child(screen.flame, after=screen.body)
        screen.draw()

    def grown(self) -> None:
        """The flame graph may have become deeper, and want more room."""
        if min(self._screen.views.flame().depth, _DEEPEST) != self._depth:
            self.place()

    def show_view(self, name: str) -> None:
        """Shows a view."""
        screen = self._screen
        if name not in screen.views.names:
            screen.notify("This log was written by one process.", timeout=3)
            return
        screen.views.active = name
        self.place()
        (screen.flame if name == "time" and screen.flame.display else screen.outline).focus()
        if name == "ranks":
            screen.opener.compare_ranks()

    def step_view(self, by: int) -> None:
        """Shows the next or the previous view."""
        screen = self._screen
        names = screen.views.names
        self.show_view(names[(names.index(screen.views.active) + by) % len(names)])

    def focus_step(self, by: int) -> None:
        """Moves the focus over the parts of the screen."""
        screen = self._screen
        stops: list[Widget] = [screen.outline, screen.details, screen.flame]
        if screen.views.active == "time":
            stops = [screen.flame, screen.outline, screen.details]
        shown = [widget for widget in stops if widget.display]
        at = shown.index(screen.focused) if screen.focused in shown else -1
        shown[(at + by) % len(shown)].focus()

    def toggle_details(self) -> None:
        """Shows the details, or puts them away."""
        screen = self._screen
        self._details = not screen.details.display
        self.place()
        if not self._details:
            screen.outline.focus()

    def toggle_flame(self) -> None:
        """Shows the flame graph, or puts it away."""
        screen = self._screen
        self._flame = not screen.flame.display
        self.place()
        if not self._flame:
            screen.outline.focus()
