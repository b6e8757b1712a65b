"""A lesson being taught: which step stands, what was asked, predicted and revealed. Plain state, no screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from inspector.lessons.facts import Finding, judge, right_choice
from inspector.lessons.lesson import Lesson, Step
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest


class Move(Enum):
    """What going forward did."""

    REVEAL = "reveal"
    """The answer was asked for; the same step stands."""
    STEP = "step"
    END = "end"
    """The last step stands, and all of it is told."""


@dataclass
class Course:
    """A lesson and how far it is."""

    lesson: Lesson
    at: int = 0
    """0-based step."""
    revealing: bool = False
    """Whether the answer was asked for and is not known yet: the compiler is still busy."""
    answers: dict[int, str] = field(default_factory=dict)
    """Step → the answer that was revealed, as the capture on screen gave it then."""
    _votes: dict[int, list[int]] = field(default_factory=dict)

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
        if self.step.prediction is None:
            return ()
        return tuple(self._votes.get(self.at, [0] * len(self.step.prediction.choices)))

    # --- moves ----------------------------------------------------------------------------------------------

    def forward(self) -> Move:
        """Asks for the answer if there is one to reveal, else goes to the next step."""
        if self.asking:
            self.revealing = True
            return Move.REVEAL
        if self.at + 1 == len(self.lesson.steps):
            return Move.END
        self.go(self.at + 1)
        return Move.STEP

    def back(self) -> bool:
        """Goes to the step before; False at the first."""
        return self.go(self.at - 1)

    def go(self, at: int) -> bool:
        """Goes to a step, 0-based; False where there is none, or it stands already."""
        if not 0 <= at < len(self.lesson.steps) or at == self.at:
            return False
        self.at, self.revealing = at, False
        return True

    def vote(self, choice: int, by: int = 1) -> bool:
        """Counts one who predicts a choice, or one less; False where nobody is asked, or there is no such choice.

        Args:
            choice: 0-based.
            by: 1 or -1; nothing goes below zero.
        """
        if not self.asking or not 0 <= choice < len(self.votes):
            return False
        votes = self._votes.setdefault(self.at, list(self.votes))
        votes[choice] = max(0, votes[choice] + by)
        return True

    # --- what the compiler says -----------------------------------------------------------------------------

    def hear(self, capture: Capture) -> bool:
        """Takes a complete capture of `request`; returns whether it brought the answer that was waited for."""
        if not self.revealing or self.step.prediction is None:
            return False
        self.answers[self.at] = right_choice(capture, self.step.prediction)
        self.revealing = False
        return True

    def peek(self, capture: Capture) -> str:
        """What a complete capture answers, for the speaker's eyes; empty where nothing is asked."""
        return "" if self.step.prediction is None else right_choice(capture, self.step.prediction)

    def findings(self, capture: Capture) -> tuple[Finding, ...]:
        """The step's claims, held against a complete capture."""
        return tuple(judge(capture, claim) for claim in self.step.claims)

    def reveal_words(self) -> str:
        """What is said with the answer, Markdown; empty before."""
        if self.step.prediction is None or self.answer is None:
            return ""
        return (self.step.prediction.reveal or "{answer}").replace("{answer}", f"**{self.answer}**")
