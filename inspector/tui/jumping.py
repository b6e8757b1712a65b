"""Jumps along links, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.link.unlinked import why_unlinked
from inspector.model.artifact import Artifact, Position
from inspector.tui.lighting import Spot
from inspector.tui.workspace import StagePane

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen


class Jumper:
    """Goes to relatives, and remembers where each jump began.

    Args:
        main: holds the panes, the session and the linker.
    """

    def __init__(self, main: MainScreen) -> None:
        self.main = main
        self._trail: list[Spot] = []

    def clear(self) -> None:
        """Forgets the way back: another compile id is on screen."""
        self._trail.clear()

    def jump(self) -> None:
        """Goes to the first relative in the next pane that has one; with one pane, in the next stage."""
        pane = self.main.view.pane
        if pane is None or pane.artifact is None:
            return
        here = (pane.artifact.id, pane.cursor)
        self.main.linker.follow(pane, pane.cursor)
        goal = self._goal(pane)
        if goal is None:
            self.main.notify(self._why_nowhere(pane.artifact), timeout=4)
            return
        self._trail.append(here)
        self.go(*goal)

    def _goal(self, pane: StagePane) -> tuple[Artifact, Position] | None:
        group = self.main.linker.group
        if group is None or pane.artifact is None:
            return None
        capture = self.main.session.capture
        shown = self.main.workspace.shown
        at = shown.index(pane)
        ring = [item.artifact for item in (*shown[at + 1 :], *shown[:at]) if item.artifact is not None]
        if not ring:
            stages = self.main.session.stages()
            start = stages.index(pane.artifact.stage) if pane.artifact.stage in stages else 0
            order = (*stages[start + 1 :], *stages[:start])
            related = [capture.by_id[item] for item in group.relatives.by_artifact if item in capture.by_id]
            on_screen = self.main.linker.on_screen
            ring = [item for stage in order for item in related if item.stage is stage and on_screen(item)]
        for artifact in ring:
            found = group.found_in(artifact.id)
            if found and artifact.id != pane.artifact.id:
                return artifact, found[0].span.start
        return None

    def _why_nowhere(self, artifact: Artifact) -> str:
        """Why no pane has a relative of this place: others would have one, there is none, or none was recorded."""
        group, by_id = self.main.linker.group, self.main.session.capture.by_id
        related = [by_id[item] for item in group.relatives.by_artifact if item in by_id] if group is not None else []
        elsewhere = [item for item in related if item is not artifact]
        if not elsewhere:
            return why_unlinked(self.main.session.capture, artifact)
        here = [item.stage.heading for item in elsewhere if self.main.linker.on_screen(item)]
        found = here or [f"{item.stage.heading} of {item.compile_id}" for item in elsewhere]
        return f"No pane shows what is linked to this line: {', '.join(dict.fromkeys(found))}."

    def back(self) -> None:
        """Returns to where the last jump began."""
        if not self._trail:
            self.main.notify("No jump to return from.", timeout=3)
            return
        artifact_id, position = self._trail.pop()
        artifact = self.main.session.capture.by_id.get(artifact_id)
        if artifact is not None:
            self.go(artifact, position)

    def go(self, artifact: Artifact, position: Position) -> None:
        """Shows a place in some artifact, wherever it is, and puts the cursor there."""
        self.main.session.select(artifact)
        self.main.view.choose(artifact.stage)
        self.main.view.refresh_panes()
        pane = self.main.workspace.pane(artifact.stage)
        if pane is None:
            return
        if pane.artifact is not None and pane.artifact.id != artifact.id:
            self.main.workspace.pinned.pop(pane, None)
            self.main.view.refresh_panes()
        pane.goto(position.line, position.col)
        self.main.linker.follow(pane, position)
