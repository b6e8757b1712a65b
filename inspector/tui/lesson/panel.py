"""The lesson's own panel: the step's text, the question to the class, the answer, and the speaker's notes."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static

from inspector.lessons.course import Course
from inspector.lessons.facts import ClaimChecked
from inspector.say.units import plural
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState

_BAR = 12
"""Cells of the longest bar of votes."""
_QUIET = "$foreground 60%"


class LessonPanel(Vertical):
    """Beside the panes, or below them where the terminal is narrow."""

    DEFAULT_CSS = """
    LessonPanel { background: $surface; padding: 0 1; }
    LessonPanel #lesson-heading { height: auto; }
    LessonPanel #lesson-keys { height: 1; color: $foreground 60%; }
    LessonPanel .lesson-scroll { height: 1fr; scrollbar-size-vertical: 1; }
    LessonPanel #lesson-notes { display: none; height: 1fr; border-top: solid $accent; scrollbar-size-vertical: 1; }
    LessonPanel.-notes #lesson-notes { display: block; }
    LessonPanel Markdown { background: transparent; padding: 0; margin: 0; height: auto; }
    LessonPanel Static { height: auto; }
    LessonPanel.-beside #lesson-heading, LessonPanel.-beside Markdown { margin: 0 0 1 0; }
    LessonPanel.-beside #lesson-question { margin: 1 0; }
    LessonPanel.-presenting { padding: 1 2; }
    LessonPanel.-presenting.-beside { padding: 2 4; }
    LessonPanel.-presenting #lesson-keys { display: none; }
    LessonPanel.-presenting.-beside #lesson-heading { margin: 0 0 2 0; }
    LessonPanel.-presenting.-beside #lesson-question { margin: 1 0 2 0; }
    """

    def __init__(self) -> None:
        super().__init__(id="lesson")
        self._shown: tuple[int, str, str] | None = None

    def compose(self) -> ComposeResult:
        """From the heading to the notes."""
        self._heading = Static(id="lesson-heading")
        self._text = Markdown(open_links=False)
        self._question = Static(id="lesson-question")
        self._reveal = Markdown(open_links=False)
        self._claims = Static(id="lesson-claims")
        self._notes = Markdown(open_links=False)
        self._scroll = VerticalScroll(
            self._text, self._question, self._reveal, self._claims, classes="lesson-scroll", can_focus=False
        )
        yield self._heading
        yield self._scroll
        with VerticalScroll(id="lesson-notes", can_focus=False) as notes:
            notes.border_title = "Notes"
            yield self._notes
        yield Static(_keys(), id="lesson-keys")

    def scroll_text(self, by: int) -> None:
        """Moves the text by half of what is seen of it, down or up."""
        self._scroll.scroll_relative(y=by * max(1, self._scroll.size.height // 2), animate=False)

    async def tell(self, course: Course, *, compiling: bool, findings: tuple[ClaimChecked, ...], busy: str) -> None:
        """Draws what stands now.

        Args:
            course: the lesson and how far it is.
            compiling: whether the compiler has not answered yet.
            findings: the step's claims, held against the capture; none while compiling.
            busy: why there is no answer yet.
        """
        step = course.step
        count = len(course.lesson.steps)
        self._heading.update(
            Content.assemble((f"{course.at + 1}/{count}", "bold $accent"), "  ", (step.title, "bold $primary"))
        )
        self._question.update(self._ask(course, compiling, busy))
        self._question.display = step.prediction is not None
        self._claims.update(_claim_words(findings, told=course.told))
        self._claims.display = course.told and bool(findings)
        words = course.reveal_words()
        self._reveal.display = bool(words)
        if (course.at, words, step.notes) != self._shown:
            moved = self._shown is None or self._shown[0] != course.at
            self._shown = (course.at, words, step.notes)
            await self._reveal.update(words)
            if moved:
                await self._text.update(step.text)
                await self._notes.update(step.notes or "*No notes for this step.*")
                self._scroll.scroll_home(animate=False)
            else:
                self.call_after_refresh(self._scroll.scroll_end, animate=False)

    def _ask(self, course: Course, compiling: bool, busy: str) -> Content:
        prediction = course.step.prediction
        if prediction is None:
            return Content("")
        parts = [inline(prediction.question).stylize("bold")]
        most = max(1, *course.votes)
        lines = []
        for (letter, choice), votes in zip(prediction.lettered, course.votes, strict=True):
            right = course.answer == choice
            style = "bold $success" if right else "" if course.answer is None else _QUIET
            mark = glyphs().states[StageState.DONE] if right else letter
            bar = "■" * round(_BAR * votes / most)
            tally = Content.assemble("  ", (bar, "$accent"), f" {votes}") if votes else Content("")
            lines.append(Content.assemble((f" {mark} ", "bold $accent"), inline(choice).stylize(style), tally))
        parts.append(Content("\n" if self.has_class("-beside") else "  ").join(lines))
        if course.revealing:
            parts.append(Content.styled(busy, "$warning"))
        elif course.answer is not None and course.answer not in prediction.choices:
            words = f"None of these: here it is {course.answer}."
            parts.append(Content.styled(f"{words} {_needs(prediction.needs)}".rstrip(), "$warning"))
        elif course.asking:
            waits = " The compiler is still busy." if compiling else ""
            parts.append(Content.styled(f"a to {prediction.lettered[-1][0]} counts a vote, . reveals.{waits}", _QUIET))
        return Content("\n").join(parts)


def inline(text: str) -> Content:
    """One line of Markdown: what stands between backticks is code; nothing else means anything."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one that nothing closes
        return Content(text)
    return Content.assemble(*(Content.styled(part, "$accent" if at % 2 else "") for at, part in enumerate(parts)))


def _needs(isa: str) -> str:
    return f"The choices are those of a CPU with {isa}." if isa else ""


def _claim_words(findings: tuple[ClaimChecked, ...], *, told: bool) -> Content:
    made = [item for item in findings if item.made]
    wrong = [item for item in made if not item.holds]
    if not made or not told:
        return Content("")
    if not wrong:
        words = f"{plural(len(made), 'claim', 'claims')} of this step {'holds' if len(made) == 1 else 'hold'} here"
        return Content.assemble((glyphs().states[StageState.DONE], "$success"), (f" {words}", _QUIET))
    said = (f"{item.claim.fact.name} is {item.found}, the lesson says {item.claim.wanted}" for item in wrong)
    return Content.styled(f"This machine says otherwise: {'; '.join(said)}.", "$warning")


def _keys() -> Content:
    keys = ((".", "next"), (",", "back"), ("O", "steps"), ("F5", "present"), ("Ctrl+N", "notes"))
    return Content("  ").join(Content.assemble((key, "bold $accent"), f" {word}") for key, word in keys)
