"""What the panels share that show a measurement: how to ask for it, to cancel it, and to open one of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from inspector import protocol
from inspector.model.artifact import Span
from inspector.model.numerics import NodeNumerics
from inspector.model.price import Cost
from inspector.model.profile import ProfileRow
from inspector.tui.panes.text import sanitised
from inspector.tui.profile.standing import MeasuringProgress


class PanelLine(Widget):
    """One row of words."""

    DEFAULT_CSS = "PanelLine { height: 1; width: 1fr; }"
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = Content("")

    def update(self, content: Content) -> None:
        """Shows other words."""
        if content != self._content:
            self._content = content
            self.refresh()

    @property
    def text(self) -> str:
        """What stands there, without colours."""
        return self._content.plain

    def render(self) -> Content:
        """The words, cut where the row ends."""
        return self._content.truncate(self.size.width, ellipsis=True)


class Warned(PanelLine):
    """What the capture warns of, in one row; none where it warns of nothing."""

    def tell(self, standing: MeasuringProgress, *, shown: bool) -> None:
        """Shows it where there is a result that it is about."""
        words = " ".join(standing.warnings) if shown else ""
        self.set_class(not words, "-hidden")
        self.update(Content.styled(f" {sanitised(words)}", "$warning"))


class Measuring(Vertical, can_focus=True):
    """A panel that the worker is asked to fill."""

    DEFAULT_CSS = """
    Measuring Horizontal { height: 1fr; }
    Measuring .-hidden { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "measure", "Measure, or measure again", show=False),
        Binding("escape", "cancel", "Cancel what is being measured", show=False),
    ]

    class Asked(Message):
        """The worker is to do this."""

        def __init__(self, request: protocol.RunProfile) -> None:
            super().__init__()
            self.request = request

    class Cancelled(Message):
        """The worker is to stop."""

    class Chosen(Message):
        """A row was chosen that leads somewhere, or a text that one is about."""

        def __init__(self, row: ProfileRow | NodeNumerics | Cost | Span) -> None:
            super().__init__()
            self.row = row

    class Stepped(Message):
        """Another of the shapes that were measured is wanted."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    standing = MeasuringProgress()

    @property
    def inner(self) -> Widget | None:
        """What takes the keys in it; None before there is anything."""
        return None

    def on_focus(self) -> None:
        """The keys are for what is in it."""
        if self.inner is not None:
            self.inner.focus()

    def action_cancel(self) -> None:
        """Cancels."""
        self.post_message(self.Cancelled())

    def action_step(self, by: int) -> None:
        """Another shape."""
        self.post_message(self.Stepped(by))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While nothing is measured, escape means what it means elsewhere."""
        if action == "cancel":
            return bool(self.standing.busy)
        return super().check_action(action, parameters)


def key(name: str, words: str) -> Content:
    """A key and what it does: `Space measures`."""
    return Content.assemble((name, "bold $accent"), f" {words}" if words else "")


def keys(*pairs: tuple[str, str]) -> Content:
    """Several of them."""
    return Content("  ").join(key(name, words) for name, words in pairs)


def fits(left: Content, pairs: Sequence[tuple[str, str]], width: int) -> bool:
    """Whether a row has room for words at its left and keys at its right."""
    return left.cell_length + keys(*pairs).cell_length + 3 <= width


def ends(left: Content, pairs: Sequence[tuple[str, str]], width: int) -> Content:
    """Words at the left of a row, and keys at its right: as many of the last ones as there is room for."""
    while pairs and not fits(left, pairs, width):
        pairs = pairs[1:]
    if not pairs:
        return left
    right = keys(*pairs)
    return Content.assemble(left, " " * (width - left.cell_length - right.cell_length - 1), right, " ")
