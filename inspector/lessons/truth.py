"""Whether a lesson tells the truth: everything it says of the compiler, held against captures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inspector.lessons.facts import judge, right_choice
from inspector.lessons.lesson import Lesson, LessonFact, Step
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest


@dataclass(frozen=True)
class StepChecked:
    """One thing that a lesson says, and whether it is so."""

    step: int
    """1-based."""
    words: str
    holds: bool
    made: bool = True
    """Whether it is said on this machine at all."""


def verdicts(lesson: Lesson, captures: Mapping[CaptureRequest, Capture]) -> Iterator[StepChecked]:
    """Everything that a lesson's steps say, in order: claims, answers among the choices, panes and lights that exist.

    Args:
        lesson: what is held against the compiler.
        captures: a finished capture of each of `lesson.requests()`.
    """
    capture = captures[lesson.request]
    for number, step in enumerate(lesson.steps, 1):
        if step.request is not None:
            capture = captures[step.request]
        yield from _shown(number, step, capture)
        if step.prediction is not None:
            answer = right_choice(capture, step.prediction)
            there = answer in step.prediction.choices
            words = f"“{step.prediction.question}” {answer}"
            needs = step.prediction.needs
            made = not needs or needs in str(capture.environment.get("isa", "")).split()
            words += "" if there else ", which is none of the choices"
            yield StepChecked(number, words, there or not made, made)
        for claim in step.claims:
            finding = judge(capture, claim)
            words = f"{_words(claim.fact)} is {finding.found}"
            words = words if finding.holds else f"{words}, the lesson says {claim.wanted}"
            yield StepChecked(number, words, finding.holds, finding.made)


def _shown(number: int, step: Step, capture: Capture) -> Iterator[StepChecked]:
    missing = [stage for stage in step.show.panes if not capture.find(stage, step.show.compile_id)]
    if step.show.panes:
        shown = ", ".join(stage.value for stage in step.show.panes)
        lacking = f"; there is no {', '.join(missing)}" if missing else ""
        yield StepChecked(number, f"shows {shown}{lacking}", not missing)
    if (light := step.show.light) is not None:
        texts = capture.find(light.stage, step.show.compile_id)
        lit = any(light.line_of(artifact.lines) is not None for artifact in texts)
        words = f"lights {light.text!r} in {light.stage.value}"
        yield StepChecked(number, words if lit else f"{words}, which is not there", lit)


def _words(fact: LessonFact) -> str:
    about = f" of {fact.text!r}" if fact.text else ""
    where = f" in {fact.stage.value}" if fact.stage is not None else ""
    return f"{fact.name}{about}{where}{f' of {fact.compile_id}' if fact.compile_id else ''}"
