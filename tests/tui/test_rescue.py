"""What becomes of notes when the app ends by a mistake of its own, wherever that comes from; pastes; closing once."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from driving import clock, live, notes, on_top, opened, panes, ready, screen_text, until
from fakes import llama_mlp
from logdriving import log_opened
from textual import events
from textual.pilot import Pilot

from inspector.bundle import read
from inspector.errors import UsageError
from inspector.tui.app import InspectorApp
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.log.intents import OpenCompileId
from inspector.tui.screens.noting import NoteScreen


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "inspector" / "rescued"


def fail(*_: object, **__: object) -> None:
    raise KeyError("profile")


def by_a_key(main: DeskScreen, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(main.picture, "draw", fail)
    main.app.post_message(events.Key("z", "z"))


def by_drawing(main: DeskScreen, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(panes(main)[0], "render_line", fail)
    panes(main)[0].refresh()


def by_a_timer(main: DeskScreen, patch: pytest.MonkeyPatch) -> None:
    main.set_timer(0.01, fail)


def by_a_worker(main: DeskScreen, patch: pytest.MonkeyPatch) -> None:
    main.run_worker(fail, thread=True)


def by_a_thread(main: DeskScreen, patch: pytest.MonkeyPatch) -> None:
    threading.Thread(target=fail).start()


async def note(pilot: Pilot[int], text: str, *, keep: bool = True) -> None:
    await pilot.press("a")
    await until(pilot, lambda: isinstance(pilot.app.screen, NoteScreen))
    await pilot.press(*text)
    if keep:
        await pilot.press("ctrl+s")
        await until(pilot, lambda: not isinstance(pilot.app.screen, NoteScreen))


@pytest.mark.parametrize("cause", [by_a_key, by_drawing, by_a_timer, by_a_worker, by_a_thread])
async def test_notes_outlast_an_exception_from_anywhere(
    cause: Callable[[DeskScreen, pytest.MonkeyPatch], None], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Exception, match="profile"):
        async with opened() as (pilot, main):
            app = pilot.app
            await note(pilot, "mine")
            cause(main, monkeypatch)
            await until(pilot, lambda: app.ending is not None)
    assert isinstance(app, InspectorApp)
    assert app.ending is not None
    assert app.ending.exit_code == 1
    (kept,) = state.glob("*.inspector")
    assert f"The 1 note is kept in {kept}: `inspector open {kept}`." in app.ending.words
    assert "KeyError: 'profile'" in app.ending.words
    assert app.ending.words.count("\n") == 0
    (again,) = read(kept).annotations
    assert again.text == "mine"
    assert "in fail" in next(iter(state.glob("traceback*.txt"))).read_text()
    async with opened(read(kept)) as (_, main):
        assert [item.text for item in main.notebook.notes] == ["mine"]


async def test_what_was_being_written_is_kept_too(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError):
        async with opened() as (pilot, main):
            await note(pilot, "half a tho", keep=False)
            by_a_timer(main, monkeypatch)
            await until(pilot, lambda: pilot.app.ending is not None)  # type: ignore[attr-defined]
    (kept,) = state.glob("*.inspector")
    assert [item.text for item in read(kept).annotations] == ["half a tho"]


async def test_a_log_keeps_the_notes_with_the_compile_ids_they_are_about(state: Path) -> None:
    with pytest.raises(KeyError):
        async with log_opened() as (pilot, screen):
            app = screen.app
            screen.turn(OpenCompileId("1/0"))
            await until(pilot, lambda: isinstance(app, InspectorApp) and ready(app))
            await note(pilot, "mine")
            screen.set_timer(0.01, fail)
            await until(pilot, lambda: pilot.app.ending is not None)  # type: ignore[attr-defined]
    (kept,) = state.glob("*.inspector")
    assert [item.text for item in read(kept).annotations] == ["mine"]


async def test_nothing_is_written_where_nothing_would_be_lost(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError):
        async with opened() as (pilot, main):
            by_a_timer(main, monkeypatch)
            await until(pilot, lambda: pilot.app.ending is not None)  # type: ignore[attr-defined]
    assert not list(state.glob("*.inspector"))


async def test_an_error_that_says_what_to_do_says_just_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def lack() -> None:
        raise UsageError("The log has gone.", "Open it again.")

    with pytest.raises(UsageError):
        async with opened() as (pilot, main):
            app = pilot.app
            main.set_timer(0.01, lack)
            await until(pilot, lambda: app.ending is not None)  # type: ignore[attr-defined]
    assert app.ending.words == "inspector: The log has gone. Open it again."  # type: ignore[attr-defined]
    assert app.ending.exit_code == 2  # type: ignore[attr-defined]


def test_the_terminal_gets_one_line_and_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from inspector.tui import _run

    app = InspectorApp(capture=llama_mlp(), title="llama-mlp", clock=clock)
    monkeypatch.setattr(app, "run", fail)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("")  # a state folder that cannot be made
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert _run(app) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    (kept,) = tmp_path.glob("inspector-rescued-*/traceback-*.txt")
    assert f"The traceback is in {kept}." in said


@pytest.mark.parametrize(("keys", "panel"), [("zH", "profile"), ("zU", "numerics"), ("zD", "details"), ("zL", "log")])
async def test_a_panel_comes_out_of_the_zoom(keys: str, panel: str) -> None:
    async with live() as (pilot, main, worker):
        worker.compile()
        await pilot.press(*keys)
        assert not main.desk.zoomed
        assert main.desk.panels_shown[-1] == panel or panel in main.desk.panels_shown
        assert main.panels.widget(panel).region.height > 3


async def test_where_no_panel_has_room_that_is_said() -> None:
    async with live((80, 24)) as (pilot, main, _):
        await pilot.resize_terminal(80, 3)
        await pilot.press("H")
        await pilot.pause()
        assert "no room for the profile" in notes(main)[-1]


@pytest.mark.parametrize("marked", [True, False])
async def test_a_long_paste_is_one_thing_in_a_field_and_nothing_on_the_screen(marked: bool) -> None:
    text = "q z D H escape " * 330

    def paste(app: InspectorApp) -> None:
        if marked:
            app.post_message(events.Paste(text))
            return
        for at, character in enumerate(text):
            event = events.Key("space" if character == " " else character, character)
            event.time = at / 100_000
            app.post_message(event)

    async with opened() as (pilot, main):
        before = screen_text(main)
        paste(pilot.app)  # type: ignore[arg-type]
        await until(pilot, lambda: "not taken as keys" in " ".join(notes(main)))
        assert pilot.app.is_running
        assert on_top(main)
        assert main.desk.zoomed is False
        pilot.app.clear_notifications()
        await pilot.press("slash")
        await until(pilot, lambda: not on_top(main))
        paste(pilot.app)  # type: ignore[arg-type]
        field = pilot.app.screen.query("Entry").first()
        await until(pilot, lambda: len(field.value) == len(text))  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))
        assert screen_text(main).splitlines()[:5] == before.splitlines()[:5]


async def test_what_is_closed_twice_closes_nothing_below() -> None:
    async with opened() as (pilot, main):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: not on_top(main))
        for _ in range(2):
            pilot.app.screen.post_message(events.Click(None, 0, 0, 0, 0, 1, False, False, False))
        await until(pilot, lambda: on_top(main))
        await pilot.press("c")
        await until(pilot, lambda: not on_top(main))
        dialog = pilot.app.screen
        dialog.dismiss(None)
        dialog.dismiss(None)
        await until(pilot, lambda: on_top(main))
        assert pilot.app.is_running
