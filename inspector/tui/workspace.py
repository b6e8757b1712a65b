"""The grid of code panes: which pane shows which stage, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from inspector.form.form import Taste
from inspector.model.artifact import Artifact
from inspector.model.stage import Stage
from inspector.price import TextPrice
from inspector.tui.panes.code import CodePane
from inspector.tui.panes.read import RAW, ReadPane
from inspector.tui.widgets.state import StageState

TAKEN = frozenset({"0", "b", "space", "ctrl+f"})
"""Keys of a code pane that the app needs for itself; each of those moves has another key."""


def _without(bindings: Iterable[BindingType], taken: frozenset[str]) -> list[BindingType]:
    kept: list[BindingType] = []
    for binding in bindings:
        made = binding if isinstance(binding, Binding) else Binding(*binding)
        keys = [key for key in made.key.split(",") if key not in taken]
        if keys:
            kept.append(replace(made, key=",".join(keys)))
    return kept


class StagePane(ReadPane, inherit_bindings=False):
    """A code pane among others, under an app that has keys of its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_without(CodePane.BINDINGS, TAKEN),
        Binding("J", "open_fold", "Open what is folded here", show=False, id="code.open_fold"),
    ]

    wrap = reactive(True, init=False)
    sized = False
    """Whether the pane has ever had a size."""

    class Appeared(Message):
        """The pane has a size now: a text shown before would not have been scrolled to its place."""

        def __init__(self, pane: StagePane) -> None:
            super().__init__()
            self.pane = pane

    _face: tuple[str, StageState, str, int, TextPrice | None] | None = None

    def show_face(  # noqa: PLR0917 (what one pane shows)
        self,
        heading: str,
        text: Artifact | None,
        state: StageState,
        detail: str,
        taste: Taste = RAW,
        price: TextPrice | None = None,
    ) -> bool:
        """Shows a stage's text, or why there is none; says whether what is shown is another than before."""
        face = heading, state, detail, self.size.width if taste.concise else 0, price
        new = text is not self.text or (text is not None and taste != self.taste)
        if new or face != self._face:
            self._face = face
            if text is None:
                self.show_state(heading, state, detail)
            else:
                self.read(text, taste, state=state, detail=detail, price=price)
        return new and text is not None

    def on_resize(self) -> None:
        """Tells when the pane comes from nothing."""
        if self.size.height and (not self.sized or self.concise):  # a form is laid out for the pane's width
            self.sized = True
            self.post_message(self.Appeared(self))


class Workspace(Widget):
    """Code panes in a grid, one for each stage shown.

    A pane stays with its stage when the grid changes: it moves, with its cursor, scroll position and selection,
    and is only put out of sight when its stage is. Panes are made when first needed and then kept.
    """

    DEFAULT_CSS = """
    Workspace { layout: grid; height: 1fr; grid-size: 1; grid-gutter: 0 1; }
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        super().__init__(id="workspace")
        self._stages: dict[StagePane, Stage] = {}
        self._shown: list[StagePane] = []
        self._grid: tuple[int, int, Stage | None] = (0, 0, None)
        for stage in stages:
            pane = self._make()
            self._stages[pane] = stage
            self._shown.append(pane)

    def compose(self) -> ComposeResult:
        """The panes for the first layout."""
        yield from self._shown

    def _make(self) -> StagePane:
        return StagePane(id=f"pane-{len(self._stages)}")

    @property
    def shown(self) -> tuple[StagePane, ...]:
        """The panes on screen, in stage order."""
        return tuple(self._shown)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages on screen."""
        return tuple(self._stages[pane] for pane in self._shown)

    def stage(self, pane: StagePane) -> Stage:
        """The stage that a pane shows, or showed last."""
        return self._stages[pane]

    def pane(self, stage: Stage) -> StagePane | None:
        """The pane on screen that shows a stage."""
        return next((pane for pane in self._shown if self._stages[pane] is stage), None)

    def fill_grid(self, stages: Sequence[Stage], columns: int, rows: int, grown: Stage | None = None) -> None:
        """Shows exactly these stages, in this order, filling rows of `columns` panes.

        Where they are fewer than the grid has places, the last one has the last column to itself.

        Args:
            stages: in the compiler's order.
            columns: panes side by side.
            rows: panes above each other.
            grown: the stage whose pane has more room than the others.
        """
        if (self.stages, self._grid) == (tuple(stages), (columns, rows, grown)):
            return
        self._grid = columns, rows, grown
        free = [pane for pane in self._stages if self._stages[pane] not in stages]
        # A pane on screen whose stage goes gives its place to the one that comes, so the focus stays where it is;
        # those out of sight keep their text for when they are wanted again.
        free.sort(key=lambda pane: pane in self._shown, reverse=True)
        by_stage = {stage: pane for pane, stage in self._stages.items()}
        result: list[StagePane] = []
        for stage in stages:
            pane = by_stage.get(stage)
            if pane is None and free and (len(self._stages) >= len(stages)):
                pane = free.pop(0)
            if pane is None:
                pane = self._make()
                self.mount(pane)
            self._stages[pane] = stage
            result.append(pane)
        tall = rows > 1 and columns > 1 and len(result) == (columns - 1) * rows + 1
        order = _down(result, columns, rows) if tall else result
        for place, pane in enumerate(order):
            pane.display = True
            pane.styles.row_span = rows if tall and pane is result[-1] else 1
            if self.is_attached and place < len(self.children) and self.children[place] is not pane:
                self.move_child(pane, before=place)
        for pane in self._stages:
            if pane not in result:
                pane.display = False
        self._shown = result
        self.styles.grid_size_columns = columns = min(columns, len(result)) or 1
        self.styles.grid_size_rows = rows
        at = next((place for place, pane in enumerate(order) if self._stages[pane] is grown), None)
        self.styles.grid_columns = " ".join(
            "2fr" if at is not None and at % columns == i else "1fr" for i in range(columns)
        )
        row = None if at is None or (tall and order[at] is result[-1]) else at // columns
        base = (2, 3) if tall and rows == 2 else (1,) * rows
        self.styles.grid_rows = " ".join(f"{share * 2 if i == row else share}fr" for i, share in enumerate(base))


def _down(panes: Sequence[StagePane], columns: int, rows: int) -> list[StagePane]:
    """In the order in which a grid takes them, so that they go down its columns and the last fills the last one."""
    grid = [[panes[column * rows + row] for column in range(columns - 1)] for row in range(rows)]
    return [*grid[0], panes[-1], *(pane for line in grid[1:] for pane in line)]
