"""The panels below the panes: phases, latency, log and details, as many side by side as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from inspector.tui.widgets.details import Details
from inspector.tui.widgets.latency import LatencyChart
from inspector.tui.widgets.log import LogView
from inspector.tui.widgets.phases import PhaseChart

NAMES = ("phases", "latency", "log", "details")
"""All of them; an opened capture has no log, and no latency chart unless it holds samples."""
KEYS = {"phases": "P", "latency": "T", "log": "L", "details": "D"}


def window(names: Sequence[str], active: str, count: int) -> tuple[str, ...]:
    """The panels shown when `count` fit side by side: the active one and its neighbours."""
    count = min(count, len(names))
    first = min(max(0, names.index(active) - count + 1), len(names) - count)
    return tuple(names[first : first + count])


class PanelTabs(Widget):
    """The row of names above the panels; a click or the capital letter chooses one."""

    DEFAULT_CSS = """
    PanelTabs { height: 1; color: $text-muted; }
    """

    class Chosen(Message):
        """A name was clicked."""

        def __init__(self, panel: str) -> None:
            super().__init__()
            self.panel = panel

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names
        self._active = names[0]
        self._shown: tuple[str, ...] = (names[0],)

    def update_tabs(self, active: str, shown: tuple[str, ...]) -> None:
        """Marks the active panel and those beside it."""
        if (active, shown) != (self._active, self._shown):
            self._active, self._shown = active, shown
            self.refresh()

    def _labels(self) -> list[tuple[int, int, str, bool]]:
        """Start column, end column, name and whether it is the active one, for each label."""
        width = self.size.width
        if len(self._shown) == 1:
            starts = {name: 2 + 13 * index for index, name in enumerate(self._names)}
        else:
            column = width // len(self._shown)
            starts = {name: column * index + 2 for index, name in enumerate(self._shown)}
            hidden = [name for name in self._names if name not in self._shown]
            for index, name in enumerate(hidden):
                starts[name] = width - 13 * (len(hidden) - index)
        return [
            (start, start + len(name) + 4, name, name == self._active)
            for name, start in sorted(starts.items(), key=lambda item: item[1])
        ]

    def render(self) -> Content:
        """A rule with the names on it."""
        parts: list[Content] = []
        at = 0
        for start, end, name, active in self._labels():
            parts.append(Content.styled("─" * max(0, start - at), "$foreground 30%"))
            shown = name in self._shown
            style = "bold $primary" if active else "$foreground" if shown else "$foreground 60%"
            parts.append(Content.assemble(" ", (KEYS[name], "bold $accent"), " ", (name.title(), style), " "))
            at = end
        parts.append(Content.styled("─" * max(0, self.size.width - at), "$foreground 30%"))
        return Content("").join(parts)

    def on_click(self, event: events.Click) -> None:
        """Chooses the clicked name."""
        for start, end, name, _ in self._labels():
            if start <= event.x < end:
                self.post_message(self.Chosen(name))


class Panels(Vertical):
    """The strip at the bottom.

    Args:
        names: the panels to offer.
        clock: seconds from some start; what runs grows by it.
    """

    DEFAULT_CSS = """
    Panels { height: auto; }
    Panels > Horizontal { height: 1fr; }
    Panels .panel { width: 1fr; height: 1fr; margin: 0 1 0 0; }
    Panels.-bar PanelTabs { display: none; }
    """

    def __init__(self, names: Sequence[str] = NAMES, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(id="panels")
        self.names = tuple(names)
        self.active = names[0]
        self.tabs = PanelTabs(self.names)
        self.phases = PhaseChart(id="phases", classes="panel", clock=clock)
        self.latency = LatencyChart(id="latency", classes="panel")
        self.log_view = LogView(id="log", classes="panel")
        self.details = Details(id="details", classes="panel")
        self.widgets: dict[str, Widget] = dict(
            zip(NAMES, (self.phases, self.latency, self.log_view, self.details), strict=True)
        )
        self._layout: tuple[int, int] = (0, 1)

    def compose(self) -> ComposeResult:
        """The row of names over the panels."""
        yield self.tabs
        yield Horizontal(*self.widgets.values())

    def shown(self) -> tuple[str, ...]:
        """Names of the panels on screen."""
        rows, count = self._layout
        return window(self.names, self.active, count) if rows else ("phases",)

    def fit(self, rows: int, count: int) -> None:
        """Gives the panels `rows` rows, `count` side by side; 0 rows leave the one-row phase bar."""
        self._layout = (rows, count)
        self.set_class(rows == 0, "-bar")
        self.styles.height = rows + 1 if rows else 1
        shown = self.shown()
        self.tabs.update_tabs(self.active, shown)
        for name, widget in self.widgets.items():
            widget.display = name in shown

    def choose(self, name: str) -> None:
        """Makes a panel the active one."""
        self.active = name
        self.fit(*self._layout)
