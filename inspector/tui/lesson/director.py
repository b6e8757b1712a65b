"""What a step of a lesson wants of the desk: panes, lights, another capture, another shape, the race. Pure.

What needs something that the compiler has not made yet waits, in order, and is asked for again at each of its updates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from inspector.lessons.lesson import Step
from inspector.model.artifact import Artifact, Position
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.tui.desk.intents import (
    Begin,
    Do,
    Follow,
    Go,
    Here,
    Intent,
    ShowCompileId,
    ShowPanel,
    ShowStage,
    ShowStages,
    ToShape,
)
from inspector.tui.desk.state import Desk


class Waits(Enum):
    """What a step asks for, in the order in which it comes about."""

    COMPILE_ID = auto()
    LIGHT = auto()
    LIGHT_ALL = auto()
    """Once every link is known: a relative may lie in a text that no pane shows yet."""
    SHAPE = auto()
    RACE = auto()


def first(desk: Desk, step: Step, request: CaptureRequest, now: float) -> list[Intent]:
    """What is done at once when a step begins."""
    intents: list[Intent] = []
    if desk.runner in ("running", "warming") and not step.race:
        intents.append(Do.RACE)
    if desk.live and desk.request != request:
        intents.append(Begin(now, request))
    return [*intents, *panes(step)]


def panes(step: Step) -> list[Intent]:
    """The step's panes, as many as there is room for."""
    show = step.show
    if not show.panes:
        return []
    return [ShowStages(tuple(show.panes), show.light.stage if show.light is not None else show.panes[0])]


def waits(step: Step) -> tuple[Waits, ...]:
    """What a step asks for that may have to wait."""
    asked = {
        Waits.COMPILE_ID: step.show.compile_id,
        Waits.LIGHT: step.show.light,
        Waits.LIGHT_ALL: step.show.light,
        Waits.SHAPE: step.shape != (None, None),
        Waits.RACE: step.race,
    }
    return tuple(item for item, wanted in asked.items() if wanted)


def complete(desk: Desk, waiting: tuple[Waits, ...]) -> bool:
    """Whether the capture on screen is all that the step speaks of."""
    return desk.compiled is not None and desk.shape_pending is None and Waits.SHAPE not in waiting


@dataclass(frozen=True)
class Moment:
    """What decides whether something that waits can come about."""

    desk: Desk
    step: Step
    waiting: tuple[Waits, ...]
    here: Here
    """Where the person is: one who has moved on is left alone."""

    def due(self) -> tuple[Waits, list[Intent]] | None:
        """The first of what waits that can come about, and the intents for it; None where all has to wait on."""
        for item in self.waiting:
            if (intents := _READY[item](self)) is not None:
                return item, intents
        return None

    def compile_id(self) -> list[Intent] | None:
        """The step's compile id."""
        wanted = self.step.show.compile_id
        if wanted is None or not self.desk.has_graph(wanted):
            return None
        return [ShowCompileId(wanted)] if self.desk.compile_id != wanted else []

    def light(self) -> list[Intent] | None:
        """The cursor on the step's line."""
        found = self._lit()
        if Waits.COMPILE_ID in self.waiting or found is None:
            return None
        return [Go(found[0].id, Position(found[1], 0))]

    def light_all(self) -> list[Intent] | None:
        """All that belongs to that line."""
        if Waits.LIGHT in self.waiting or not complete(self.desk, self.waiting) or not self.desk.settled:
            return None
        found, spot = self._lit(), self.here.spot
        if found is None or spot is None or spot != (found[0].id, Position(found[1], 0)):
            return []
        return [Follow(spot)]

    def _lit(self) -> tuple[Artifact, int] | None:
        light = self.step.show.light
        if light is None:
            return None
        wanted = None if light.stage is Stage.SOURCE else self.step.show.compile_id
        for artifact in self.desk.capture.find(light.stage, wanted):
            if (line := light.line_of(artifact.lines)) is not None:
                return artifact, line
        return None

    def shape(self) -> list[Intent] | None:
        """The step's shape."""
        desk, (batch, seq) = self.desk, self.step.shape
        if desk.compiled is None or desk.shape_pending is not None:
            return None
        return [ToShape(desk.batch if batch is None else batch, desk.seq if seq is None else seq)]

    def race(self) -> list[Intent] | None:
        """The race, in sight."""
        desk = self.desk
        if not complete(desk, self.waiting):
            return None
        seen = desk.panel == "latency" and "latency" in desk.panels_shown
        seen = seen and not desk.zoomed and desk.panel_size != "hidden" and not desk.cramped
        intents: list[Intent] = [] if seen else [ShowPanel("latency"), ShowStage(desk.stage)]
        return intents if desk.runner in ("running", "warming") else [*intents, Do.RACE]


_READY: dict[Waits, Callable[[Moment], list[Intent] | None]] = {
    Waits.COMPILE_ID: Moment.compile_id,
    Waits.LIGHT: Moment.light,
    Waits.LIGHT_ALL: Moment.light_all,
    Waits.SHAPE: Moment.shape,
    Waits.RACE: Moment.race,
}
