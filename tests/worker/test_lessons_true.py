"""Every lesson of the package and of the samples, held against the real compiler."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import inspector
from inspector.lessons import Lesson, find_lesson
from inspector.lessons.library import ORDER
from inspector.lessons.truth import verdicts
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest

SAMPLES = Path(__file__).parents[2] / "samples" / "lessons"
EVERY = (*ORDER, *(str(path) for path in sorted(SAMPLES.glob("*.md"))))

pytestmark = pytest.mark.compiles


@cache
def captured(request: CaptureRequest) -> Capture:
    """One capture for all lessons that compile the same."""
    arguments = {key: value for key, value in vars(request).items() if key != "target"}
    return inspector.capture(request.target, **arguments)


def captures(lesson: Lesson) -> dict[CaptureRequest, Capture]:
    return {request: captured(request) for request in lesson.requests()}


@pytest.mark.parametrize("name", EVERY, ids=lambda name: Path(name).stem)
def test_a_lesson_tells_the_truth(name: str) -> None:
    lesson = find_lesson(name)
    found = list(verdicts(lesson, captures(lesson)))
    assert [item for item in found if not item.holds] == []
    assert any(item.made for item in found)
