"""Notes on the main screen: written, seen at their place and at what is linked to it, saved, asked about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from driving import BIG, chosen, clock, live, notes, opened, pane_of, ready, screen_text, until
from fakes import llama_mlp
from logdriving import log_opened
from logfakes import FakeLog
from textual.widgets import Input

from inspector.bundle import read, write
from inspector.model.artifact import Span
from inspector.model.stage import Stage
from inspector.notes import added
from inspector.tui.app import InspectorApp
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.panes.marks import NoteMark


def linked(main: DeskScreen, stage: Stage) -> tuple[str, int]:
    """A source line of the fake that is linked to a stage."""
    artifact = main.desk.artifact(stage)
    source = main.desk.artifact(Stage.SOURCE)
    index = main.desk.capture.index
    line = next(
        line
        for line in sorted(index.linked_lines(source.id))
        if artifact.id in index.relatives(source.id, line).by_artifact
    )
    return artifact.id, line


def top(main: DeskScreen) -> str:
    return type(main.app.screen).__name__


async def write_note(pilot, main: DeskScreen, text: str) -> None:
    await pilot.press("a")
    await until(pilot, lambda: top(main) == "NoteScreen")
    await pilot.press(*text)
    await pilot.press("ctrl+s")
    await until(pilot, lambda: top(main) == "DeskScreen")


async def test_a_note_shows_at_its_place_and_at_its_relatives():
    async with opened() as (pilot, main):
        _, line = linked(main, Stage.KERNEL)
        pane = pane_of(main, Stage.SOURCE)
        pane.focus()
        pane.goto(line, 0, by_user=True)
        await write_note(pilot, main, "slow")
        (note,) = main.notebook.notes
        assert (note.text, note.span, bool(note.time)) == ("slow", Span.of_lines(pane.artifact.id, line), True)
        assert pane._note_marks[line] is NoteMark.HERE
        assert NoteMark.RELATED in pane_of(main, Stage.KERNEL)._note_marks.values()
        assert "● slow" in screen_text(main).splitlines()[0]
        assert "Notes here" in screen_text(main)
        other = pane_of(main, Stage.KERNEL)
        there = next(line for line, mark in other._note_marks.items() if mark is NoteMark.RELATED)
        other.goto(there, 0, by_user=True)
        await pilot.pause()
        assert "● slow" in screen_text(main).splitlines()[0]


async def test_a_selection_is_noted_on():
    async with opened() as (pilot, main):
        pane = pane_of(main, Stage.ATEN)
        pane.focus()
        pane.goto(2, 0, by_user=True)
        await pilot.press("shift+down", "shift+right")
        span = Span(pane.artifact.id, *pane.selection)
        await write_note(pilot, main, "both")
        assert main.notebook.notes[0].span == span


async def test_edit_remove_and_list():
    async with opened() as (pilot, main):
        pane = pane_of(main, Stage.ATEN)
        pane.focus()
        pane.goto(3, 0, by_user=True)
        await pilot.press("i")
        assert any("No note of yours" in words for words in notes(main))
        await write_note(pilot, main, "one")
        before = main.notebook.notes[0]
        await pilot.press("i")
        await until(pilot, lambda: top(main) == "NoteScreen")
        await pilot.press("!", "ctrl+s")
        await until(pilot, lambda: top(main) == "DeskScreen")
        assert [(note.id, note.text) for note in main.notebook.notes] == [(before.id, "one!")]
        pane.goto(1, 0, by_user=True)
        await pilot.press("M")
        await until(pilot, lambda: top(main) == "Picker")
        await pilot.press("o", "n", "e", "enter")
        await until(pilot, lambda: top(main) == "DeskScreen")
        await until(pilot, lambda: pane.cursor.line == 3)
        await pilot.press("X")
        assert main.notebook.notes == ()
        assert not any(mark is not NoteMark.AUTOMATIC for mark in pane._note_marks.values())


async def test_notes_are_saved_in_the_bundle_that_is_open(tmp_path: Path):
    place = write(llama_mlp(), tmp_path / "it")
    app = InspectorApp(capture=read(place), title="it", place=place, clock=clock)
    async with app.run_test(size=BIG) as pilot:
        await until(pilot, lambda: ready(app))
        await write_note(pilot, app.main, "kept")
        assert app.notebook.unsaved
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not app.notebook.unsaved)
    assert [note.text for note in read(place).annotations] == ["kept"]


async def test_a_live_capture_is_saved_as_a_bundle_with_its_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    async with live() as (pilot, main, fake):
        fake.show(llama_mlp())
        await until(pilot, lambda: pane_of(main, Stage.SOURCE).artifact is not None)
        await write_note(pilot, main, "kept")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: top(main) == "ExportPrompt")
        await pilot.press("enter")
        await until(pilot, lambda: not main.notebook.unsaved)
    (made,) = tmp_path.glob("*.inspector")
    assert [note.text for note in read(made).annotations] == ["kept"]


@pytest.mark.parametrize(("key", "saved"), [("enter", True), ("x", False)])
async def test_unsaved_notes_are_asked_about(tmp_path: Path, key: str, saved: bool):
    place = write(llama_mlp(), tmp_path / "it")
    app = InspectorApp(capture=read(place), title="it", place=place, clock=clock)
    async with app.run_test(size=BIG) as pilot:
        await until(pilot, lambda: ready(app))
        await write_note(pilot, app.main, "kept")
        await pilot.press("q")
        await until(pilot, lambda: top(app.main) == "LeaveScreen")
        await pilot.press("escape")
        await until(pilot, lambda: top(app.main) == "DeskScreen")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: top(app.main) == "LeaveScreen")
        await pilot.press(key)
        await pilot.pause()
    assert app.return_code == 0
    assert bool(read(place).annotations) is saved


async def test_nothing_is_asked_where_all_is_saved():
    capture = llama_mlp()
    kept, _ = added((), Span.of_lines(capture.artifacts[0].id, 1), "there")
    async with opened(replace(capture, annotations=kept)) as (pilot, main):
        await pilot.press("q")
        await pilot.pause()
        assert main.app.return_code == 0


async def test_a_note_in_a_list_is_never_markup():
    capture = llama_mlp()
    kept, _ = added((), Span.of_lines(capture.find(Stage.SOURCE)[0].id, 1), "odd [/b] [@click=app.quit]x[/] one")
    async with opened(replace(capture, annotations=kept)) as (pilot, main):
        await pilot.press("M")
        await until(pilot, lambda: top(main) == "Picker")
        await pilot.press("o", "d", "d")
        await pilot.pause()
        assert "odd [/b] [@click=app.quit]x[/] one" in screen_text(main)


async def test_notes_on_a_log_outlive_its_compile_ids():
    async with log_opened(FakeLog()) as (pilot, screen):
        app = screen.app

        async def opened_id(compile_id: str) -> DeskScreen:
            screen.outline.go(compile_id)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, DeskScreen))
            await until(pilot, lambda: app.screen.is_mounted and chosen(app.screen).artifact is not None)
            return app.screen

        await write_note(pilot, await opened_id("1/3"), "kept")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("q")
        await until(pilot, lambda: type(app.screen).__name__ == "LeaveScreen")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        again = await opened_id("0/0")
        assert [note.text for note in again.notebook.notes] == ["kept"]
        assert again.notebook.unsaved


async def test_on_the_screen_of_a_log_all_notes_are_listed_gone_to_and_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    async with log_opened(FakeLog()) as (pilot, screen):
        app = screen.app
        await pilot.press("M", "ctrl+s")
        told = [note.message for note in app._notifications]
        assert any("no notes yet" in words for words in told) and any("no notes to save" in words for words in told)
        screen.outline.go("1/3")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeskScreen))
        await until(pilot, lambda: app.screen.is_mounted and chosen(app.screen).artifact is not None)
        main = app.screen
        chosen(main).goto(1, 0, by_user=True)
        await write_note(pilot, main, "kept")
        (note,) = screen.notebook.notes
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("M")
        await until(pilot, lambda: type(app.screen).__name__ == "Picker")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeskScreen))
        await until(
            pilot,
            lambda: app.screen.desk.compile_id == "1/3" and chosen(app.screen).artifact is not None,
        )
        assert note.span is not None
        await until(pilot, lambda: chosen(app.screen).artifact.id == note.span.artifact)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: type(app.screen).__name__ == "ExportPrompt")
        await pilot.press("enter")
        await until(pilot, lambda: not screen.notebook.unsaved)
    (made,) = tmp_path.glob("*.inspector")
    assert [item.text for item in read(made).annotations] == ["kept"]


async def test_escapes_in_a_note_never_reach_the_terminal():
    capture = llama_mlp()
    source = capture.find(Stage.SOURCE)[0]
    kept, _ = added((), Span.of_lines(source.id, source.focus), "x\x1b]0;title\x07[bold]y")
    async with opened(replace(capture, annotations=kept)) as (pilot, main):
        pane = pane_of(main, Stage.SOURCE)
        pane.goto(source.focus, 0, by_user=True)
        await pilot.pause()
        assert "[bold]y" in screen_text(main)
        assert "\x1b" not in screen_text(main)


MARKDOWN = """## Why **slow**?
See `tmp0`, *not* [this](javascript:alert(1)) &#27;]0;t&#7; [bold]x[/]

