"""When a file counts as saved, whatever an editor does to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.work.saves import GONE, Saves


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text("x = 1\n")
    return path


def settled(saves: Saves) -> bool:
    """Whether one of the next looks finds a save."""
    return any([saves.look(), saves.look(), saves.look()])


def test_nothing_was_saved(file: Path, clock: Clock) -> None:
    assert not settled(Saves([str(file)], clock))


def test_in_place_as_nano_does(file: Path, clock: Clock) -> None:
    saves = Saves([str(file)], clock)
    file.write_text("x = 2\n")
    assert settled(saves)
    saves.take()
    assert not settled(saves)


def test_as_another_file_of_the_name_as_vi_does(file: Path, clock: Clock) -> None:
    saves = Saves([str(file)], clock)
    file.rename(file.with_suffix(".py~"))
    assert not settled(saves)  # away for a moment
    file.write_text("x = 2\n")
    assert settled(saves)


def test_another_text_of_the_same_size_and_time_in_another_file(file: Path, clock: Clock) -> None:
    saves, before = Saves([str(file)], clock), file.stat()
    other = file.with_suffix(".new")
    other.write_text("x = 3\n")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(file)
    assert settled(saves)


def test_half_written_is_waited_for(file: Path, clock: Clock) -> None:
    saves = Saves([str(file)], clock)
    file.write_text("")
    assert not saves.look()  # first seen
    file.write_text("x = 22\n")
    assert not saves.look()  # another one than at the last look
    assert saves.look()


def test_two_saves_within_a_millisecond_are_seen_as_the_last_one(file: Path, clock: Clock) -> None:
    saves = Saves([str(file)], clock)
    file.write_text("x = 2\n")
    file.write_text("x = 3\n")
    assert settled(saves)
    saves.take()
    file.write_text("x = 2\n")
    file.write_text("x = 3\n")  # what it was
    assert not settled(saves)


def test_touched_is_not_saved(file: Path, clock: Clock) -> None:
    saves = Saves([str(file)], clock)
    os.utime(file)
    assert not settled(saves)


def test_deleted_counts_after_a_while_and_once(file: Path, clock: Clock) -> None:
    saves = Saves([str(file)], clock)
    file.unlink()
    assert not settled(saves)
    clock.now += GONE
    assert settled(saves)
    saves.take()
    assert not settled(saves)
    file.write_text("x = 1\n")
    assert settled(saves)


def test_a_further_file_counts_where_it_was_saved_after_it_may_have_been_read(file: Path, clock: Clock) -> None:
    saves, other = Saves([str(file)], clock), file.with_name("other.py")
    other.write_text("y = 1\n")
    written = other.stat().st_mtime
    saves.add([str(other)], read=written + 1)
    assert saves.files == (str(file), str(other))
    assert not settled(saves)
    third = file.with_name("third.py")
    third.write_text("z = 1\n")
    saves.add([str(third)], read=third.stat().st_mtime - 1)
    assert settled(saves)
