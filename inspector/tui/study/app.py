"""The app of a study: the house's app with the screen of a study in front."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from inspector.study.words import plan_words
from inspector.tui.app import InspectorApp
from inspector.tui.skeleton import Skeleton

if TYPE_CHECKING:
    from inspector.study.sources import OpenedResults
    from inspector.tui.front import Front
    from inspector.tui.study.screen import StudyScreen
    from inspector.tui.study.source import StudySource


class StudyApp(InspectorApp):
    """Runs a plan while a person watches, or shows finished results; its result is the process's exit code.

    Args:
        study: runs the plan; None shows `opened`.
        opened: finished results.
        title: what to call it.
        clock: seconds from some start; tests freeze it.
    """

    def __init__(
        self,
        study: StudySource | None = None,
        *,
        opened: OpenedResults | None = None,
        title: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(title=title, clock=clock)
        self.study_source = study
        self._opened = opened
        self.study_screen: StudyScreen | None = None
        """None before it is loaded."""

    def compose(self) -> ComposeResult:
        """The first frame."""
        yield Skeleton(self.heading, of_log=True)

    async def _open(self) -> None:
        from inspector.tui.study.screen import StudyScreen

        self.study_screen = StudyScreen(self.study_source, self._opened, self.heading, self.clock)
        await self.push_screen(self.study_screen)

    @property
    def front(self) -> Front | None:
        """The screen that dialogs belong to."""
        return self.study_screen

    def last_words(self) -> str:
        """What stays on the terminal: what became of the plan; empty where there is none."""
        state = self.study_screen.desk.plan if self.study_screen is not None else None
        if state is None or self.study_source is None:
            return ""
        from inspector.tui.study.parts import PlanState, RunState

        done, kept = state.count(RunState.DONE), state.count(RunState.KEPT)
        missing = len(state.rows) - done - kept
        words = [plan_words(done, kept, self.study_source.runs.path)]
        if state.plan is PlanState.BROKEN and state.error is not None:
            words = [str(state.error)]
        elif missing:
            words.append(f"{missing} {'is' if missing == 1 else 'are'} missing: the same command goes on.")
        return "\n".join(words)