- one
- two"""


def styles(main: DeskScreen, words: str) -> list[object]:
    """The styles of the segments of the screen that hold some words."""
    strips = main.app.screen._compositor.render_strips(main.app.size)
    return [segment.style for strip in strips for segment in strip if segment.text.strip() == words]


async def test_markdown_is_drawn_in_the_details():
    capture = llama_mlp()
    source = capture.find(Stage.SOURCE)[0]
    kept, _ = added((), Span.of_lines(source.id, source.focus), MARKDOWN, author="Me")
    async with opened(replace(capture, annotations=kept)) as (pilot, main):
        pane_of(main, Stage.SOURCE).goto(source.focus, 0, by_user=True)
        await pilot.pause()
        shown = screen_text(main)
        assert "● Me · " in shown
        assert "See tmp0, not this (javascript:alert(1)) �]0;t� [bold]x[/]" in " ".join(shown.split())
        assert "**" not in shown
        assert any(style.italic for style in styles(main, "not"))
        strips = main.app.screen._compositor.render_strips(main.app.size)
        assert not any(segment.style.link for strip in strips for segment in strip if segment.style)
        assert "● Why slow?" in screen_text(main).splitlines()[0]


@pytest.mark.parametrize("size", [(80, 24), BIG], ids=["small", "big"])
async def test_what_is_typed_is_shown_as_it_will_look(size: tuple[int, int]):
    async with opened(size=size) as (pilot, main):
        await pilot.press("a")
        await until(pilot, lambda: top(main) == "NoteScreen")
        await pilot.press(*"a **b** c")
        await pilot.pause()
        assert ("a b c" in screen_text(main)) is (size == BIG)
        await pilot.press("f3")
        await until(pilot, lambda: "a b c" in screen_text(main))
        assert any(style.bold for style in styles(main, "b"))
        await pilot.press("f3")
        await until(pilot, lambda: "a **b** c" in screen_text(main))
        await pilot.press("!", "ctrl+s")
        await until(pilot, lambda: top(main) == "DeskScreen")
        assert main.notebook.notes[0].text == "a **b** c!"


async def test_enter_goes_on_with_a_list_and_ends_it():
    async with opened() as (pilot, main):
        await pilot.press("a")
        await until(pilot, lambda: top(main) == "NoteScreen")
        await pilot.press(*"- one", "enter", *"two", "enter", "enter", *"9. x", "enter", *"y", "ctrl+s")
        await until(pilot, lambda: top(main) == "DeskScreen")
        assert main.notebook.notes[0].text == "- one\n- two\n9. x\n10. y"


async def test_the_author_is_asked_for_behind_the_text():
    async with opened(size=(80, 24)) as (pilot, main):
        await pilot.press("a")
        await until(pilot, lambda: top(main) == "NoteScreen")
        await pilot.press("x", "f3", "tab", "tab", *"Me")
        assert main.app.screen.query_one(Input).value == "Me"
        await pilot.press("enter")
        await until(pilot, lambda: top(main) == "DeskScreen")
        assert (main.notebook.notes[0].text, main.notebook.notes[0].author) == ("x", "Me")
