"""What stands where on the main screen, and the moves between: stages, focus, zoom, pins, panels, size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inspector.model.artifact import Position
from inspector.model.stage import Stage
from inspector.say.links import ABOUT
from inspector.say.names import place
from inspector.say.none import no_source
from inspector.say.units import plural
from inspector.tui import layout
from inspector.tui.keys import NUMBER_KEYS, shown_key
from inspector.tui.names import SHORT
from inspector.tui.widgets.stages import StageItem
from inspector.tui.widgets.state import StageState
from inspector.tui.workspace import StagePane

if TYPE_CHECKING:
    from inspector.model.artifact import Artifact
    from inspector.model.kernel import KernelKey
    from inspector.tui.main import MainScreen


SMALLEST_PANEL = 3
"""Rows below which a panel shows nothing that can be read."""


class View:
    """Draws the session into the widgets of the main screen.

    Args:
        main: holds the widgets and the session; the view decides what each of them shows.
    """

    def __init__(self, main: MainScreen) -> None:
        self.main = main
        self.zoomed = False
        self.panel_size = ""
        """`tall`, `hidden`, or empty for what the layout says."""
        self.layout = layout.layout_for(*main.room)
        self._wanted: tuple[Stage, ...] = layout.story(self.layout.panes)
        self._by_count: dict[int, tuple[Stage, ...]] = {}
        self._stage = self._wanted[0]

    # --- what is chosen -------------------------------------------------------------------------------------

    @property
    def pane(self) -> StagePane | None:
        """The pane that commands are about: the focused one, else the one focused last."""
        workspace = self.main.workspace
        if isinstance(self.main.focused, StagePane) and self.main.focused in workspace.shown:
            return self.main.focused
        return workspace.pane(self._stage) or (workspace.shown[0] if workspace.shown else None)

    @property
    def stage(self) -> Stage:
        """The stage in the chosen pane."""
        return self._stage

    def stage_artifact(self, stage: Stage) -> Artifact | None:
        """The text that the pane of a stage shows: the pinned one, else the session's."""
        pane = self.main.workspace.pane(stage)
        pinned = self.main.workspace.pinned.get(pane) if pane is not None else None
        if pinned is not None:
            return self.main.session.capture.by_id.get(pinned)
        return self.main.session.artifact(stage)

    def focused(self, pane: StagePane) -> None:
        """Takes note that a pane has the focus now."""
        self._stage = self.main.workspace.stage(pane)
        self._refresh_strip()

    # --- moves ----------------------------------------------------------------------------------------------

    def _slot(self) -> tuple[tuple[Stage, ...], int]:
        shown = layout.settle(self._wanted, self.main.session.stages())
        return shown, shown.index(self._stage) if self._stage in shown else 0

    def _set(self, stages: tuple[Stage, ...], stage: Stage) -> None:
        self._wanted, self._stage = stages, stage
        self.arrange()
        if (pane := self.main.workspace.pane(stage)) is not None:
            pane.focus()

    def choose(self, stage: Stage) -> None:
        """Shows a stage, in the chosen pane unless another shows it already, and goes there."""
        shown, slot = self._slot()
        if stage in self.main.session.stages():
            stages, _ = layout.choose(shown, slot, stage, self.main.session.stages())
            self._set(stages, stage)

    def show_stages(self, stages: Sequence[Stage], stage: Stage) -> None:
        """Shows exactly these stages, as many as there is room for, and goes to one of them."""
        ordered = tuple(sorted(dict.fromkeys(stages), key=lambda item: item.order))
        if len(ordered) > self.layout.panes:
            slot = ordered.index(stage) if stage in ordered else 0
            ordered = layout.resize(ordered, slot, self.layout.panes, self.main.session.stages())
        self._set(ordered, stage if stage in ordered else ordered[0])

    def choose_number(self, number: int) -> None:
        """Shows the stage with this place in the strip, 0 for the first."""
        stages = self.main.session.stages()
        if number < len(stages):
            self.choose(stages[number])

    def step(self, by: int) -> None:
        """Shows the next or previous stage in the chosen pane."""
        shown, slot = self._slot()
        if shown:
            stages, slot = layout.step(shown, slot, by, self.main.session.stages())
            self._set(stages, stages[slot])

    def slide(self, by: int) -> None:
        """Moves every pane one stage on or back."""
        shown, slot = self._slot()
        if shown:
            stages = layout.slide(shown, by, self.main.session.stages())
            self._set(stages, stages[slot])

    def default_stages(self) -> None:
        """Shows the story."""
        stages = layout.settle(layout.story(self.layout.panes), self.main.session.stages())
        if stages:
            self._set(stages, self._stage if self._stage in stages else stages[0])

    def focus_step(self, by: int) -> None:
        """Moves the focus over the panes, then over the panels."""
        ring = [*self.main.workspace.shown]
        stops = [*ring, *(item for item in self.main.panels.widgets.values() if item.focusable and item.display)]
        if not self.main.panels.display or not self.layout.panel_rows:
            stops = [*ring]
        around = self.main.focused.ancestors_with_self if self.main.focused is not None else []
        at = next((number for number, stop in enumerate(stops) if stop in around), -1 if by > 0 else 0)
        if stops:
            stops[(at + by) % len(stops)].focus()

    def toggle_zoom(self) -> None:
        """Gives the chosen pane the whole screen, or takes it back."""
        self.zoomed = not self.zoomed
        self.arrange()

    def toggle_pin(self) -> None:
        """Keeps the chosen pane on its text, or lets it go."""
        pane = self.pane
        if pane is None or pane.artifact is None:
            return
        if self.main.workspace.pinned.pop(pane, None) is None:
            self.main.workspace.pinned[pane] = pane.artifact.id
        self.refresh_panes()

    def copy_all(self) -> None:
        """Copies the chosen pane's whole text."""
        pane = self.pane
        if pane is not None and pane.artifact is not None:
            self.main.app.copy_to_clipboard(pane.artifact.text)
            self.main.notify(f"{plural(len(pane.artifact.lines), 'line')} copied.", timeout=2)

    def first_stages(self) -> tuple[Stage, ...]:
        """The stages to make panes for at the start."""
        return (self._stage,) if self.layout.panes == 1 else self._slot()[0]

    def show_compile_id(self, compile_id: str) -> None:
        """Puts a compile id on screen."""
        session = self.main.session
        session.show(compile_id)
        where = session.compilation.place if session.compilation is not None else None
        if where is not None and (file := next((item for item in session.sources() if item.path == where.file), None)):
            session.select(file)
        self.main.linker.clear()
        self.main.jumper.clear()
        self.refresh()

    def show_kernel(self, key: KernelKey) -> None:
        """Puts a kernel into the panes that show one per kernel; shows the kernel stage if none does."""
        self.main.session.kernel = key
        if not any(stage.per_kernel for stage in self.main.workspace.stages):
            self.choose(Stage.KERNEL)
        self.refresh()

    def show_artifact(self, artifact: Artifact) -> None:
        """Puts a text on screen, wherever it belongs."""
        self.main.session.select(artifact)
        self.choose(artifact.stage)
        self.refresh()

    def show_any(self, artifact: Artifact) -> None:
        """Puts any text on screen; one that no pane shows by itself is pinned to the chosen pane."""
        if artifact.stage is not Stage.OTHER:
            self.show_artifact(artifact)
        pane = self.pane
        if pane is not None and pane.artifact is not artifact and pane.artifact != artifact:
            self.main.workspace.pinned[pane] = artifact.id
            self.refresh_panes()
            self.main.notify("* lets this pane go back to its stage.", timeout=3)

    def go_to_place(self, file: str, line: int) -> None:
        """Goes to a line of a source file, if the capture holds that file."""
        for artifact in self.main.session.sources():
            if artifact.path == file or artifact.id.partition(":")[2] == file:
                self.main.jumper.go(artifact, Position(line, 0))
                return
        others = bool(self.main.session.sources())
        self.main.notify(no_source(place(file, line), others=others), timeout=6)

    # --- size -----------------------------------------------------------------------------------------------

    def resized(self) -> None:
        """Takes the terminal's new size; the chosen stage stays on screen."""
        new = layout.layout_for(*self.main.room)
        if new.panes != self.layout.panes:
            shown, slot = self._slot()
            self._by_count[self.layout.panes] = shown
            before = self._by_count.get(new.panes, ())
            if self._stage in before:
                self._wanted = before
            else:
                self._wanted = layout.resize(shown, slot, new.panes, self.main.session.stages())
        self.layout = new
        self.arrange()

    def show_panel(self, name: str) -> None:
        """Shows a panel below, whatever hid it: the zoom, or that the panels are put away.

        The same again, or escape, puts a panel away that there was no room for. Where none fits, that is said.
        """
        panels = self.main.panels
        if name not in panels.names:
            self.main.notify(f"An opened capture has no {name} to show.", timeout=3)
            return
        seen = self._panel_rows() > 0
        self.zoomed = False
        if seen and name == panels.active and not self.layout.panel_rows:
            self.panel_size = ""
        elif not seen:
            self.panel_size = "" if self.layout.panel_rows else "tall"
            if self._panel_rows() < SMALLEST_PANEL or layout.too_small(*self.main.app.size):
                self.panel_size = ""
                self.main.notify(f"There is no room for the {name} here: a taller terminal has it.", timeout=4)
        panels.choose(name)
        self.arrange()
        widget = panels.widget(name)
        if self._panel_rows() and widget.focusable:
            widget.focus()
        elif (pane := self.pane) is not None:
            pane.focus()
        self.race_if_seen()

    def race_if_seen(self) -> None:
        """Lets the runner begin when its panel is in sight."""
        self.main.race.visible("latency" in self.main.panels.shown() and self._panel_rows() > 0)

    def cycle_panel_size(self) -> None:
        """Taller, hidden, as the layout has it."""
        self.panel_size = {"": "tall", "tall": "hidden", "hidden": ""}[self.panel_size]
        self.arrange()

    def _panel_rows(self) -> int:
        if self.zoomed or self.panel_size == "hidden":
            return 0
        return self.main.room.height * 3 // 5 if self.panel_size == "tall" else self.layout.panel_rows

    # --- drawing --------------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Puts panes and panels where they belong, and draws them."""
        workspace, panels = self.main.workspace, self.main.panels
        shown, _ = self._slot()
        if self._stage not in shown and shown:
            self._stage = min(shown, key=lambda stage: abs(stage.order - self._stage.order))
        one = self.zoomed or self.layout.panes == 1
        stages = (self._stage,) if one and shown else shown
        workspace.fill_grid(stages, 1 if one else self.layout.columns, 1 if one else self.layout.rows)
        panels.fit(self._panel_rows(), self.layout.panels)
        hidden = self.zoomed or self.panel_size == "hidden"
        panels.display = not (hidden or layout.too_small(*self.main.app.size))
        focused = self.main.focused
        if (focused is None or not focused.display) and (pane := workspace.pane(self._stage)) is not None:
            pane.focus()
        self.refresh()

    def refresh(self) -> None:
        """Draws everything from the session."""
        session = self.main.session
        if layout.settle(self._wanted, session.stages()) != self.main.workspace.stages and not (
            self.zoomed or self.layout.panes == 1
        ):
            self.arrange()
            return
        self._refresh_strip()
        self.refresh_header()
        self.refresh_panes()
        self.refresh_panels()

    def refresh_header(self) -> None:
        """The top row; cheap, called many times a second while something is going on."""
        main = self.main
        main.header.update_session(main.session, main.clock(), main.frame, zoomed=self.zoomed)

    def tick(self) -> None:
        """A tenth of a second has passed while compiling: the clock and the words of waiting panes move on."""
        self.refresh_header()
        for pane in self.main.workspace.shown:
            if pane.artifact is None:
                self._show_waiting(pane)

    def _refresh_strip(self) -> None:
        shown = self.main.workspace.stages
        states = self.main.session.states()
        hotkeys = [shown_key(key) for key in NUMBER_KEYS[: len(states)]] + [" "] * (len(states) - len(NUMBER_KEYS))
        items = [
            StageItem(stage.value, stage.heading, SHORT[stage], state, visible=stage in shown, hotkey=hotkey)
            for (stage, state), hotkey in zip(states, hotkeys, strict=True)
        ]
        self.main.strip.update_stages(items, self._stage.value)

    def refresh_panes(self) -> None:
        """Puts the right text into every pane on screen; links light up once that is painted."""
        states = dict(self.main.session.states())
        for pane in self.main.workspace.shown:
            if not pane.sized:
                continue
            stage = self.main.workspace.stage(pane)
            artifact = self.stage_artifact(stage)
            state = states.get(stage, StageState.WAITING)
            if artifact is None:
                self._show_waiting(pane)
            else:
                pinned = "pinned" if pane in self.main.workspace.pinned else ""
                detail = " · ".join(filter(None, (_detail(artifact), pinned)))
                if pane.artifact is not artifact or (pane.state, pane.detail) != (state, detail):
                    if pane.artifact is not artifact:
                        self.main.race.hold()
                    pane.show(artifact, state=state, detail=detail)
        self.main.linker.refresh()

    def _show_waiting(self, pane: StagePane) -> None:
        stage = self.main.workspace.stage(pane)
        state = dict(self.main.session.states()).get(stage, StageState.WAITING)
        words = self._waiting_words(stage, state)
        if pane.artifact is not None or (pane.heading, pane.state, pane.detail) != (stage.heading, state, words):
            pane.show_state(stage.heading, state, words)

    def _waiting_words(self, stage: Stage, state: StageState) -> str:
        session = self.main.session
        if state is StageState.FAILED:
            message = session.outcome.message if session.outcome is not None else "the compiler failed here"
            return f"failed: {message}"
        if session.failed:
            return "The compile did not get this far."
        if session.outcome is not None or not session.live:
            return f"This capture has no {stage.heading}."
        return f"{session.activity}…" if state is StageState.LIVE else ABOUT[stage]

    def refresh_panels(self) -> None:
        """Gives the panels their data."""
        session, panels = self.main.session, self.main.panels
        phases, zero = session.phases()
        running = any(phase.duration is None for phase in phases)
        live = running and session.live and session.outcome is None
        now = session.phase_now(self.main.clock()) - zero if live else None
        panels.phases.update_phases(phases, now=now)
        self.refresh_details()
        self.main.race.draw()
        self.main.profiler.draw()

    def refresh_details(self) -> None:
        """The details, where they are on screen: notes at the cursor first."""
        session, details = self.main.session, self.main.panels.details
        if details.display:
            shown = session.artifact(Stage.KERNEL)
            key = shown.key if shown is not None else None
            details.update_capture(session.capture, session.compile_id, key, self.main.noter.section())


def _detail(artifact: Artifact) -> str:
    if artifact.stage is Stage.SOURCE:
        return place(artifact.path or artifact.id.partition(":")[2])
    return artifact.kernel or artifact.variant or artifact.compile_id or ""
