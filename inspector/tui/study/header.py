"""The two rows above: what is studied and how far it is, and where."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from inspector.client.logs import sanitise
from inspector.say.units import plural
from inspector.study.words import clock, short
from inspector.tui.study.parts import PlanState, RunState, StudyState
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState

_QUIET = "$foreground 60%"
Part = tuple[str, str] | str


class StudyHeader(Widget):
    """One row: the study's name and how many runs are finished on the left, what is being done on the right.

    Args:
        title: of the study.
    """

    DEFAULT_CSS = """
    StudyHeader { dock: top; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self, title: str) -> None:
        super().__init__(id="header")
        self._title = sanitise(title)
        self._state: StudyState | None = None
        self._frame = 0

    def update_state(self, state: StudyState | None, frame: int) -> None:
        """Draws anew.

        Args:
            state: of the plan; None where results are only shown.
            frame: turns the spinner.
        """
        if (state, frame) != (self._state, self._frame):
            self._state, self._frame = state, frame
            self.refresh()

    def render(self) -> Content:
        """The row; words on the left give way."""
        width = self.size.width
        right = Content.assemble(*self._right(width), " ")
        room = max(0, width - right.cell_length)
        parts: list[Part] = [(" ◆  ", "$primary"), (self._title, "bold"), "  "]
        if self._state is not None and self._state.rows:
            done = self._state.count(RunState.DONE, RunState.KEPT)
            parts.append((f"{done} of {plural(len(self._state.rows), 'run', 'runs')}", _QUIET))
        left = Content.assemble(*parts).truncate(max(0, room - 1), ellipsis=True)
        return Content.assemble(left, " " * (room - left.cell_length), right)

    def _right(self, width: int) -> list[Part]:
        state = self._state
        if state is None:
            return [("finished results", _QUIET)]
        failed: list[Part] = []
        if state.failed:
            failed = [(f"{glyphs().states[StageState.FAILED]} {len(state.failed)} failed", "bold $error"), "  "]
        to_come = (f"  {state.count(RunState.TO_COME)} to come", _QUIET)
        words: list[Part] = []
        match state.plan:
            case PlanState.ESTIMATING:
                failed, phase = [], (f"  {sanitise(state.phase)}", _QUIET)
                words = [(f"{self._spinner} estimating memory", "bold $primary"), phase]
            case PlanState.RUNNING:
                words = self._run_words(state, width)
            case PlanState.WAITING:
                words = [("paused", "bold $warning"), to_come]
            case PlanState.BROKEN:
                words = [(f"{glyphs().states[StageState.FAILED]} cannot go on", "bold $error")]
            case PlanState.STOPPED:
                words = [("stopped", "bold $warning"), to_come]
            case PlanState.ENDED if not state.failed:
                words = [(f"{glyphs().states[StageState.DONE]} finished", "bold $success")]
        return [*failed, *words]

    @property
    def _spinner(self) -> str:
        frames = glyphs().spinner
        return frames[self._frame % len(frames)]

    def _run_words(self, state: StudyState, width: int) -> list[Part]:
        progress = state.progress
        if progress is None:
            return [(f"{self._spinner} next run", "bold $primary")]
        parts: list[Part] = [(f"{self._spinner} ", "bold $primary")]
        if width >= 110:
            parts += [(sanitise(short(progress.request)), "bold $primary"), "  "]
        parts += [(sanitise(progress.phase), "$primary"), (f"  {clock(progress.taken)}", "bold")]
        if state.pausing:
            parts.append(("  pauses after this run", "bold $warning"))
        elif state.left is not None:
            parts.append((f"  about {clock(state.left)} left", _QUIET))
        return parts


class EnvironmentLine(Widget):
    """One row: the machine and the versions behind the results on screen."""

    DEFAULT_CSS = """
    EnvironmentLine { height: 1; color: $text-muted; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(id="environment")
        self._words = ""

    def update_words(self, words: str) -> None:
        """Shows these."""
        if words != self._words:
            self._words = words
            self.refresh()

    def render(self) -> Content:
        """The row."""
        return Content.styled(self._words, _QUIET).truncate(max(0, self.size.width - 2), ellipsis=True)
