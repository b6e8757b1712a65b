"""What Textual does more thoroughly than a widget of fixed size needs."""

from __future__ import annotations

from textual.geometry import Size
from textual.scroll_view import ScrollView


def set_virtual_size(view: ScrollView, size: Size) -> None:
    """Tells a view how much there is to scroll; its scrollbar follows.

    Setting `virtual_size` itself would lay out the whole screen anew, every time. That is for widgets that grow with
    what they hold; the space of these is given, so only a scrollbar that comes or goes asks for a layout.
    """
    if size != view.virtual_size:
        view.set_reactive(ScrollView.virtual_size, size)
        view._scroll_update(size)
