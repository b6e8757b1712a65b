"""What is on screen while both sides are read or compiled: how far each of them is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from inspector.errors import InspectorError
from inspector.model.difference import CaptureDifference
from inspector.say.units import running, seconds
from inspector.tui.compare.title import DifferenceTitle
from inspector.tui.dialog import ClosesOnce
from inspector.tui.panes.text import sanitised
from inspector.tui.status import StatusLine
from inspector.tui.task import Task, TaskDone, TaskFailed, Tasks
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState
from inspector.work.comparing import Cancelled, ComparingProgress, Making
from inspector.work.comparison import Comparison

_FRAME = 0.1
"""Seconds between two pictures."""


class Waiting(Widget):
    """Two columns, as the difference will have: what there is of each side, and what is going on.

    Args:
        titles: of the two sides.
        clock: seconds from some start; tests freeze it.
    """

    DEFAULT_CSS = "Waiting { height: 1fr; }"

    def __init__(self, titles: tuple[str, str], clock: Callable[[], float]) -> None:
        super().__init__()
        self._titles = tuple(sanitised(title.replace("\n", " ")) for title in titles)
        self._clock = clock
        self._progress = ComparingProgress(0, "starting")
        self._since = clock()

    def update_progress(self, progress: ComparingProgress) -> None:
        """Says how far it is."""
        if progress.at != self._progress.at:
            self._since = self._clock()
        self._progress = progress
        self.refresh()

    def render(self) -> Content:
        """Both columns, then what is compared."""
        half = max(1, (self.size.width - 1) // 2)
        between = Content.styled("│", "$foreground 25%")
        columns = [self._column(0), self._column(1)]
        rows = [
            Content("").join((_fit(left, half), between, _fit(right, half)))
            for left, right in zip_longest(*columns, fillvalue=Content(""))
        ]
        if self._progress.at > 1:
            rows += [Content(""), Content.assemble("  ", self._busy(f"comparing {self._progress.words}".strip()))]
        return Content("\n").join(rows)

    def _column(self, at: int) -> list[Content]:
        progress, states = self._progress, glyphs().states
        took = progress.seconds[at]
        done = states[StageState.DONE]
        rows = [Content.assemble("  ", (self._titles[at], "bold")), Content("")]
        rows += [Content.assemble("  ", (done, "$success"), f"  {stage.heading}") for stage in progress.stages[at]]
        if took is not None:
            rows += [Content(""), Content.assemble("  ", (f"{done}  {seconds(took)}", "bold $success"))]
        elif at == progress.at:
            rows.append(Content.assemble("  ", self._busy(progress.words)))
        else:
            rows.append(Content.styled(f"  {states[StageState.WAITING]}  waits its turn", "$foreground 50%"))
        return rows

    def _busy(self, words: str) -> Content:
        spinner, since = glyphs().spinner, max(0.0, self._clock() - self._since)
        sign = spinner[int(since / _FRAME) % len(spinner)]
        return Content.assemble((f"{sign}  {sanitised(words)}", "bold $primary"), f"  {running(since)}")


def _fit(row: Content, width: int) -> Content:
    row = row.truncate(width, ellipsis=True)
    return row.pad_right(width - row.cell_length)


class WaitingScreen(ClosesOnce[CaptureDifference | InspectorError | None]):
    """Makes a difference and returns it; the error where that fails, None where the person gives up.

    Args:
        comparison: what to compare.
        clock: seconds from some start.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "give_up", "Give up", show=False),
        Binding("t", "app.other_theme", "Light or dark", show=False),
        Binding("question_mark,f1", "keys", "Help", show=False),
    ]

    def __init__(self, comparison: Comparison, clock: Callable[[], float]) -> None:
        super().__init__()
        self._comparison = comparison
        self._clock = clock
        self.made: tuple[CaptureDifference | InspectorError | None] | None = None
        """What has come of it; None as long as nothing has."""
        self.making = Making(comparison)
        self._tasks = Tasks(self)

    def compose(self) -> ComposeResult:
        """The rows, and how to get out."""
        titles = (self._comparison.a.title, self._comparison.b.title)
        self.waiting = Waiting(titles, self._clock)
        self.status = StatusLine()
        yield DifferenceTitle(titles, "")
        yield self.waiting
        yield self.status

    def on_mount(self) -> None:
        """Begins."""
        self.status.update_words("comparing", "Esc gives up")
        self.set_interval(_FRAME, self.waiting.refresh)
        self._tasks.run("making", self._make, doing="compared the two sides")

    def _make(self, say: Callable[[ComparingProgress], None]) -> CaptureDifference | None:
        try:
            return self.making.make(say)
        except Cancelled:
            return None

    def on_task_spoke(self, message: Task.Spoke) -> None:
        """How far it is; made, failed, or given up."""
        taken: list[Any] = message.task.take()
        for item in taken:
            match item:
                case TaskDone(result):
                    self.made = (result,)
                case TaskFailed(error):
                    self.made = (error,)
                case progress:
                    self.waiting.update_progress(progress)
        self._leave()

    def on_screen_resume(self) -> None:
        """A dialog over this screen was closed, meanwhile it may be time to leave."""
        self._leave()

    def _leave(self) -> None:
        if self.made is not None and self.app.screen is self:
            (result,), self.made = self.made, None
            self.dismiss(result)

    def action_give_up(self) -> None:
        """Ends the worker, then the screen."""
        self.status.update_words("comparing", "stopping…")
        self.making.cancel()

    def action_keys(self) -> None:
        """Lists every key."""
        from inspector.tui.screens.help import HelpScreen, sections_of

        self.app.push_screen(HelpScreen(sections_of({"While both sides are made": self.BINDINGS})))

    def on_unmount(self) -> None:
        """Whatever takes the screen away, nothing goes on behind it."""
        self.making.cancel()
