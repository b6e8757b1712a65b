"""Links between panes: what the cursor's line became lights up in every other pane, and scrolls into sight.

Nothing here moves a cursor unless a person asks for a jump, so a pane's answer to being scrolled is never
taken for a person's move.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from inspector.model.artifact import Artifact, Position
from inspector.model.link import Link, LinkIndex, Relative, Relatives
from inspector.model.stage import Stage
from inspector.tui.names import SHORT
from inspector.tui.panes.marks import Mark, Strength
from inspector.tui.words import NODES, describe, place
from inspector.tui.workspace import StagePane

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen


class _Marks(Mapping[int, Mark]):
    """The marks of one artifact: some lit lines, and a faint mark on every other linked line.

    Made line by line as the pane looks at them: an artifact of 100,000 lines costs what is on the screen.
    """

    def __init__(self, index: LinkIndex, artifact_id: str, lit: Mapping[int, Mark]) -> None:
        self._index = index
        self._artifact_id = artifact_id
        self._linked = index.linked_lines(artifact_id)
        self._lit = lit

    def __getitem__(self, line: int) -> Mark:
        if line in self._lit:
            return self._lit[line]
        group = self._index.group(self._artifact_id, line) if line in self._linked else None
        if group is None:
            raise KeyError(line)
        return Mark(group, Strength.OTHER)

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._linked | self._lit.keys()))

    def __len__(self) -> int:
        return len(self._linked | self._lit.keys())


class Linker:
    """Lights up the panes.

    Args:
        main: holds the panes and the session.
    """

    def __init__(self, main: MainScreen) -> None:
        self.main = main
        self.scrolls = True
        """Whether a move scrolls the other panes."""
        self._index = LinkIndex()
        self._links: tuple[Link, ...] | None = None
        self._asked: tuple[str, Position] | None = None
        self._relatives: Relatives | None = None
        self._scrolled: set[str] = set()
        """Artifacts that have been scrolled for the place asked about; once is enough."""
        self._asked_stage: Stage | None = None
        self._group: int | None = None
        self._trail: list[tuple[str, Position]] = []

    @property
    def index(self) -> LinkIndex:
        """The index over the links known by now."""
        capture = self.main.session.capture
        if capture.links is not self._links:
            self._links, self._index = capture.links, capture.index
            self._relatives = None
        return self._index

    # --- following the cursor -------------------------------------------------------------------------------

    def follow(self, pane: StagePane, position: Position) -> None:
        """Lights up and scrolls to what belongs to the place that a person moved to."""
        if pane.artifact is None:
            return
        self._asked = (pane.artifact.id, position)
        self._relatives = self._look_up()
        self._switch_panes(pane)
        self._scrolled = {pane.artifact.id}
        self._draw()

    def refresh(self) -> None:
        """Lights up again after panes or links changed; a text that was not on screen before comes into sight."""
        _ = self.index
        if self._asked is None:
            self._begin()
        if self._asked is not None and self._relatives is None:
            self._relatives = self._look_up()
        self._draw()

    def _begin(self) -> None:
        """Before anyone has moved, the target's first line with a graph node lights up, and all that it becomes."""
        artifact = self.main.view.stage_artifact(Stage.SOURCE)
        if artifact is None or not self._links:
            return
        pane = self.main.workspace.pane(Stage.SOURCE)
        if pane is not None and pane.artifact is not artifact:
            return
        by_id = self.main.session.capture.by_id
        for line in sorted(line for line in self.index.linked_lines(artifact.id) if line >= artifact.focus):
            became = self.index.relatives(artifact.id, line).by_artifact
            if any(item in by_id and by_id[item].stage.order >= Stage.DYNAMO.order for item in became):
                self._asked = (artifact.id, Position(line, 0))
                self._scrolled = {artifact.id}
                if pane is not None:
                    pane.goto(line)
                return

    def clear(self) -> None:
        """Forgets the place asked about: another capture is on screen."""
        self._asked = self._relatives = None
        self._trail.clear()

    def _look_up(self) -> Relatives | None:
        if self._asked is None:
            return None
        artifact_id, position = self._asked
        artifact = self.main.session.capture.by_id.get(artifact_id)
        # In the indentation nothing in particular is meant, so the whole line is.
        line = artifact.lines[position.line - 1] if artifact is not None else ""
        meant = position.col if line[: position.col + 1].strip() else None
        relatives = self.index.relatives(artifact_id, position.line, meant)
        self._asked_stage = artifact.stage if artifact is not None else None
        self._group = self._asked_group(relatives, position.line)
        return relatives

    def _asked_group(self, relatives: Relatives, line: int) -> int | None:
        """The colour of the asked place and what it came from.

        A line can hold several expressions, each with a colour of its own. Which one is meant shows in what the
        place became; only where it became several things has the line to speak for itself.
        """
        assert self._asked is not None
        by_id = self.main.session.capture.by_id
        groups = {
            self.index.group(artifact_id, found[0].span.start.line)
            for artifact_id, found in relatives.by_artifact.items()
            if self._asked_stage is not None
            and artifact_id in by_id
            and by_id[artifact_id].stage.order > self._asked_stage.order
        }
        return groups.pop() if len(groups) == 1 else self.index.group(self._asked[0], line)

    def _switch_panes(self, asked: StagePane) -> None:
        """Brings the kernel and source file that the relatives lie in into panes that show another one."""
        session, workspace = self.main.session, self.main.workspace
        if not self._relatives or asked.artifact is None:
            return
        related = [session.capture.by_id[item] for item in self._relatives.by_artifact if item in session.capture.by_id]
        changed = False
        for per_kernel in (True, False):
            panes = [
                pane
                for pane in workspace.shown
                if pane is not asked
                and pane not in workspace.pinned
                and (workspace.stage(pane).per_kernel if per_kernel else workspace.stage(pane) is Stage.SOURCE)
            ]
            wanted = [item for item in related if _same_family(item, per_kernel) and self._on_screen(item)]
            if not panes or not wanted or (asked.artifact.kernel is not None and per_kernel):
                continue
            current = {session.kernel or next(iter(session.kernels()), None)} if per_kernel else {session.source}
            if not per_kernel and session.source is None:
                current = {item.id for item in session.sources()[:1]}
            if not any((item.kernel if per_kernel else item.id) in current for item in wanted):
                session.select(wanted[0])
                changed = True
        if changed:
            self.main.view.refresh_panes()

    def _on_screen(self, artifact: Artifact) -> bool:
        return artifact.compile_id in (None, self.main.session.compile_id)

    def _in(self, pane: StagePane) -> tuple[Relative, ...]:
        if self._relatives is None or pane.artifact is None:
            return ()
        return self._relatives.by_artifact.get(pane.artifact.id, ())

    # --- drawing --------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        for pane in self.main.workspace.shown:
            if pane.artifact is None:
                continue
            asked = self._asked is not None and pane.artifact.id == self._asked[0]
            found = self._in(pane)
            pane.mark(_Marks(self.index, pane.artifact.id, self._lit(pane.artifact, found, asked)))
            if found and self.scrolls and pane.artifact.id not in self._scrolled:
                self._scrolled.add(pane.artifact.id)
                pane.reveal(found[0].span.start.line, found[0].span.last_line)
        self.main.status.update_words(*self.words())

    def _lit(self, artifact: Artifact, found: tuple[Relative, ...], asked: bool) -> dict[int, Mark]:
        strength = Strength.ANCHOR if asked else Strength.RELATIVE
        spans: dict[int, list[tuple[int, int | None]]] = {}
        for relative in found:
            span = relative.span
            for line in range(span.start.line, span.last_line + 1):
                start = span.start.col if line == span.start.line else 0
                end = span.end.col if line == span.end.line else None
                if artifact.stage in NODES or _whole(artifact.lines[line - 1], start, end):
                    start, end = 0, None
                spans.setdefault(line, []).append((start, end))
        theirs = self._asked_stage is not None and artifact.stage.order > self._asked_stage.order
        return {
            line: Mark(
                (self.index.group(artifact.id, line) if theirs else self._group) or 0,
                strength,
                () if (0, None) in columns else tuple(columns),
            )
            for line, columns in spans.items()
        }

    def _on_screen_by_id(self) -> dict[str, Artifact]:
        return {key: item for key, item in self.main.session.capture.by_id.items() if self._on_screen(item)}

    def words(self) -> tuple[str, str]:
        """The place asked about, and what it is linked to."""
        capture = self.main.session.capture
        artifact = capture.by_id.get(self._asked[0]) if self._asked is not None else None
        if artifact is None or self._asked is None:
            empty = not capture.artifacts and not self.main.session.live
            return "", "This capture holds no text." if empty else "Move the cursor: what a line became lights up."
        line = self._asked[1].line
        where = place(artifact.path or artifact.id, line) if artifact.stage is Stage.SOURCE else ""
        where = where or f"{SHORT[artifact.stage]}:{line}"
        words = describe(self._relatives, artifact.id, self._on_screen_by_id()) if self._relatives else None
        if words is not None and words.parts:
            return where, f"↔ {words.fitting(self.main.app.size.width - len(where) - 6)}"
        if not capture.links:
            return where, "no links yet" if self.main.session.compiling else "this capture has no links"
        return where, "nothing is linked to this line"

    # --- jumping --------------------------------------------------------------------------------------------

    def jump(self) -> None:
        """Goes to the first relative in the next pane that has one; with one pane, in the next stage."""
        pane = self.main.view.pane
        if pane is None or pane.artifact is None:
            return
        here = (pane.artifact.id, pane.cursor)
        if self._asked != here:
            self.follow(pane, pane.cursor)
        goal = self._goal(pane)
        if goal is None:
            self.main.notify("Nothing in another pane is linked to this line.", timeout=3)
            return
        self._trail.append(here)
        self.go(*goal)

    def _goal(self, pane: StagePane) -> tuple[Artifact, Position] | None:
        if not self._relatives or pane.artifact is None:
            return None
        capture = self.main.session.capture
        shown = self.main.workspace.shown
        at = shown.index(pane)
        ring = [item.artifact for item in (*shown[at + 1 :], *shown[:at]) if item.artifact is not None]
        if not ring:
            stages = self.main.session.stages()
            start = stages.index(pane.artifact.stage) if pane.artifact.stage in stages else 0
            order = (*stages[start + 1 :], *stages[:start])
            related = [capture.by_id[item] for item in self._relatives.by_artifact if item in capture.by_id]
            ring = [item for stage in order for item in related if item.stage is stage and self._on_screen(item)]
        for artifact in ring:
            found = self._relatives.by_artifact.get(artifact.id)
            if found and artifact.id != pane.artifact.id:
                return artifact, found[0].span.start
        return None

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
        self.follow(pane, position)


def _whole(text: str, start: int, end: int | None) -> bool:
    """Whether columns hold all of a line that is not blank."""
    return not text[:start].strip() and (end is None or not text[end:].strip())


def _same_family(artifact: Artifact, per_kernel: bool) -> bool:
    return artifact.kernel is not None if per_kernel else artifact.stage is Stage.SOURCE
