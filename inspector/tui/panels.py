"""The panels below the panes: as many side by side as there is room for, or a wide one by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from inspector.tui.layout import PANEL_KEYS, PANELS, window
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.latency import LatencyChart
from inspector.tui.widgets.log import LogView
from inspector.tui.widgets.phases import PhaseChart

if TYPE_CHECKING:
    from inspector.tui.profile.numerics_panel import NumericsPanel
    from inspector.tui.profile.panel import ProfilePanel
    from inspector.tui.profile.price_panel import PricePanel

_TAB = 13
"""Cells from one name in the row of names to the next, where there is room."""


_AROUND = 3
"""Cells of a label besides its name: its key and two blanks."""


def places(names: Sequence[str], shown: Sequence[str], width: int) -> dict[str, int]:
    """Where each name begins in a row of `width` cells, from left to right.

    Names of panels side by side stand above them, the others at the right; where that is too narrow, or one panel
    has the row to itself, all follow one another.
    """
    column = width // len(shown)
    hidden = [name for name in names if name not in shown]
    above = {name: column * index + 2 for index, name in enumerate(shown)}
    end = above[shown[-1]] + len(shown[-1]) + _AROUND
    for tab in (_TAB, 0):
        beside = _following(hidden, tab)
        first = width - beside.pop("", 0)
        if len(shown) > 1 and first > end:
            return above | {name: first + start for name, start in beside.items()}
    apart, close = _following(names, _TAB), _following(names, 0)
    starts = {name: start + 2 for name, start in apart.items()} if apart[""] <= width else close
    return {name: starts[name] for name in names}


def _following(names: Sequence[str], least: int) -> dict[str, int]:
    """Where names begin that follow one another, each with at least so many cells; of the empty name where all end."""
    cells = [max(least, len(name) + _AROUND) for name in names]
    return dict(zip((*names, ""), accumulate(cells, initial=0), strict=True))


def _place(names: Sequence[str], name: str) -> int:
    """Where a panel stands among those that are offered; behind them where it is none."""
    return names.index(name) if name in names else len(names)


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
        starts = places(self._names, self._shown, self.size.width)
        return [(start, start + len(name) + _AROUND, name, name == self._active) for name, start in starts.items()]

    def render(self) -> Content:
        """A rule with the names on it."""
        parts: list[Content] = []
        at = 0
        for start, end, name, active in self._labels():
            parts.append(_line(start - at, blank=bool(at)))
            shown = name in self._shown
            style = "bold $primary" if active else "$foreground" if shown else "$foreground 60%"
            parts.append(Content.assemble(" ", (PANEL_KEYS[name], "bold $accent"), " ", (name.title(), style)))
            at = end
        parts.append(_line(self.size.width - at, blank=True))
        return Content("").join(parts)

    def on_click(self, event: events.Click) -> None:
        """Chooses the clicked name."""
        for start, end, name, _ in self._labels():
            if start <= event.x < end:
                self.post_message(self.Chosen(name))


def _line(cells: int, *, blank: bool) -> Content:
    """A rule of so many cells; behind a name it begins with a blank."""
    lead = " " if blank and cells > 0 else ""
    return Content.styled(lead + "─" * (cells - len(lead)), "$foreground 30%")


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

    def __init__(self, names: Sequence[str] = PANELS, clock: Callable[[], float] = monotonic) -> None:
        super().__init__(id="panels")
        self.names = tuple(names)
        self.tabs = PanelTabs(self.names)
        self.phases = PhaseChart(id="phases", classes="panel", clock=clock)
        self.latency = LatencyChart(id="latency", classes="panel")
        self.log_view = LogView(id="log", classes="panel")
        self.details = Details(id="details", classes="panel")
        self.why = Details(folded=(), id="why", classes="panel")
        self.profile: ProfilePanel | None = None
        self.numerics: NumericsPanel | None = None
        self.price: PricePanel | None = None
        made = (self.phases, self.latency, self.log_view, self.details, self.why)
        self.widgets: dict[str, Widget] = dict(
            sorted(zip(PANELS, made, strict=False), key=lambda item: _place(names, item[0]))
        )
        """Those that there are: a wide one is made, and its code loaded, when it is first shown."""
        self._layout: tuple[str, int, int] = ("", 0, 0)

    def compose(self) -> ComposeResult:
        """The row of names over the panels."""
        yield self.tabs
        self._side_by_side = Horizontal(*self.widgets.values())
        yield self._side_by_side

    def fit(self, active: str, rows: int, count: int) -> None:
        """Gives the panels `rows` rows, `count` side by side; 0 rows leave the one-row phase bar."""
        if (active, rows, count) == self._layout:
            return
        self._layout = active, rows, count
        self.set_class(rows == 0, "-bar")
        self.styles.height = rows + 1 if rows else 1
        shown = window(self.names, active, count) if rows else ("phases",)
        self.tabs.update_tabs(active, shown)
        for name in shown:
            self.widget(name)
        for name, widget in self.widgets.items():
            widget.display = name in shown

    def widget(self, name: str) -> Widget:
        """A panel by its name, on screen or not; a wide one is made when it is first asked for."""
        if name not in self.widgets:
            self.widgets[name] = made = self._wide(name)
            made.display = False
            self._side_by_side.mount(made)
        return self.widgets[name]

    def _wide(self, name: str) -> Widget:
        if name == "profile":
            from inspector.tui.profile.panel import ProfilePanel

            self.profile = ProfilePanel(id=name, classes="panel")
            return self.profile
        if name == "price":
            from inspector.tui.profile.price_panel import PricePanel

            self.price = PricePanel(id=name, classes="panel")
            return self.price
        from inspector.tui.profile.numerics_panel import NumericsPanel

        self.numerics = NumericsPanel(id=name, classes="panel")
        return self.numerics
