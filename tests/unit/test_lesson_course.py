"""A lesson being taught, without a screen; and the speaker's second terminal that follows it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from inspector.cli.lesson_notes import page
from inspector.cli.terminal import Style
from inspector.errors import EnvironmentLacking
from inspector.lessons import Light, find_lesson
from inspector.lessons.course import Course, Move
from inspector.lessons.following import Standing, publish, standing_of, withdraw
from inspector.model.capture import Capture, Recompile
from inspector.model.stage import Stage


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "inspector"


def test_forward_reveals_before_it_goes_on() -> None:
    course = Course(find_lesson("fusion"))
    assert course.asking
    assert course.forward() is Move.REVEAL
    assert (course.at, course.revealing, course.asking) == (0, True, False)
    assert course.hear(Capture())
    assert course.answer == "0", "an empty capture has no kernel, and the lesson says what the capture says"
    assert course.reveal_words().startswith("**0**. Its name")
    assert course.forward() is Move.STEP
    assert course.at == 1


def test_one_who_does_not_wait_for_the_answer_gets_on() -> None:
    course = Course(find_lesson("fusion"))
    course.forward()
    assert course.forward() is Move.STEP
    assert not course.revealing
    assert not course.hear(Capture())


def test_an_answer_stays_what_it_was() -> None:
    course = Course(find_lesson("recompiles"))
    course.go(3)
    course.forward()
    course.hear(Capture())
    course.back()
    course.go(3)
    assert course.answer == "0"
    assert not course.hear(Capture(recompiles=(Recompile("0/1", "f", ("r",)),)))
    assert course.answer == "0"


def test_the_end_and_the_beginning() -> None:
    course = Course(find_lesson("graph"))
    assert not course.back()
    course.go(3)
    assert course.forward() is Move.END
    assert not course.go(4)
    assert not course.go(-1)


def test_votes_are_counted_until_the_answer_is_revealed() -> None:
    course = Course(find_lesson("fusion"))
    assert course.vote(1)
    assert course.vote(1)
    assert course.vote(0)
    assert course.votes == (1, 2, 0)
    assert course.vote(1, -1)
    assert course.vote(2, -1)
    assert course.votes == (1, 1, 0)
    assert not course.vote(3)
    course.forward()
    assert not course.vote(0)
    course.go(1)
    assert course.votes == ()
    course.go(0)
    assert course.votes == (1, 1, 0)


def test_what_is_compiled_is_that_of_the_last_step_that_said_so() -> None:
    lesson = find_lesson("recompiles")
    course = Course(lesson)
    assert course.request == lesson.request
    course.go(3)
    assert course.request.target == "dynamic-shapes"
    course.go(1)
    assert course.request == lesson.request


def standing(**more: object) -> Standing:
    values: dict[str, object] = {
        "pid": os.getpid(),
        "at": 0,
        "votes": (1, 0, 2),
        "answer": None,
        "waiting": False,
        "compiling": True,
        "seconds": 130.0,
        "known": "1",
    }
    return Standing(**(values | more))  # type: ignore[arg-type]


def test_a_second_terminal_reads_where_the_first_is(runtime: Path) -> None:
    assert standing_of("fusion") is None
    publish("fusion", standing())
    assert standing_of("fusion") == standing()
    assert standing_of("graph") is None
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    withdraw("fusion")
    assert standing_of("fusion") is None


def test_a_lesson_whose_process_died_is_over(runtime: Path) -> None:
    publish("fusion", standing(pid=2**22 + 1))
    assert standing_of("fusion") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", json.dumps({"votes": 3}), "x" * (2 << 20)])
def test_a_damaged_file_is_no_lesson(runtime: Path, text: str) -> None:
    publish("fusion", standing())
    (runtime / "lesson-fusion.json").write_text(text)
    assert standing_of("fusion") is None


def test_a_name_does_not_lead_elsewhere(runtime: Path) -> None:
    publish("../../evil", standing())
    assert [item.name for item in runtime.iterdir()] == ["lesson-------evil.json"]


def test_a_folder_that_others_can_enter_is_not_used(runtime: Path) -> None:
    runtime.mkdir(mode=0o755)
    runtime.chmod(0o755)
    with pytest.raises(EnvironmentLacking, match="yours alone"):
        publish("fusion", standing())


def test_the_speakers_page() -> None:
    lesson = find_lesson("fusion")
    text = "\n".join(page(lesson, standing(), Style(False), 80))
    assert "1/5  Every operation visits memory" in text
    assert "2 of 12 min  compiling…" in text
    assert "✓ 1  1\n    2\n    5  2" in text, "the speaker knows the answer, and sees the votes"
    assert "not revealed yet" in text
    assert text.endswith("Next: The loop")
    second = "\n".join(page(lesson, standing(at=1, compiling=False), Style(False), 60))
    assert "Walk down the kernel's statements" in second
    assert max(map(len, second.splitlines())) <= 60
    assert "another version" in "\n".join(page(lesson, standing(at=99), Style(False), 80))


def test_a_light_prefers_code_to_comments() -> None:
    light = Light(Stage.DYNAMO, "silu")
    assert light.line_of(["# File: silu", "    x = silu(y)"]) == 2
    assert light.line_of(["x", "  // silu"]) == 2
    assert light.line_of(["x"]) is None
    assert Light(Stage.KERNEL, "omp").line_of(["#pragma omp parallel", "omp()"]) == 1
