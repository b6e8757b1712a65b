"""The row of views or pages; a click or the number chooses one."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from inspector.tui.choice import Tab


class ViewTabs(Widget):
    """The strip."""

    DEFAULT_CSS = """
    ViewTabs { height: 1; color: $text-muted; }
    """

    class Chosen(Message):
        """A view was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    def __init__(self) -> None:
        super().__init__(id="views")
        self._tabs: tuple[Tab, ...] = ()
        self._active = ""

    def update_tabs(self, tabs: Sequence[Tab], active: str) -> None:
        """Shows these views, one of them chosen."""
        if (tuple(tabs), active) != (self._tabs, self._active):
            self._tabs, self._active = tuple(tabs), active
            self.refresh()

    def _labels(self) -> list[tuple[int, int, Tab, str]]:
        """Start column, end column, view and its title, for each; titles shorten where there is little room."""
        found: list[tuple[int, int, Tab, str]] = []
        for shorten in (lambda tab: tab.title, lambda tab: tab.title.rpartition(" ")[2].title(), lambda _: ""):
            found = []
            at = 1
            for tab in self._tabs:
                title = tab.title if tab.name == self._active else shorten(tab)
                size = len(f"{tab.key} {title} {tab.count}".strip()) + 1
                found.append((at, at + size, tab, title))
                at += size + 1
            if at <= self.size.width:
                break
        return found

    def render(self) -> Content:
        """The names, the chosen one underlined."""
        parts: list[Content] = []
        at = 0
        for start, end, tab, title in self._labels():
            active = tab.name == self._active
            name = "bold underline $primary" if active else "$foreground"
            count = "bold $warning" if tab.alarming else "$foreground 60%"
            label = Content.assemble(
                (tab.key, "bold $accent"), " ", (title, name), " " if title else "", (tab.count, count)
            )
            parts += [Content(" " * (start - at)), label]
            at = start + label.cell_length
            if at < end:
                parts.append(Content(" " * (end - at)))
                at = end
        return Content("").join(parts).truncate(self.size.width)

    def on_click(self, event: events.Click) -> None:
        """Chooses the clicked view."""
        for start, end, tab, _ in self._labels():
            if start <= event.x < end:
                self.post_message(self.Chosen(tab.name))
