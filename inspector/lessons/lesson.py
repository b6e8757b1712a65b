"""What a lesson is made of: steps that show panes, light spans, ask, reveal, and run things live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage


@dataclass(frozen=True)
class LessonFact:
    """Something that a capture says, and that a step relies on."""

    name: str
    """Which fact: a name of `inspector.lessons.facts.FACTS`, `kernels` or `lines` for instance."""
    stage: Stage | None = None
    """The stage that is looked at, for facts about texts."""
    text: str = ""
    """What is looked for, for facts about texts."""
    compile_id: str | None = None
    """Only this compile id; None for all of the capture."""


@dataclass(frozen=True)
class Claim:
    """What a step says of the compiler. A lesson none of whose claims fails still tells the truth."""

    fact: LessonFact
    equal: int | str | None = None
    """What the fact must be; None leaves it to `at_least`."""
    at_least: int | None = None
    needs: str = ""
    """A word of the machine's vector ISA, `avx512`, without which the claim is not made."""

    @property
    def wanted(self) -> str:
        """What the fact must be, in words."""
        return f"{self.equal}" if self.equal is not None else f"at least {self.at_least}"


@dataclass(frozen=True)
class Light:
    """A place to put the cursor on, so that it and its relatives light up."""

    stage: Stage
    text: str
    """The first line that holds this text is meant, whole; a comment only where no other line holds it."""

    def line_of(self, lines: Sequence[str]) -> int | None:
        """The line that is meant, 1-based; None where there is none."""
        holding = [number for number, line in enumerate(lines, 1) if self.text in line]
        code = (number for number in holding if not lines[number - 1].lstrip().startswith(("# ", "//")))
        return next(code, holding[0] if holding else None)


@dataclass(frozen=True)
class Staging:
    """What stands on the screen."""

    panes: tuple[Stage, ...] = ()
    """The stages side by side, in this order; none leaves the screen as it is."""
    light: Light | None = None
    compile_id: str | None = None


LETTERS = "abcdef"
"""What the choices of a question are called by, and so how many there may be."""


@dataclass(frozen=True)
class Prediction:
    """A question to the class before the answer is revealed."""

    question: str
    choices: tuple[str, ...]
    fact: LessonFact
    """Its value, as text, is the right choice."""
    reveal: str = ""
    """What is said with the answer; `{answer}` stands for it."""
    needs: str = ""
    """A word of the machine's vector ISA, `avx512`, without which none of the choices need be right."""

    @property
    def lettered(self) -> tuple[tuple[str, str], ...]:
        """The choices, each with its letter."""
        return tuple(zip(LETTERS, self.choices, strict=False))


@dataclass(frozen=True)
class Step:
    """One step of a lesson."""

    title: str
    text: str
    """Markdown."""
    notes: str = ""
    """What only the speaker sees; Markdown."""
    show: Staging = Staging()
    prediction: Prediction | None = None
    claims: tuple[Claim, ...] = ()
    request: CaptureRequest | None = None
    """Compile this from here on; None goes on with the capture of the step before."""
    shape: tuple[int | None, int | None] = (None, None)
    """Batch and length to call the compiled module with next, live; None keeps what it was."""
    race: bool = False
    """Whether eager and compiled are timed while this step stands."""


@dataclass(frozen=True)
class Lesson:
    """One lesson."""

    name: str
    """What it is asked for by: the file's name without its ending."""
    title: str
    summary: str
    minutes: int
    """What it takes in front of a class, about."""
    request: CaptureRequest
    """What is compiled at the beginning."""
    steps: tuple[Step, ...]

    def requests(self) -> tuple[CaptureRequest, ...]:
        """All that the lesson compiles, in order, each once."""
        every = (self.request, *(step.request for step in self.steps if step.request is not None))
        return tuple(dict.fromkeys(every))
