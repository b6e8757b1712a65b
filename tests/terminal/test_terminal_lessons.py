"""A lesson in one real terminal, its speaker's notes in another; the real compiler."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tmux import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.compiles, pytest.mark.timeout(900)]


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "inspector"


@pytest.fixture
def terminals(runtime: Path, tmp_path: Path) -> Iterator[tuple[Terminal, Terminal]]:
    """The lesson, and the notes."""
    name = "samples/lessons/softmax.md"
    pair = Terminal(f"lesson {name}", (200, 50), tmp_path), Terminal(f"lesson {name} --notes", (80, 24), tmp_path)
    yield pair
    for window in pair:
        window.close()


def test_a_lesson_and_its_notes(terminals: tuple[Terminal, Terminal], runtime: Path) -> None:
    lesson, notes = terminals
    lesson.wait_for(r"1/\d")
    notes.wait_for(r"1/\d")
    lesson.press("1", "1", "2")
    lesson.wait_for("■ 2")
    notes.wait_for(r"  2\n")
    lesson.press(".")
    lesson.wait_for("waits for the compiler|✓ ")
    lesson.wait_for(r"compiled in \d")
    lesson.wait_for(r"1: the passes are loops")
    notes.wait_for("  revealed")
    lesson.press(".")
    lesson.wait_for(r"2/\d")
    lesson.wait_for("1 claim of this step holds here")
    assert "Ask where the third loop" in notes.wait_for(r"2/\d")
    lesson.press("q")
    assert lesson.exit_code() == 0
    assert notes.exit_code() == 0
    assert "has ended" in notes.screen()
    assert lesson.processes() == []
    assert list(runtime.iterdir()) == []
