"""The key that hands on what is on screen: asks for a place, writes there, says what was written or why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import notes, on_top, opened, screen_text, until
from fakes import llama_mlp
from logdriving import log_opened
from textual.app import App
from textual.widgets import Input

from inspector.bundle import export, read
from inspector.model.stage import Stage
from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.dialogs import help_sections
from inspector.tui.screens.export import ExportPrompt


def prompt(app: App[int]) -> ExportPrompt:
    assert isinstance(app.screen, ExportPrompt)
    return app.screen


def asks(app: App[int]) -> bool:
    return isinstance(app.screen, ExportPrompt) and bool(app.screen.query(Input))


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_a_key_exports_what_is_on_screen(tmp_path: Path) -> None:
    async with opened() as (pilot, main):
        await pilot.press("E")
        await until(pilot, lambda: asks(pilot.app))
        assert prompt(pilot.app).text == "llama-mlp.inspector"
        await pilot.press("enter")
        await until(pilot, lambda: any(note.startswith("Exported") for note in notes(main)))
        assert on_top(main)
        assert f"{tmp_path / 'llama-mlp.inspector'}, with index.html in it" in notes(main)[-1]
    assert read(tmp_path / "llama-mlp.inspector").artifacts == llama_mlp().artifacts


async def test_a_folder_redacted(tmp_path: Path) -> None:
    async with opened() as (pilot, main):
        await pilot.press("E")
        await until(pilot, lambda: asks(pilot.app))
        prompt(pilot.app).query_one(Input).value = str(tmp_path / "there" / "it")
        await pilot.press("f3")
        await until(pilot, lambda: "without sources, paths and names" in screen_text(main))
        await pilot.press("enter")
        await until(pilot, lambda: any(note.startswith("Exported") for note in notes(main)))
    assert (tmp_path / "there" / "it" / "index.html").stat().st_size > 10_000
    assert read(tmp_path / "there" / "it").find(Stage.SOURCE) == ()


async def test_a_bundle_is_replaced_by_a_second_enter_alone(tmp_path: Path) -> None:
    place = tmp_path / "old.inspector"
    place.write_bytes(b"")
    async with opened() as (pilot, main):
        await pilot.press("E")
        await until(pilot, lambda: asks(pilot.app))
        prompt(pilot.app).query_one(Input).value = str(place)
        await pilot.pause()
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "not a bundle" in screen_text(main))
        assert asks(pilot.app)
        place.unlink()
        export.export(llama_mlp(), place, export.Wanted(only=[Stage.ATEN]))
        await pilot.press("enter")
        await until(pilot, lambda: "Enter again replaces it" in screen_text(main))
        assert read(place).stages() == (Stage.ATEN,)
        await pilot.press("enter")
        await until(pilot, lambda: any(note.startswith("Exported") for note in notes(main)))
    assert read(place).artifacts == llama_mlp().artifacts


@pytest.mark.parametrize("place", ["", "  ", "/proc/nowhere/it", "~nobody-of-that-name/it", "a\0b"])
async def test_a_place_that_cannot_be_is_told_and_can_be_changed(place: str) -> None:
    async with opened() as (pilot, main):
        await pilot.press("E")
        await until(pilot, lambda: asks(pilot.app))
        prompt(pilot.app).query_one(Input).value = place
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert asks(pilot.app)
        assert any(words in screen_text(main) for words in ("A place, please", "cannot be written", "is no path"))
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))
        assert notes(main) == []


async def test_what_fails_while_it_is_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async with opened() as (pilot, main):
        await pilot.press("E")
        await until(pilot, lambda: asks(pilot.app))
        monkeypatch.setattr("zipfile.ZipFile.writestr", full_disk)
        await pilot.press("enter")
        await until(pilot, lambda: any("No space left" in note for note in notes(main)))
        assert on_top(main)


async def test_the_row_of_a_log_is_exported(tmp_path: Path) -> None:
    async with log_opened() as (pilot, screen):
        await until(pilot, lambda: screen.outline.current is not None)
        while screen.desk.compile_id(screen.outline.current) is None:
            await pilot.press("down")
        compile_id = screen.desk.compile_id(screen.outline.current)
        assert compile_id is not None
        await pilot.press("E")
        await until(pilot, lambda: asks(pilot.app))
        name = f"train-{compile_id.replace('/', '-')}.inspector"
        assert prompt(pilot.app).text == name
        await pilot.press("enter")
        await until(pilot, lambda: any(note.title == "Exported" for note in pilot.app._notifications))
    assert [item.compile_id for item in read(tmp_path / name).compilations] == [compile_id]


async def test_the_palette_offers_it_and_help_names_its_key() -> None:
    async with opened() as (_, main):
        offered = {item.title: item.help for item in main.app.get_system_commands(main)}
    assert offered["Export…"].endswith("  E")
    assert ("E", COMMANDS["export"].help) in help_sections()["General"]
