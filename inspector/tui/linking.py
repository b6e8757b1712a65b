"""Links between panes: what the cursor's line became lights up in every other pane, and scrolls into sight.

Nothing here moves a cursor unless a person asks for a jump, so a pane's answer to being scrolled is never
taken for a person's move. Texts are painted first: links are looked at after that, so they never delay one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from inspector.link.unlinked import why_unlinked
from inspector.model.artifact import Artifact, Position
from inspector.model.link import LinkIndex
from inspector.model.stage import Stage
from inspector.say.links import describe
from inspector.say.names import place
from inspector.tui.indexing import Indexer, Lines
from inspector.tui.lighting import Group, Marks, Spot, lit_lines, look_up
from inspector.tui.names import SHORT
from inspector.tui.panes.marks import Strength
from inspector.tui.words import pins
from inspector.tui.workspace import StagePane

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

HEAD_START = 1 / 30
"""Seconds that new texts get to be painted in, two frames, before links are looked at.

Textual's call_after_refresh is no help here: it comes before the panes have even asked to be painted.
"""


class Linker:
    """Lights up the panes.

    Args:
        main: holds the panes and the session.
    """

    def __init__(self, main: MainScreen) -> None:
        self.main = main
        self.scrolls = True
        """Whether a move scrolls the other panes."""
        self._indexer = Indexer(main, self._relight, self._seen_lines)
        self._asked: Spot | None = None
        self._group: Group | None = None
        self._pinned: dict[Spot, Group | None] = {}
        """Places whose relatives stay lit while the cursor moves on; None until they are looked up again."""
        self._scrolled: set[str] = set()
        """Artifacts that have been scrolled for the place asked about; once is enough."""
        self._due = False

    @property
    def index(self) -> LinkIndex:
        """The newest index there is; it may not hold the links of this very moment yet."""
        return self._indexer.index

    @property
    def group(self) -> Group | None:
        """The place asked about, and all that belongs to it."""
        return self._group

    @property
    def settled(self) -> bool:
        """Whether everything that is known is lit."""
        return not self._due and self._indexer.current

    @property
    def pinned(self) -> tuple[Spot, ...]:
        """The places that are kept lit, the newest last."""
        return tuple(self._pinned)

    # --- following the cursor -------------------------------------------------------------------------------

    def follow(self, pane: StagePane, position: Position) -> None:
        """Lights up and scrolls to what belongs to the place that a person moved to."""
        if pane.artifact is None:
            return
        self._asked = (pane.artifact.id, position)
        self._group = self._look_up(self._asked)
        self._switch_panes(pane)
        self._scrolled = {pane.artifact.id}
        self.draw()

    def refresh(self) -> None:
        """Lights up again, as soon as what changed in the panes is painted."""
        if not self._due:
            self._due = True
            self.main.set_timer(HEAD_START, self._refresh_now)

    def _refresh_now(self) -> None:
        self._due = False
        if not self._indexer.update():
            self._relight()

    def _relight(self) -> None:
        """Panes or links changed; a text that was not on screen before comes into sight."""
        if self._asked is None:
            self._begin()
        if self._asked is not None:
            self._group = self._look_up(self._asked)
        self._pinned = {spot: self._look_up(spot) for spot in self._pinned}
        self.draw()

    def _begin(self) -> None:
        """Before anyone has moved, the target's first line with a graph node lights up, and all that it becomes."""
        artifact = self.main.view.stage_artifact(Stage.SOURCE)
        if artifact is None:
            return
        pane = self.main.workspace.pane(Stage.SOURCE)
        if pane is not None and pane.artifact is not artifact:
            return
        by_id = self.main.session.capture.by_id
        for line in sorted(line for line in self.index.linked_lines(artifact.id) if line >= artifact.focus):
            became = self.index.relatives(artifact.id, line).by_artifact
            items = [by_id[item] for item in became if item in by_id]
            if any(item.stage.order >= Stage.DYNAMO.order and self.on_screen(item) for item in items):
                self._ask(artifact, line, pane)
                return
        where = self.main.session.compilation.place if self.main.session.compilation is not None else None
        if self.main.session.chosen and where is not None and where.file == artifact.path:
            self._ask(artifact, min(max(where.line, 1), len(artifact.lines)), pane)

    def _ask(self, artifact: Artifact, line: int, pane: StagePane | None) -> None:
        self._asked = (artifact.id, Position(line, 0))
        self._scrolled = {artifact.id}
        if pane is not None:
            pane.goto(line)

    def clear(self) -> None:
        """Forgets the place asked about and the pinned ones: another compile id is on screen."""
        self._asked = self._group = None
        self._pinned.clear()

    def restart(self) -> None:
        """Forgets the links too: another capture begins."""
        self.clear()
        self._indexer.clear()

    def _look_up(self, spot: Spot) -> Group | None:
        return look_up(self.index, self.main.session.capture.by_id, spot)

    def _seen_lines(self) -> Lines:
        return [
            (pane.artifact.id, row.line)
            for pane in self.main.workspace.shown
            if pane.artifact is not None
            for row in pane.visible_rows
        ]

    def _switch_panes(self, asked: StagePane) -> None:
        """Brings the kernel and source file that the relatives lie in into panes that show another one."""
        session, workspace = self.main.session, self.main.workspace
        if not self._group or asked.artifact is None:
            return
        by_id = session.capture.by_id
        related = [by_id[item] for item in self._group.relatives.by_artifact if item in by_id]
        changed = False
        for per_kernel in (True, False):
            panes = [
                pane
                for pane in workspace.shown
                if pane is not asked
                and pane not in workspace.pinned
                and (workspace.stage(pane).per_kernel if per_kernel else workspace.stage(pane) is Stage.SOURCE)
            ]
            wanted = [item for item in related if _same_family(item, per_kernel) and self.on_screen(item)]
            if not panes or not wanted or (asked.artifact.key is not None and per_kernel):
                continue
            if per_kernel:
                kernel = session.kernel or next(iter(session.kernels()), None)
                there = any(item.key == kernel for item in wanted)
            else:
                source = session.artifact(Stage.SOURCE)
                there = source in wanted
            if not there:
                session.select(wanted[0])
                changed = True
        if changed:
            self.main.view.refresh_panes()

    def on_screen(self, artifact: Artifact) -> bool:
        """Whether an artifact belongs to the compile id on screen."""
        return artifact.compile_id in (None, self.main.session.compile_id)

    # --- keeping a group lit --------------------------------------------------------------------------------

    def toggle_pin(self) -> None:
        """Keeps what belongs to the cursor's place lit while the cursor moves on, or lets it go."""
        pane = self.main.view.pane
        if pane is None or pane.artifact is None:
            return
        spot = (pane.artifact.id, pane.cursor)
        self.follow(pane, pane.cursor)
        if same := [kept for kept in self._pinned if (kept[0], kept[1].line) == (spot[0], spot[1].line)]:
            for kept in same:
                del self._pinned[kept]
        elif self._group is not None and self._group.relatives:
            self._pinned[spot] = self._group
        else:
            why = why_unlinked(self.main.session.capture, pane.artifact)
            self.main.notify(f"{why} So there is nothing to keep lit.", timeout=3)
        self.draw()

    def keep(self, spots: Iterable[Spot]) -> None:
        """Keeps what belongs to these places lit, in place of what was kept before."""
        self._pinned = {spot: self._look_up(spot) for spot in spots}
        self.draw()

    def clear_pins(self) -> None:
        """Lets go of everything that is kept lit."""
        if not self._pinned:
            self.main.notify("Nothing is kept lit: p keeps what belongs to a line.", timeout=3)
        self._pinned.clear()
        self.draw()

    # --- drawing --------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Lights up what is known, and marks what is noted."""
        for pane in self.main.workspace.shown:
            artifact = pane.artifact
            if artifact is None:
                continue
            asked = self._asked is not None and artifact.id == self._asked[0]
            lit = [] if self._group is None else [(self._group, Strength.ANCHOR if asked else Strength.RELATIVE)]
            lit += [(group, Strength.PINNED) for group in reversed(self._pinned.values()) if group is not None]
            marks = [lit_lines(self.index, group, artifact, strength) for group, strength in lit]
            pane.mark(Marks(self.index, artifact.id, marks))
            pane.mark_notes(self.main.noter.marks(artifact))
            found = self._group.found_in(artifact.id) if self._group is not None else ()
            if found and self.scrolls and artifact.id not in self._scrolled:
                self._scrolled.add(artifact.id)
                pane.reveal(found[0].span.start.line, found[0].span.last_line)
        self.main.status.update_words(*self.words())
        self.main.view.refresh_details()

    def _in_view(self) -> tuple[Spot | None, Group | None]:
        """The place that the status line is about: the one asked about, or what a single pane shows of it."""
        shown = self.main.workspace.shown
        artifact = shown[0].artifact if len(shown) == 1 else None
        if self._asked is None or artifact is None or artifact.id == self._asked[0]:
            return self._asked, self._group
        found = self._group.found_in(artifact.id) if self._group is not None else ()
        spot = (artifact.id, found[0].span.start if found else shown[0].cursor)
        return spot, self._look_up(spot)

    def words(self) -> tuple[str, str]:
        """The place asked about, and what it is linked to."""
        capture = self.main.session.capture
        asked, group = self._in_view()
        artifact = capture.by_id.get(asked[0]) if asked is not None else None
        if artifact is None or asked is None:
            empty = not capture.artifacts and not self.main.session.live
            return "", "This capture holds no text." if empty else "Move the cursor: what a line became lights up."
        line = asked[1].line
        where = place(artifact.path or artifact.id, line) if artifact.stage is Stage.SOURCE else ""
        where = where or f"{SHORT[artifact.stage]}:{line}"
        noted = self.main.noter.words()
        kept = pins(len(self._pinned)) + (f" · {noted}" if noted else "")
        by_id = {key: item for key, item in capture.by_id.items() if self.on_screen(item)}
        words = describe(group.relatives, artifact.id, by_id) if group is not None else None
        if words is not None and words.parts:
            room = self.main.status.room(self.main.app.size.width)
            return where, f"↔ {words.fitting(room - len(where) - len(kept) - 5)}{kept}"
        if not capture.links:
            return where, "no links yet" if self.main.session.compiling else "no link of this input is recorded"
        if group is not None and capture.by_id.keys() & group.relatives.by_artifact.keys() - {artifact.id}:
            return where, f"no pane shows what is linked to this line{kept}"
        known = capture.index.linked_lines(artifact.id)
        return where, f"{'nothing is linked to this line' if known else 'no link of this text is recorded'}{kept}"


def _same_family(artifact: Artifact, per_kernel: bool) -> bool:
    return artifact.kernel is not None if per_kernel else artifact.stage is Stage.SOURCE
