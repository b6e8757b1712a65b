"""The first screen: kept captures and targets, opened, compared, tagged, removed; and Ctrl+K, which keeps one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from driving import BIG, live, opened, until
from fakes import llama_mlp
from textual.pilot import Pilot

from inspector.errors import EXIT_INTERRUPTED, UsageError
from inspector.library import Library
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.tui.library import run_first
from inspector.tui.library.app import LibraryApp
from inspector.tui.library.effects import Choice, CompareKept, CompileTarget, OpenKept
from inspector.tui.library.screen import LibraryScreen


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The user's own, with two captures; the newest is `two`."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    made = Library()
    for name in ("one", "two"):
        made.keep(named(name), ["mine"] if name == "one" else [])
    return made


def named(target: str) -> Capture:
    return replace(llama_mlp(), request=CaptureRequest(target), environment={"torch": "2.13.0", "cpu": f"CPU {target}"})


@asynccontextmanager
async def shown(
    at: str = "", words: str = "", size: tuple[int, int] = BIG
) -> AsyncIterator[tuple[Pilot[int], LibraryScreen]]:
    app = LibraryApp(at, words)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.library_screen is not None and app.library_screen.is_mounted)
        screen = app.library_screen
        assert screen is not None
        await until(pilot, lambda: screen.desk.kept is not None or screen.desk.trouble)
        yield pilot, screen


def choice(screen: LibraryScreen) -> Choice | None:
    assert isinstance(screen.app, LibraryApp)
    return screen.app.choice


def rows(screen: LibraryScreen) -> list[str]:
    return [item.key for item in screen.list.items]


def toasts(screen: LibraryScreen) -> list[str]:
    return [note.message for note in screen.app._notifications]


async def test_captures_stand_over_targets_the_newest_first(library: Library) -> None:
    two, one = (item.id for item in library.all())
    async with shown() as (_, screen):
        assert rows(screen)[:4] == ["#kept", two, one, "#targets"]
        assert "llama-mlp" in rows(screen)
        assert screen.desk.heading == "2 captures kept"


async def test_enter_opens_a_capture_or_compiles_a_target(library: Library) -> None:
    two = library.all()[0].id
    async with shown() as (pilot, screen):
        assert any("CPU two" in line for line in screen.desk.below()), "the cursor begins on what can be opened"
        await pilot.press("enter")
        assert choice(screen) == OpenKept(two)
    async with shown("softmax") as (pilot, screen):
        await until(pilot, lambda: screen.desk.at == "softmax")
        await pilot.press("enter")
        assert choice(screen) == CompileTarget("softmax")


async def test_the_filter_looks_into_kernels_and_operators(library: Library) -> None:
    kernel = library.all()[0].facts.kernel_names[0]
    async with shown() as (pilot, screen):
        await pilot.press("slash")
        await pilot.press(*"CPU one")
        assert [item.facts.title for item in screen.desk.listed] == ["one"]
        await pilot.press("escape")
        assert len(screen.desk.listed) == 2, "the filter of before is back"
        await pilot.press("slash", *kernel[:12].replace("_", "_"), "enter")
        assert len(screen.desk.listed) == 2
        assert f"found: kernel {kernel}" in screen.desk.below()
        await pilot.press("escape")
        assert screen.desk.needle == ""


async def test_two_are_compared_once_both_are_pointed_at(library: Library) -> None:
    two, one = (item.id for item in library.all())
    async with shown() as (pilot, screen):
        await pilot.press("up", "vertical_line")
        assert "none is under the cursor" in toasts(screen)[-1]
        await pilot.press("down")
        await pilot.press("vertical_line")
        assert screen.desk.marked == two
        await pilot.press("vertical_line")
        assert screen.desk.marked == "", "the same again forgets it"
        await pilot.press("vertical_line")
        await pilot.press("down")
        await pilot.press("vertical_line")
        assert choice(screen) == CompareKept(two, one)


async def test_tags_come_and_go(library: Library) -> None:
    one = library.all()[1].id
    async with shown(one) as (pilot, screen):
        await until(pilot, lambda: screen.desk.at == one)
        await pilot.press("at")
        await pilot.press(*"new -mine", "enter")
        await until(pilot, lambda: library.find(one).tags == ("new",))
        await until(pilot, lambda: (found := screen.desk.capture(one)) is not None and found.tags == ("new",))
        await pilot.press("at")
        await pilot.press(*"+", "enter")
        await until(pilot, lambda: any("is no tag" in words for words in toasts(screen)))
        assert library.find(one).tags == ("new",)


async def test_a_capture_goes_only_where_yes_is_typed(library: Library) -> None:
    two = library.all()[0].id
    async with shown(two) as (pilot, screen):
        await until(pilot, lambda: screen.desk.at == two)
        await pilot.press("X")
        await pilot.press("enter")
        await pilot.press("X")
        await pilot.press("escape")
        assert len(library.all()) == 2
        await pilot.press("X")
        await pilot.press(*"yes", "enter")
        await until(pilot, lambda: [item.facts.title for item in library.all()] == ["one"])
        await until(pilot, lambda: len(screen.desk.kept or ()) == 1)


async def test_what_another_process_keeps_comes_when_it_is_read_again(library: Library) -> None:
    async with shown() as (pilot, screen):
        library.keep(named("three"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(screen.desk.kept or ()) == 3)


async def test_a_guest_changes_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_GUEST", "1")
    async with shown() as (pilot, screen):
        await pilot.press("down")
        for key in ("X", "at"):
            await pilot.press(key)
            assert screen.is_current
            assert "guest" in toasts(screen)[-1]


async def test_an_empty_library_says_how_to_fill_it_and_a_damaged_capture_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    async with shown() as (pilot, screen):
        assert rows(screen)[0] == "#targets"
        assert screen.desk.at == rows(screen)[1], "Enter would fold a heading"
        assert any("--keep" in line for line in screen.desk.below())
        place = Library().folder / "captures" / "20260101-000000-abcdef.inspector"
        place.write_bytes(b"PK\x03\x04\x14\x00 cut")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(screen.desk.kept or ()) == 1)
        screen.list.go(place.stem)
        await pilot.pause()
        await pilot.press("enter")
        assert choice(screen) is None
        assert toasts(screen)


async def test_a_library_that_cannot_be_made_leaves_the_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    async with shown() as (pilot, screen):
        assert "cannot be made" in screen.desk.trouble
        assert "softmax" in rows(screen)
        await pilot.press("q")
        assert screen.app.return_value == 0


async def test_what_went_wrong_before_is_said_and_every_size_is_drawn(library: Library) -> None:
    async with shown(words="It is gone.") as (_, screen):
        assert "It is gone." in toasts(screen)
    for size in ((40, 12), (80, 24), (300, 80)):
        async with shown(size=size) as (pilot, screen):
            await pilot.press("question_mark")
            await pilot.press("escape")
            await pilot.press("ctrl+c")
            assert screen.app.return_value == EXIT_INTERRUPTED


# --- from one screen to the next ----------------------------------------------------------------------------


def test_after_each_choice_the_first_screen_comes_back(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    two, one = library.all()
    chosen = iter([OpenKept(two.id), OpenKept("gone"), CompareKept(two.id, one.id), CompileTarget("softmax"), None])
    asked: list[tuple[str, str]] = []
    done: list[object] = []

    def screen(at: str = "", words: str = "") -> tuple[int, Choice | None]:
        asked.append((at, words.partition(".")[0]))
        return 0, next(chosen)

    monkeypatch.setattr("inspector.tui.library.run_library", screen)
    monkeypatch.setattr("inspector.tui.run_capture", lambda _capture, title, place: done.append((title, place)) or 0)
    monkeypatch.setattr("inspector.tui.run_difference", lambda comparison: done.append(comparison.a.path) or 0)
    monkeypatch.setattr("inspector.tui.run_live", lambda request: done.append(request.target) or 1)
    monkeypatch.setattr("inspector.client.toolchain.require_compiler", lambda: None)
    assert run_first() == 0
    assert done == [("two", library.path(two)), str(library.path(two)), "softmax"]
    told = [("", ""), (two.id, ""), ("gone", "There is no capture 'gone'"), (one.id, ""), ("softmax", "")]
    assert asked == told


def test_an_interrupt_leaves_all_of_it(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.tui.library.run_library", lambda _at, _words: (0, CompileTarget("softmax")))
    monkeypatch.setattr("inspector.tui.run_live", lambda _request: EXIT_INTERRUPTED)
    monkeypatch.setattr("inspector.client.toolchain.require_compiler", lambda: None)
    assert run_first() == EXIT_INTERRUPTED


# --- Ctrl+K -------------------------------------------------------------------------------------------------


async def test_a_capture_on_screen_is_kept(library: Library) -> None:
    async with opened(named("three")) as (pilot, main):
        await pilot.press("ctrl+k")
        await until(pilot, lambda: len(library.all()) == 3)
        assert library.all()[0].facts.title == "three"
        await until(pilot, lambda: any("Kept in the library" in note.message for note in main.app._notifications))


async def test_what_is_not_compiled_yet_is_not_kept(library: Library) -> None:
    async with live() as (pilot, main, _):
        await pilot.press("ctrl+k")
        assert "Nothing is compiled yet" in [note.message for note in main.app._notifications][-1]
    assert len(library.all()) == 2


async def test_a_guest_keeps_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_GUEST", "1")
    async with opened() as (pilot, _):
        await pilot.press("ctrl+k")
    assert len(library.all()) == 2


def test_a_mistake_is_not_hidden(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_at: str, _words: str) -> tuple[int, Choice | None]:
        raise UsageError("no terminal")

    monkeypatch.setattr("inspector.tui.library.run_library", fails)
    with pytest.raises(UsageError):
        run_first()
