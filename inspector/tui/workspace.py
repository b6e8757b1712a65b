"""The grid of code panes: which pane shows which stage, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from inspector.model.artifact import Artifact
from inspector.model.stage import Stage
from inspector.tui.panes.code import CodePane
from inspector.tui.panes.read import ReadPane, readable
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

    BINDINGS: ClassVar[list[BindingType]] = _without(CodePane.BINDINGS, TAKEN)

    sized = False
    """Whether the pane has ever had a size."""

    class Appeared(Message):
        """The pane has a size now: a text shown before would not have been scrolled to its place."""

        def __init__(self, pane: StagePane) -> None:
            super().__init__()
            self.pane = pane

    _face: tuple[str, StageState, str, int] | None = None

    def show_face(
        self, heading: str, text: Artifact | None, state: StageState, detail: str, *, concise: bool = False
    ) -> bool:
        """Shows a stage's text, or why there is none; says whether what is shown is another than before."""
        face, new = (heading, state, detail, self.size.width if concise else 0), text is not self.text
        new |= text is not None and (concise and readable(text)) != self.concise
        if new or face != self._face:
            self._face = face
            if text is None:
                self.show_state(heading, state, detail)
            else:
                self.read(text, concise=concise, state=state, detail=detail)
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
        self._grid: tuple[int, int] = (0, 0)
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

    def fill_grid(self, stages: Sequence[Stage], columns: int, rows: int) -> None:
        """Shows exactly these stages, in this order, filling rows of `columns` panes."""
        if (self.stages, self._grid) == (tuple(stages), (columns, rows)):
            return
        self._grid = columns, rows
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
        for place, pane in enumerate(result):
            pane.display = True
            if self.is_attached and place < len(self.children) and self.children[place] is not pane:
                self.move_child(pane, before=place)
        for pane in self._stages:
            if pane not in result:
                pane.display = False
        self._shown = result
        self.styles.grid_size_columns = min(columns, len(result)) or 1
        self.styles.grid_size_rows = rows
