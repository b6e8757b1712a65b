"""A lesson in a real terminal; the real compiler."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tmux import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.compiles, pytest.mark.timeout(900)]


@pytest.fixture
def lesson(tmp_path: Path) -> Iterator[Terminal]:
    window = Terminal("lesson samples/lessons/softmax.md", (200, 50), tmp_path)
    yield window
    window.close()


def test_a_lesson_and_its_notes(lesson: Terminal) -> None:
    lesson.wait_for(r"1/\d")
    lesson.press("a", "a", "b")
    lesson.wait_for("■ 2")
    lesson.press(".")
    lesson.wait_for("waits for the compiler|✓ ")
    lesson.wait_for(r"compiled in \d")
    lesson.wait_for(r"1: the passes are loops")
    lesson.press(".")
    lesson.wait_for(r"2/\d")
    lesson.wait_for("1 claim of this step holds here")
    lesson.press("C-n")
    lesson.wait_for("Ask where the third loop")
    lesson.press("q")
    assert lesson.exit_code() == 0
    assert lesson.processes() == []
