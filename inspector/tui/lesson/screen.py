"""The screen of a lesson: the main screen, and beside it what the lesson says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.widget import Widget

from inspector.lessons.course import Course
from inspector.lessons.lesson import LETTERS
from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.dialogs import help_sections
from inspector.tui.desk.intents import Discreet, PanelSize
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.keys import shown_key
from inspector.tui.lesson import director
from inspector.tui.lesson.director import Moment, Waits
from inspector.tui.lesson.panel import LessonPanel
from inspector.tui.screens.help import HelpScreen, sections_of

if TYPE_CHECKING:
    from inspector.lessons.lesson import Lesson
    from inspector.tui.source import LiveSource

_LINKS = 0.1
"""Seconds between two looks whether all links are known."""
_BESIDE = 110
"""Columns from which on the lesson stands beside the panes."""


class LessonScreen(DeskScreen):
    """Teaches a lesson over a live capture.

    Args:
        source: makes the captures; its request is the lesson's first.
        lesson: what is taught.
        clock: seconds from some start; tests freeze it.
    """

    DEFAULT_CSS = """
    LessonScreen #lesson-body { height: 1fr; layout: vertical; }
    LessonScreen #lesson-body.-beside { layout: horizontal; }
    LessonScreen #lesson-panes { height: 1fr; width: 1fr; }
    LessonScreen.-presenting Header, LessonScreen.-presenting StageStrip, LessonScreen.-presenting StatusLine {
        display: none;
    }
    LessonScreen.-presenting #lesson-body.-beside Workspace { padding: 1 2; grid-gutter: 1 4; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("full_stop", "forward", "Reveal the answer, then go to the next step.", show=False),
        Binding("comma", "back", "Go back a step.", show=False),
        Binding("O", "steps", "List the steps.", show=False),
        Binding("f5", "present", "Presenter mode: larger spacing, nothing but panes and lesson.", show=False),
        Binding("ctrl+n", "notes", "Show or hide the speaker's notes in the lesson's half.", show=False),
        Binding("alt+down", "scroll_lesson(1)", "Scroll the lesson's text down.", show=False),
        Binding("alt+up", "scroll_lesson(-1)", "Scroll the lesson's text up.", show=False),
        # While the class is asked, letters are votes; otherwise they mean what they always do.
        *(
            Binding(letter, f"vote('{letter}')", "While the class is asked: count a vote.", show=False)
            for letter in LETTERS
        ),
        Binding("backspace", "unvote", "While the class is asked: take the last vote back.", show=False),
        # What a clicker sends.
        Binding("pagedown", "click(1)", "In presenter mode: forward.", show=False, priority=True),
        Binding("pageup", "click(-1)", "In presenter mode: back.", show=False, priority=True),
    ]

    def __init__(self, source: LiveSource, lesson: Lesson, clock: Callable[[], float]) -> None:
        self.presenting = False
        super().__init__(source, None, source.request.title, clock, by_itself=False)  # a step says when there is a race
        self.course = Course(lesson)
        self.lesson_panel = LessonPanel()
        self._waits: tuple[Waits, ...] = ()
        """What the step asks for and has not come about yet."""

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The main screen's widgets, the lesson beside the panes or below them."""
        header, *middle, status, too_small = _widgets(super().compose())
        self.body = Container(Container(*middle, id="lesson-panes"), self.lesson_panel, id="lesson-body")
        yield header
        yield self.body
        yield status
        yield too_small

    def on_mount(self) -> None:
        """The first step."""
        self._place()
        self.call_after_refresh(self._begin_step)

    @property
    def beside(self) -> bool:
        """Whether the lesson stands beside the panes."""
        return self.app.size.width >= _BESIDE

    @property
    def _share(self) -> int:
        """The columns that the lesson has beside the panes, the rows below them."""
        width, height = self.app.size
        if self.beside:
            return min(max(width * (38 if self.presenting else 30) // 100, 38), 76 if self.presenting else 60)
        return min(max(height * (48 if self.presenting else 38) // 100, 8), 22)

    @property
    def room(self) -> Size:
        """What is left for panes and panels."""
        width, height = self.app.size
        return Size(width - self._share, height) if self.beside else Size(width, height - self._share)

    def on_resize(self) -> None:
        """Another size, another place for the lesson; the main screen lays itself out after that."""
        self._place()
        self.call_after_refresh(self._arrange)

    def _place(self) -> None:
        beside, share = self.beside, self._share
        self.body.set_class(beside, "-beside")
        self.lesson_panel.set_class(beside, "-beside")
        self.lesson_panel.styles.width = share if beside else "100%"
        self.lesson_panel.styles.height = "100%" if beside else share

    # --- what happens ---------------------------------------------------------------------------------------

    def heard(self) -> None:
        """What the worker brings may be what a step waits for."""
        self.call_later(self._updated)

    async def _updated(self) -> None:
        self._pursue()
        if self.complete:
            self.course = self.course.hear(self.desk.capture)
        await self._tell()

    async def _begin_step(self) -> None:
        step = self.course.step
        self.turn(Discreet(not self.course.told))
        for intent in director.first(self.desk, step, self.course.request, self.clock()):
            self.turn(intent)
        self._waits = director.waits(step)
        self._show_panels()
        await self._updated()

    def _arrange(self) -> None:
        for intent in director.panes(self.course.step):
            self.turn(intent)

    def _pursue(self) -> None:
        """Does what can come about by now."""
        step = self.course.step
        while (found := Moment(self.desk, step, self._waits, self.here()).due()) is not None:
            self._waits = tuple(item for item in self._waits if item is not found[0])
            for intent in found[1]:
                self.turn(intent)
        if Waits.LIGHT_ALL in self._waits and Waits.LIGHT not in self._waits and self.complete:
            self.set_timer(_LINKS, self._pursue)

    @property
    def complete(self) -> bool:
        """Whether the capture on screen is all that the step speaks of."""
        return director.complete(self.desk, self._waits)

    async def _tell(self) -> None:
        self._keep_back()
        desk, complete = self.desk, self.complete
        findings = self.course.findings(desk.capture) if complete else ()
        failed = desk.outcome.message if desk.failed and desk.outcome is not None else ""
        busy = f"No answer: {failed}" if failed else f"The answer waits for the compiler: {desk.activity}…"
        await self.lesson_panel.tell(self.course, compiling=not complete, findings=findings, busy=busy)

    # --- keys -----------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key of several meanings has this one now."""
        if action == "click":
            return self.presenting
        return super().check_action(action, parameters)

    async def _become(self, course: Course) -> bool:
        """Another moment of the lesson; False where it is the same."""
        before, self.course = self.course, course
        if course.at != before.at:
            await self._begin_step()
        elif course is not before:
            await self._updated()
        return course is not before

    async def action_forward(self) -> None:
        """Reveals, or goes on."""
        if not await self._become(self.course.forward()):
            self.notify("This was the last step. O lists them, q leaves.", timeout=4)

    async def action_back(self) -> None:
        """The step before."""
        if not await self._become(self.course.go(self.course.at - 1)):
            self.notify("This is the first step.", timeout=3)

    async def action_click(self, by: int) -> None:
        """A clicker's key."""
        await (self.action_forward() if by > 0 else self.action_back())

    async def action_vote(self, letter: str) -> None:
        """A vote for a choice, while the class is asked and there is such a choice; else what the key means."""
        if not await self._become(self.course.vote(LETTERS.index(letter))):
            for entry in COMMANDS.values():
                if letter in entry.keys:
                    self.action_command(entry.name)

    async def action_unvote(self) -> None:
        """Takes a vote back, while the class is asked; else shows the stages of the whole story."""
        if not await self._become(self.course.unvote()):
            self.action_command("default_stages")

    def action_scroll_lesson(self, by: int) -> None:
        """The lesson's text, half of what is seen."""
        self.lesson_panel.scroll_text(by)

    def action_notes(self) -> None:
        """The speaker's notes, in the lesson's half."""
        self.lesson_panel.toggle_class("-notes")

    def action_present(self) -> None:
        """Presenter mode, or back."""
        self.presenting = not self.presenting
        self.set_class(self.presenting, "-presenting")
        self.lesson_panel.set_class(self.presenting, "-presenting")
        self._show_panels()
        self._place()
        self.resized()
        self.call_after_refresh(self._arrange)

    def _keep_back(self) -> None:
        """What would give the answer away is shown once it has been told."""
        if self.desk.discreet is self.course.told:
            self.turn(Discreet(not self.course.told))
            self._show_panels()

    def _show_panels(self) -> None:
        hides = (self.presenting or not self.course.told) and not self.course.step.race
        size = "hidden" if hides else "" if self.desk.panel_size == "hidden" else self.desk.panel_size
        if size != self.desk.panel_size:
            self.turn(PanelSize(size))

    def action_steps(self) -> None:
        """Lists them."""
        from inspector.tui.choice import Choice
        from inspector.tui.screens.picker import Picker

        steps = self.course.lesson.steps
        choices = [
            Choice(str(at), f"{at + 1}  {step.title}", step.prediction.question if step.prediction is not None else "")
            for at, step in enumerate(steps)
        ]

        def chosen(key: str | None) -> None:
            if key is not None:
                self.call_later(self._become, self.course.go(int(key)))

        self.push(Picker(self.course.lesson.title, choices, str(self.course.at)), chosen)

    def more_commands(self) -> Iterator[SystemCommand]:
        """The lesson's own, for the palette."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and binding.key not in LETTERS and not binding.priority:
                title = f"Lesson: {binding.description.rstrip('.')}"
                run = partial(self.call_later, self.run_action, binding.action)
                yield SystemCommand(title, shown_key(binding.key), run)

    def help(self) -> HelpScreen:
        """The lesson's keys first."""
        return HelpScreen(sections_of({"Lesson": self.BINDINGS}) | help_sections())


def _widgets(composed: ComposeResult) -> Iterator[Widget]:
    """Those of the main screen, in order."""
    return iter(composed)
