"""Profiles and numerics as the app drives them: asked of the worker, cancelled, shown, and followed to the texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from inspector import protocol
from inspector.model.artifact import Artifact, Position
from inspector.model.numerics import NodeNumerics, Numerics
from inspector.model.profile import Part, Profile, ProfileRow
from inspector.model.stage import Stage
from inspector.say.units import plural
from inspector.tui.panels import KEYS
from inspector.tui.profile.measuring import CANCELLING, Standing
from inspector.tui.race import worker_ready

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

_T = TypeVar("_T", Profile, Numerics)

PROFILE, NUMERICS = "profile", "numerics"
"""The two panels."""


class Profiler:
    """Asks the worker, and goes where rows lead.

    Args:
        main: holds the source, the session, the panels and the panes.
    """

    def __init__(self, main: MainScreen) -> None:
        self.main = main
        self._asked: protocol.RunProfile | None = None
        """What the worker carries out now."""
        self._busy = ""
        self._notes = {PROFILE: "", NUMERICS: ""}
        self._shapes = {PROFILE: "", NUMERICS: ""}
        """The shape on screen in each panel; empty for the newest."""

    # --- asking ---------------------------------------------------------------------------------------------

    def ask(self, request: protocol.RunProfile) -> None:
        """Has the worker measure or compare."""
        if not worker_ready(self.main, "Measuring starts"):
            return
        if self._asked is not None:
            self.main.notify("The worker is measuring already; Esc cancels it.", timeout=3)
            return
        assert self.main.source is not None
        self._asked, self._busy = request, "waiting for the worker"
        self._notes[_panel(request)] = ""
        self.main.source.send(request)
        self.draw()

    def cancel(self) -> None:
        """Has the worker stop at its next step."""
        if self._asked is not None and self.main.source is not None:
            self._busy = CANCELLING
            self.main.source.send(protocol.CancelProfile())
            self.draw()

    def restart(self) -> None:
        """Another capture begins, or the worker has ended."""
        self._asked, self._busy = None, ""
        self._notes = {PROFILE: "", NUMERICS: ""}
        self._shapes = {PROFILE: "", NUMERICS: ""}

    def ended(self) -> None:
        """There is no worker any more to answer."""
        if self._asked is not None:
            self._end("The worker ended before it was done.")

    def hear(self, event: protocol.Message) -> bool:
        """Takes an event of the worker's in; says whether it was an answer to what was asked here."""
        if self._asked is None:
            return False
        match event:
            case protocol.Progress(phase):
                if self._busy != CANCELLING:
                    self._busy = phase
                return False
            case protocol.Profiled():
                self._answered(_panel(self._asked), event)
                return True
            case protocol.Failed(fatal=False) if self.main.session.shape_pending is None:
                words = f"{event.message} {event.hint}".strip()
                self.main.notify(words, severity="error", timeout=10)
                self._end(words)
                return True
        return False

    def _answered(self, asked: str, event: protocol.Profiled) -> None:
        for panel, result in ((PROFILE, event.profile), (NUMERICS, event.numerics)):
            if result is not None:
                self._shapes[panel] = str(result.shape)
        self._end("Cancelled." if event.cancelled else "")
        if asked not in self.main.panels.shown() and not event.cancelled:
            self.main.notify(f"Measured: {KEYS[asked]} shows it.", timeout=4)

    def _end(self, note: str) -> None:
        if self._asked is not None:
            self._notes[_panel(self._asked)] = note
        self._asked, self._busy = None, ""

    # --- showing --------------------------------------------------------------------------------------------

    def draw(self) -> None:
        """Gives the panels what is known; one that was never shown is not there yet."""
        capture, panels = self.main.session.capture, self.main.panels
        if panels.profile is not None:
            profile, at = _chosen(capture.profiles, self._shapes[PROFILE])
            panels.profile.update_profile(profile, self._standing(PROFILE), (at, len(capture.profiles)))
        if panels.numerics is not None:
            numerics, at = _chosen(capture.numerics, self._shapes[NUMERICS])
            panels.numerics.update_numerics(numerics, self._standing(NUMERICS), (at, len(capture.numerics)))

    def _standing(self, panel: str) -> Standing:
        session = self.main.session
        live = session.live and session.outcome is None and self.main.source is not None
        note = self._notes[panel]
        if live and session.compiling:
            live, note = False, "It can be measured when the compile is done."
        return Standing(live, self._busy, note, session.capture.warnings)

    def step(self, panel: str, by: int) -> None:
        """Another of the shapes that were measured."""
        capture = self.main.session.capture
        shapes = [item.shape for item in (capture.profiles if panel == PROFILE else capture.numerics)]
        if shapes:
            at = shapes.index(self._shapes[panel]) if self._shapes[panel] in shapes else len(shapes) - 1
            self._shapes[panel] = shapes[(at + by) % len(shapes)]
            self.draw()

    # --- following ------------------------------------------------------------------------------------------

    def open(self, row: ProfileRow | NodeNumerics) -> None:
        """Goes to the text of a row: a kernel, the nodes that call an operator, or the node that was compared."""
        if isinstance(row, NodeNumerics):
            self._open_node(row)
        elif row.part is Part.KERNEL:
            self._open_kernel(row)
        elif row.part is Part.OPERATOR:
            self._open_operator(row)

    def _open_kernel(self, row: ProfileRow) -> None:
        found = self.main.session.capture.find(Stage.KERNEL, row.compile_id or None, row.name)
        if not found:
            self.main.notify(f"This capture does not hold the text of {row.name}.", timeout=4)
            return
        self._go(found[0], found[0].focus)

    def _open_operator(self, row: ProfileRow) -> None:
        from inspector.link.numerics import lines_calling

        session = self.main.session
        for stage in (Stage.ATEN, Stage.ATEN_BACKWARD):
            for graph in session.capture.find(stage, session.compile_id):
                if lines := lines_calling(graph, row.name):
                    self._go(graph, lines[0])
                    if len(lines) > 1:
                        self.main.linker.keep([(graph.id, Position(line, 0)) for line in lines])
                        words = plural(len(lines), "node calls", "nodes call")
                        self.main.notify(f"{words} {row.name}, and stay lit; x lets go of them.", timeout=4)
                    return
        self.main.notify(f"No ATen node calls {row.name}: it was decomposed, or stands in eager alone.", timeout=5)

    def _open_node(self, node: NodeNumerics) -> None:
        from inspector.link.numerics import graph_of

        capture = self.main.session.capture
        numerics, _ = _chosen(capture.numerics, self._shapes[NUMERICS])
        graphs = numerics.node_graphs if numerics is not None else ()
        nodes = next((item for item in graphs if node in item.nodes), None)
        graph = graph_of(nodes, capture) if nodes is not None else None
        if graph is None or node.line is None:
            self.main.notify(f"This capture does not hold the graph of {node.node}.", timeout=4)
            return
        self._go(graph, node.line)

    def _go(self, artifact: Artifact, line: int) -> None:
        view = self.main.view
        if not view.layout.panel_rows:  # the panel covers what there was no room for beside it
            view.panel_size = ""
            view.arrange()
        text = artifact.lines[line - 1] if 1 <= line <= len(artifact.lines) else ""
        self.main.jumper.go(artifact, Position(max(1, line), len(text) - len(text.lstrip())))


def _panel(request: protocol.RunProfile) -> str:
    return PROFILE if request.times else NUMERICS


def _chosen(known: Sequence[_T], shape: str) -> tuple[_T | None, int]:
    """The one of a shape, else the last, and its place from 1."""
    at = next((number for number, item in enumerate(known) if item.shape == shape), len(known) - 1)
    return (known[at] if known else None), at + 1
