"""A lesson being taught, without a screen."""

from __future__ import annotations

import pytest

from inspector import targets
from inspector.lessons import Light, find_lesson, lessons
from inspector.lessons.course import Course
from inspector.model.capture import Capture, Recompile
from inspector.model.stage import Stage


def test_forward_reveals_before_it_goes_on() -> None:
    course = Course(find_lesson("fusion"))
    assert course.asking
    course = course.forward()
    assert (course.at, course.revealing, course.asking) == (0, True, False)
    course = course.hear(Capture())
    assert course.answer == "0", "an empty capture has no kernel, and the lesson says what the capture says"
    assert course.reveal_words().startswith("**0**. Its name")
    assert course.forward().at == 1


def test_one_who_does_not_wait_for_the_answer_gets_on() -> None:
    course = Course(find_lesson("fusion")).forward().forward()
    assert (course.at, course.revealing) == (1, False)
    assert course.hear(Capture()) is course


def test_an_answer_stays_what_it_was() -> None:
    course = Course(find_lesson("recompiles")).go(3).forward().hear(Capture()).go(2).go(3)
    assert course.answer == "0"
    assert course.hear(Capture(recompiles=(Recompile("0/1", "f", ("r",)),))) is course


def test_the_end_and_the_beginning() -> None:
    course = Course(find_lesson("graph"))
    assert course.go(-1) is course
    last = course.go(len(course.lesson.steps) - 1)
    assert last.step.title == "What was learnt"
    assert last.forward() is last
    assert last.go(last.at + 1) is last


def test_votes_are_counted_until_the_answer_is_revealed() -> None:
    course = Course(find_lesson("fusion")).vote(1).vote(1).vote(0)
    assert course.votes == (1, 2, 0)
    course = course.unvote().unvote()
    assert course.votes == (0, 1, 0)
    assert course.vote(3) is course
    assert course.forward().vote(0).votes == (0, 1, 0)
    assert course.go(1).votes == ()
    assert course.go(1).go(0).votes == (0, 1, 0)
    assert course.unvote().unvote().votes == (0, 0, 0)


def test_what_is_compiled_is_that_of_the_last_step_that_said_so() -> None:
    course = Course(find_lesson("recompiles"))
    assert course.request == course.lesson.request
    assert course.go(3).request.target == "recompiles-repaired"
    assert course.go(3).go(1).request == course.lesson.request


def test_every_lesson_says_what_was_learnt_and_those_of_faults_compile_the_repaired_program() -> None:
    for item in lessons():
        assert item.lesson.steps[-1].title == "What was learnt"
        assert item.lesson.steps[-1].text.count("- ") >= 2
    for name in ("graph-breaks", "recompiles"):
        repaired = next(step for step in find_lesson(name).steps if step.request is not None)
        assert repaired.request is not None
        assert repaired.request.target == f"{name.removesuffix('s') if name == 'graph-breaks' else name}-repaired"
        assert repaired.prediction is not None


@pytest.mark.parametrize("name", ["graph-break", "recompiles"])
def test_a_target_whose_text_is_on_screen_does_not_tell_what_the_class_is_asked(name: str) -> None:
    text = targets.find(name).path.read_text(encoding="utf-8").lower()
    told = ("three graphs", "two graph breaks", "break 1", "four times", "compiled again")
    assert not any(words in text for words in told)


def test_a_light_prefers_code_to_comments() -> None:
    light = Light(Stage.DYNAMO, "silu")
    assert light.line_of(["# File: silu", "    x = silu(y)"]) == 2
    assert light.line_of(["x", "  // silu"]) == 2
    assert light.line_of(["x"]) is None
    assert Light(Stage.KERNEL, "omp").line_of(["#pragma omp parallel", "omp()"]) == 1
