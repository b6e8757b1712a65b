"""Views that are drawn a row at a time, and what Textual does more thoroughly than such a view needs."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView


class RowView(ScrollView, can_focus=True):
    """A view that is drawn a row at a time, as wide as there is room, and looks different with the focus."""

    DEFAULT_CSS = """
    RowView {
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        background: $background;
    }
    """
    ALLOW_SELECT = False

    @property
    def _width(self) -> int:
        """Cells beside the scrollbar."""
        return self.scrollable_content_region.width

    def on_focus(self) -> None:
        """The cursor stands out more."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor stands out less."""
        self.refresh()


def set_virtual_size(view: ScrollView, size: Size) -> None:
    """Tells a view how much there is to scroll; its scrollbar follows.

    Setting `virtual_size` itself would lay out the whole screen anew, every time. That is for widgets that grow with
    what they hold; the space of these is given, so only a scrollbar that comes or goes asks for a layout.
    """
    if size != view.virtual_size:
        view.set_reactive(ScrollView.virtual_size, size)
        view._scroll_update(size)
