"""The guards of one compile as the tree in which they are checked."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from inspector.model.capture import Compilation
from inspector.say.guards import COLUMNS, guard_items, guard_words
from inspector.tui.dialog import Dialog
from inspector.tui.widgets.outline import Outline


class GuardsScreen(Dialog[None]):
    """Lists guards; those that failed stand out, and the cursor begins at the first of them.

    Args:
        compilation: whose guards.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,u", "dismiss", "Close", show=False)]
    DEFAULT_CSS = """
    GuardsScreen { align: center middle; background: $background 60%; }
    GuardsScreen > Vertical { width: 96%; height: 92%; background: $background; border: round $primary; padding: 0 1; }
    GuardsScreen Outline { height: 1fr; }
    """

    def __init__(self, compilation: Compilation) -> None:
        super().__init__()
        self._compilation = compilation

    def compose(self) -> ComposeResult:
        """The tree in a frame."""
        compilation = self._compilation
        with Vertical() as frame:
            frame.border_title = Content(f"{compilation.compile_id}: {guard_words(compilation)}")
            frame.border_subtitle = "← → fold · * fold all · Esc closes"
            yield Outline(empty="The log holds no guards of this compile id.")

    def on_mount(self) -> None:
        """At the first guard that failed."""
        items = guard_items(self._compilation)
        outline = self.query_one(Outline)
        outline.update_items(COLUMNS, items)
        failed = next((item for item in items if len(item.cells) > 2 and item.cells[2].text), None)
        if failed is not None:
            outline.go(failed.key)
        outline.focus()
