"""Carries out a step: panes, lights, another capture, another shape, the race; each as soon as it can be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.model.artifact import Artifact, Position
from inspector.model.stage import Stage

if TYPE_CHECKING:
    from inspector.lessons.course import Course
    from inspector.lessons.lesson import Light
    from inspector.tui.main import MainScreen

_LINKS = 0.1
"""Seconds between two looks whether all links are known."""


class Director:
    """Puts a step on the main screen.

    What needs something that the compiler has not made yet waits, in order, and is tried again at each of its updates.

    Args:
        main: holds the panes, the session and the race.
        course: the lesson and how far it is.
    """

    def __init__(self, main: MainScreen, course: Course) -> None:
        self.main = main
        self.course = course
        self._waiting: list[Callable[[], bool]] = []

    @property
    def complete(self) -> bool:
        """Whether the capture on screen is all that the step speaks of."""
        session = self.main.session
        return session.compiled is not None and session.shape_pending is None and not self._reshapes

    @property
    def _reshapes(self) -> bool:
        return self._shape in self._waiting

    def begin(self) -> None:
        """Does what the step asks for, as far as that is possible now."""
        step = self.course.step
        self._stop_race()
        self._switch()
        self.arrange()
        steps: list[tuple[object, Callable[[], bool]]] = [
            (step.show.compile_id, self._compile_id),
            (step.show.light, self._light),
            (step.show.light, self._light_all),
            (step.shape != (None, None), self._shape),
            (step.race, self._race),
        ]
        self._waiting = [action for asked, action in steps if asked]
        self.pursue()

    def arrange(self) -> None:
        """Shows the step's panes, as many as there is room for."""
        show = self.course.step.show
        if show.panes:
            self.main.view.show_stages(show.panes, show.light.stage if show.light is not None else show.panes[0])

    def pursue(self) -> None:
        """Tries again what waits."""
        for action in tuple(self._waiting):
            if action():
                self._waiting.remove(action)

    # --- each returns whether it is done --------------------------------------------------------------------

    def _switch(self) -> None:
        source, wanted = self.main.source, self.course.request
        if source is None or source.request == wanted:
            return
        source.request = wanted
        self.main.session.request, self.main.session.title = wanted, wanted.title
        self.main.begin()

    def _compile_id(self) -> bool:
        wanted = self.course.step.show.compile_id
        if wanted is None or not self.main.session.has_graph(wanted):
            return False
        if self.main.session.compile_id != wanted:
            self.main.view.show_compile_id(wanted)
        return True

    def _light(self) -> bool:
        if self._compile_id in self._waiting:
            return False
        light = self.course.step.show.light
        found = self._lit(light) if light is not None else None
        if found is None:
            return False
        artifact, line = found
        self.main.jumper.go(artifact, Position(line, 0))
        return True

    def _light_all(self) -> bool:
        """Once every link is known: a relative may lie in a text that no pane shows yet.

        A person who has moved on meanwhile is left alone.
        """
        if self._light in self._waiting or not self.complete:
            return False
        if not self.main.linker.settled:
            self.main.set_timer(_LINKS, self.pursue)
            return False
        light, pane = self.course.step.show.light, self.main.view.pane
        found = self._lit(light) if light is not None else None
        if found is not None and pane is not None and pane.artifact is not None:
            artifact, line = found
            if (pane.artifact.id, pane.cursor) == (artifact.id, Position(line, 0)):
                self.main.linker.follow(pane, pane.cursor)
        return True

    def _lit(self, light: Light) -> tuple[Artifact, int] | None:
        session = self.main.session
        wanted = None if light.stage is Stage.SOURCE else self.course.step.show.compile_id
        for artifact in session.capture.find(light.stage, wanted):
            if (line := light.line_of(artifact.lines)) is not None:
                return artifact, line
        return None

    def _shape(self) -> bool:
        session = self.main.session
        if session.compiled is None or session.shape_pending is not None:
            return False
        batch, seq = self.course.step.shape
        self.main.race.to_shape(session.batch if batch is None else batch, session.seq if seq is None else seq)
        return True

    def _race(self) -> bool:
        if not self.complete:
            return False
        main = self.main
        if main.panels.active != "latency" or "latency" not in main.panels.shown() or not main.panels.display:
            main.view.show_panel("latency")
            if (pane := main.workspace.pane(main.view.stage)) is not None:
                pane.focus()
        if main.session.runner not in ("running", "warming"):
            main.race.toggle()
        return True

    def _stop_race(self) -> None:
        if self.main.session.runner in ("running", "warming") and not self.course.step.race:
            self.main.race.toggle()
