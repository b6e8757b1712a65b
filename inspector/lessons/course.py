"""A lesson being taught: which step stands, what was asked, predicted and revealed. Plain frozen state, no screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from inspector.lessons.facts import ClaimChecked, judge, right_choice
from inspector.lessons.lesson import Lesson, Step
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest


@dataclass(frozen=True)
class Course:
    """A lesson and how far it is. What a move changes nothing of gives the very same course."""

    lesson: Lesson
    at: int = 0
    """0-based step."""
    revealing: bool = False
    """Whether the answer was asked for and is not known yet: the compiler is still busy."""
    answers: Mapping[int, str] = field(default_factory=dict)
    """Step → the answer that was revealed, as the capture on screen gave it then."""
    cast: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """Step → the choices that were predicted, 0-based, in the order of the votes."""

    @property
    def step(self) -> Step:
        return self.lesson.steps[self.at]

    @property
    def request(self) -> CaptureRequest:
        """What is compiled while this step stands."""
        before = (step.request for step in reversed(self.lesson.steps[: self.at + 1]))
        return next((request for request in before if request is not None), self.lesson.request)

    @property
    def answer(self) -> str | None:
        """The revealed answer; None before, and where nothing is asked."""
        return self.answers.get(self.at)

    @property
    def asking(self) -> bool:
        """Whether the class may still predict."""
        return self.step.prediction is not None and self.answer is None and not self.revealing

    @property
    def told(self) -> bool:
        """Whether all of the step is told: its question is answered, if it has one."""
        return self.step.prediction is None or self.answer is not None

    @property
    def votes(self) -> tuple[int, ...]:
        """For each choice, how many predicted it."""
        choices = self.step.prediction.choices if self.step.prediction is not None else ()
        return tuple(self.cast.get(self.at, ()).count(at) for at in range(len(choices)))

    # --- moves ----------------------------------------------------------------------------------------------

    def forward(self) -> Course:
        """Asks for the answer if there is one to reveal, else goes to the next step; the same at the end."""
        return replace(self, revealing=True) if self.asking else self.go(self.at + 1)

    def go(self, at: int) -> Course:
        """At a step, 0-based; the same where there is none, or it stands already."""
        there = 0 <= at < len(self.lesson.steps) and at != self.at
        return replace(self, at=at, revealing=False) if there else self

    def vote(self, choice: int) -> Course:
        """Counts one who predicts a choice, 0-based; the same where nobody is asked, or there is no such choice."""
        if not self.asking or not 0 <= choice < len(self.votes):
            return self
        return replace(self, cast={**self.cast, self.at: (*self.cast.get(self.at, ()), choice)})

    def unvote(self) -> Course:
        """Takes the last vote back; the same where nobody is asked, or nobody has voted."""
        if not self.asking or not self.cast.get(self.at):
            return self
        return replace(self, cast={**self.cast, self.at: self.cast[self.at][:-1]})

    # --- what the compiler says -----------------------------------------------------------------------------

    def hear(self, capture: Capture) -> Course:
        """With the answer that was waited for, out of a complete capture of `request`."""
        if not self.revealing or self.step.prediction is None:
            return self
        answer = right_choice(capture, self.step.prediction)
        return replace(self, revealing=False, answers={**self.answers, self.at: answer})

    def findings(self, capture: Capture) -> tuple[ClaimChecked, ...]:
        """The step's claims, held against a complete capture."""
        return tuple(judge(capture, claim) for claim in self.step.claims)

    def reveal_words(self) -> str:
        """What is said with the answer, Markdown; empty before."""
        if self.step.prediction is None or self.answer is None:
            return ""
        return (self.step.prediction.reveal or "{answer}").replace("{answer}", f"**{self.answer}**")
