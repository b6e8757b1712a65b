"""The widgets of the desk: given a state, each shows what is its own. They compare it with what they have."""

from __future__ import annotations

from collections.abc import Callable

from inspector.model.artifact import Position
from inspector.model.stage import Stage
from inspector.tui.desk import drawing, edits, heading, notes, pricing, versions
from inspector.tui.desk.parts import NUMERICS, PRICE, PROFILE
from inspector.tui.desk.state import Desk, looks_alike
from inspector.tui.header import Header
from inspector.tui.panels import Panels
from inspector.tui.status import StatusLine
from inspector.tui.widgets.stages import StageStrip
from inspector.tui.workspace import StagePane, Workspace


class Picture:
    """What is on screen, from top to bottom.

    Args:
        desk: the first state.
        clock: seconds from some start; what runs grows by it.
    """

    def __init__(self, desk: Desk, clock: Callable[[], float]) -> None:
        self.header = Header()
        self.strip = StageStrip(id="strip")
        self.workspace = Workspace(desk.shown)
        self.panels = Panels(desk.panel_names, clock)
        self.status = StatusLine()
        self._clock = clock
        self._drawn: Desk | None = None
        self._scrolled: tuple[int, set[str]] = (0, set())
        """Texts that were scrolled for the place asked about; once is enough."""

    def pane(self, desk: Desk) -> StagePane | None:
        """The pane that commands are about."""
        return self.workspace.pane(desk.stage) or next(iter(self.workspace.shown), None)

    def cursor(self, desk: Desk) -> Position:
        """Where its cursor stands."""
        pane = self.pane(desk)
        return pane.place if pane is not None else Position(1, 0)

    def sized(self) -> frozenset[Stage]:
        """The stages on screen whose pane has a size."""
        return frozenset(self.workspace.stage(pane) for pane in self.workspace.shown if pane.sized)

    def seen(self) -> list[tuple[str, int]]:
        """Texts, and their lines on screen."""
        panes = self.workspace.shown
        return [(pane.text.id, line) for pane in panes if pane.text for line in pane.seen()]

    # --- drawing --------------------------------------------------------------------------------------------

    def draw(self, desk: Desk) -> bool:
        """Everything but the lights, where it is another; says whether a pane shows another text."""
        if self._drawn is not None and looks_alike(desk, self._drawn):
            return False
        self._drawn, fits = desk, desk.layout
        columns, rows = (1, 1) if desk.one else (fits.columns, fits.rows)
        self.workspace.fill_grid(desk.shown, columns, rows, desk.stage if desk.grown else None)
        self.panels.fit(desk.panel, desk.panel_rows, fits.panels)
        self.panels.display = not (desk.zoomed or desk.panel_size == "hidden" or desk.cramped)
        self.strip.update_stages(drawing.strip(desk), desk.stage.value)
        self.draw_header(desk)
        self._draw_panels(desk)
        return self.draw_panes(desk)

    def draw_header(self, desk: Desk) -> None:
        """The top row; cheap, many times a second while something is going on."""
        now = self._clock()
        self.header.show(heading.left(desk), heading.right(desk, now, int(desk.elapsed(now) * 10)))

    def draw_panes(self, desk: Desk) -> bool:
        """The text of each pane that has a size; says whether one is another than before."""
        new, prices = False, pricing.shown(desk)
        for pane in self.workspace.shown:
            if pane.sized:
                stage = self.workspace.stage(pane)
                face = drawing.face(desk, stage)
                price = prices.of(face.text) if prices is not None and face.text is not None else None
                new |= pane.show_face(stage.heading, face.text, face.state, face.detail, desk.taste, price)
        return new

    def _draw_panels(self, desk: Desk) -> None:
        panels, capture, shapes = self.panels, desk.capture, desk.measuring.shapes
        phases, zero = desk.phases
        running = desk.live and desk.outcome is None and any(phase.duration is None for phase in phases)
        panels.phases.update_phases(phases, now=desk.phase_now(self._clock()) - zero if running else None)
        run, note = drawing.race(desk)
        panels.latency.update_run(run, state=desk.runner, note=note, warnings=capture.warnings)
        if panels.profile is not None:
            profile, at = drawing.measured(capture.profiles, shapes.get(PROFILE, ""))
            panels.profile.update_profile(profile, drawing.standing(desk, PROFILE), (at, len(capture.profiles)))
        if panels.numerics is not None:
            numerics, at = drawing.measured(capture.numerics, shapes.get(NUMERICS, ""))
            panels.numerics.update_numerics(numerics, drawing.standing(desk, NUMERICS), (at, len(capture.numerics)))
        if panels.price is not None:
            price, at = drawing.measured(capture.prices, shapes.get(PRICE, ""))
            known = desk.prices if desk.prices is not None and desk.prices.price is price else None
            panels.price.update_price(price, known, drawing.standing(desk, PRICE), (at, len(capture.prices)))
        if panels.why.display:
            panels.why.update_sections(drawing.findings(desk))
        self._draw_details(desk)

    def _draw_details(self, desk: Desk) -> None:
        if self.panels.details.display:
            kernel = desk.artifact(Stage.KERNEL)
            key = kernel.key if kernel is not None else None
            self.panels.details.update_capture(desk.capture, desk.compile_id, key, notes.section(desk))

    def light(self, desk: Desk, width: int) -> None:
        """Lights up what is known, marks what is noted, and brings what belongs together into sight.

        Args:
            desk: the state.
            width: of the bottom row, which says what is linked.
        """
        if self._scrolled[0] != desk.asks:
            self._scrolled = desk.asks, {desk.asked[0]} if desk.asked is not None else set()
        for pane in self.workspace.shown:
            if (artifact := pane.text) is None:
                continue
            pane.light(drawing.lights(desk, artifact))
            pane.light_notes(notes.marks(desk, artifact))
            pane.light_changes(versions.changes(desk, artifact) or edits.changes(desk, artifact))
            found = desk.group.found_in(artifact.id) if desk.group is not None else ()
            if found and desk.scrolls and artifact.id not in self._scrolled[1]:
                self._scrolled[1].add(artifact.id)
                pane.bring([item.span for item in found])
        self.draw_header(desk)
        cut = drawing.status(desk, self.cursor(desk), self.status.room(width))
        self.status.update_words(cut.place, cut.after, cut.before)
        self._draw_details(desk)
