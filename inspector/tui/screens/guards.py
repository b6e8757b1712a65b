"""The guards of one compile as the tree in which they are checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from inspector.model.capture import Compilation, Guard
from inspector.model.guard_counts import ONE_CHECK, counts_of
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import seconds
from inspector.tui.dialog import Dialog
from inspector.tui.widgets.outline import Outline

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

_COLUMNS = (
    Column("guarded value and what must hold", 40, grow=3),
    Column("kind", 14, grow=1, rank=1),
    Column("failed for", 10, rank=0),
    Column("because of", 16, grow=1, rank=2),
)


def guard_items(compilation: Compilation) -> tuple[Item, ...]:
    """The rows: the tree where the log has one, else the list."""
    return tuple(_tree(compilation) if compilation.guard_tree else _list(compilation))


def _tree(compilation: Compilation) -> Iterator[Item]:
    for number, manager in enumerate(compilation.guard_tree):
        label = Cell(manager.source or manager.accessor or manager.kind, Tone.STRONG, after=manager.details)
        kind = manager.kind if manager.source or manager.accessor else ""
        yield Item(f"m{number}", (label, Cell(kind, Tone.QUIET)), depth=manager.depth)
        for place in manager.guards:
            if place < len(compilation.guards):
                yield _guard(f"m{number} g{place}", compilation.guards[place], manager.depth + 1)


def _list(compilation: Compilation) -> Iterator[Item]:
    for number, guard in enumerate(compilation.guards):
        yield _guard(f"g{number}", guard, 0)


def _guard(key: str, guard: Guard, depth: int) -> Item:
    failed = guard.failed_for
    cells = (
        Cell(guard.code, Tone.WARNING if failed else Tone.TEXT),
        Cell(guard.kind, Tone.QUIET),
        Cell(" ".join(failed), Tone.ERROR),
        Cell(guard.place, Tone.QUIET),
    )
    return Item(key, cells, depth=depth)


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
            check = compilation.guard_seconds
            took = f", {seconds(check)} {ONE_CHECK}" if check is not None else ""
            frame.border_title = Content(f"{compilation.compile_id}: {counts_of(compilation).words}{took}")
            frame.border_subtitle = "← → fold · * fold all · Esc closes"
            yield Outline(empty="The log holds no guards of this compile id.")

    def on_mount(self) -> None:
        """At the first guard that failed."""
        items = guard_items(self._compilation)
        outline = self.query_one(Outline)
        outline.update_items(_COLUMNS, items)
        failed = next((item for item in items if len(item.cells) > 2 and item.cells[2].text), None)
        if failed is not None:
            outline.go(failed.key)
        outline.focus()


def show_guards(main: MainScreen) -> None:
    """Opens the guards of the compile id on screen."""
    compilation = main.session.compilation
    if compilation is None:
        main.notify("Nothing has been compiled yet.", timeout=3)
        return
    main.push(GuardsScreen(compilation))
