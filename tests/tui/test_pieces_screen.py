"""What a server compiled in pieces, on the screen of its log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from driving import BIG, clock, notes, until
from logdriving import log_opened, read, text_of
from logfakes import FakeLog
from textual.pilot import Pilot

from inspector.bundle import read as read_bundle
from inspector.trace.log import TraceLog
from inspector.tui import _folder_of_code
from inspector.tui.app import InspectorApp
from inspector.tui.compare.screen import DifferenceScreen
from inspector.tui.log.screen import LogScreen
from inspector.tui.log.source import LogSource
from inspector.tui.screens.picker import Picker
from tests.unit.test_server_pieces import COLD, HIT, LOAD, aten, compiled, event, load
from tests.unit.test_stored import aot_folder, inductor_folder


@asynccontextmanager
async def pieces(
    folder: Path, data: bytes = COLD, size: tuple[int, int] = BIG
) -> AsyncIterator[tuple[Pilot[int], LogScreen]]:
    """The view, read, on the first part."""
    path = folder / "serve.log"
    path.write_bytes(data)
    async with log_opened(TraceLog.open(path), size) as (pilot, screen):
        await pilot.press("7", "down")
        await until(pilot, lambda: screen.desk.pieces.pieces is not None and len(screen.outline.items) > 1)
        yield pilot, screen


def row(screen: LogScreen, name: str) -> str:
    return next(line for line in text_of(screen).splitlines() if line.strip().startswith(name))


async def test_parts_go_down_and_ranges_across(tmp_path: Path) -> None:
    async with pieces(tmp_path) as (pilot, screen):
        assert "4.00 s" in row(screen, "submod_0")
        assert row(screen, "submod_1").count("not compiled") == 3
        assert row(screen, "submod_4").count("= submod_2") == 3
        assert screen.desk.compile_id(screen.outline.current) == "0/0:0"
        await pilot.press("right", "right", "right")
        assert screen.desk.compile_id(screen.outline.current) == "0/0:2"
        assert text_of(screen).count("submod_0, 65…512 tokens") == 2  # in the details and below
        (piece, *_) = screen.desk.about(screen.outline.current)
        twin = "submod_0 for 1…64 has its ATen graph up to names, and one output code"
        assert twin in [row.text for row in piece.rows]


async def test_a_piece_opens_as_a_capture_of_its_own_and_so_does_one_that_is_reused(tmp_path: Path) -> None:
    async with pieces(tmp_path) as (pilot, screen):
        await pilot.press("down", "down", "down", "down", "right")  # submod_4, 1…64: submod_2's code
        assert "takes the code of an earlier part" in text_of(screen)
        await pilot.press("enter")
        await until(pilot, lambda: screen.over is not None and screen.over.is_mounted)
        assert screen.over is not None
        graphs = [item for item in screen.over.desk.capture.artifacts if item.stage.value == "aten"]
        assert ["exp" in item.text and "f32[1, 8]" in item.text for item in graphs] == [True]
        assert screen.over.heading.endswith("submod_2 for 1…64")
        await pilot.press("escape")
        await until(pilot, lambda: screen.app.screen is screen)
        assert screen.desk.active == "pieces"


async def test_what_is_not_compiled_says_why_it_does_not_open(tmp_path: Path) -> None:
    async with pieces(tmp_path) as (pilot, screen):
        await pilot.press("down", "enter")
        await pilot.pause()
        assert any("the graph is cut here: demo.attention" in note for note in notes(screen))  # type: ignore[arg-type]
        assert screen.over is None


async def test_two_ranges_are_compared_by_meaning(tmp_path: Path) -> None:
    async with pieces(tmp_path) as (pilot, screen):
        await pilot.press("down", "down", "d")
        await until(pilot, lambda: isinstance(screen.app.screen, Picker))
        await pilot.press("enter")  # the part's own other ranges come first
        await until(pilot, lambda: isinstance(screen.app.screen, DifferenceScreen))
        assert "0/0:3 ↔ 0/0:4" in text_of(screen)


async def test_a_piece_is_exported_alone(tmp_path: Path) -> None:
    async with pieces(tmp_path) as (pilot, screen):
        found = screen.source.capture(("0/0:3",))
        from inspector.bundle import write

        write(found, tmp_path / "piece.inspector")
        assert read_bundle(tmp_path / "piece.inspector").artifacts == found.artifacts
        await pilot.press("E")
        await until(pilot, lambda: screen.app.screen is not screen)
        assert "0-0-0" in text_of(screen)


@pytest.mark.parametrize("width", [80, 200])
async def test_of_more_ranges_than_fit_the_chosen_one_is_shown(tmp_path: Path, width: int) -> None:
    from inspector.model.pieces import TokenRange
    from tests.unit.test_server_pieces import CONFIG, SPLIT, own, start

    ranges = [TokenRange(number, number) for number in range(1, 21)]
    data = own("compilation_config", CONFIG) + own("piecewise_split_graph", SPLIT)
    data += b"".join(start("submod_0", tokens, tokens.first) for tokens in ranges)
    async with pieces(tmp_path, data, (width, 24)) as (pilot, screen):
        for tokens in ranges:
            assert screen.desk.pieces.tokens == tokens
            assert f" {tokens.words} token" in text_of(screen).splitlines()[2]
            await pilot.press("right")


async def test_loads_at_once_are_drawn_apart(tmp_path: Path) -> None:
    data = load(aten("sin")) + event(LOAD, "B", 1) + load(aten("exp")) + event(LOAD, "B", 2)
    data += HIT + event(LOAD, "E", 5) + HIT + event(LOAD, "E", 7) + compiled(aten("cos"), "c", 8, 9)
    async with pieces(tmp_path, data) as (_, screen):
        assert f"2 at once  {'·' * 8}{'=' * 24}" in text_of(screen)


async def test_a_log_of_no_server_has_no_such_view() -> None:
    async with log_opened(FakeLog()) as (pilot, screen):
        await pilot.press("7")
        await pilot.pause()
        assert (screen.desk.active, "pieces" in screen.desk.names) == ("compiles", False)
        assert any("no server" in note for note in notes(screen))  # type: ignore[arg-type]


@asynccontextmanager
async def folder_opened(folder: Path) -> AsyncIterator[tuple[Pilot[int], LogScreen]]:
    """The screen of a folder of compiled code."""
    log = TraceLog.open(folder)
    app = InspectorApp(log=LogSource(log, stored=_folder_of_code(log)), title="cache", clock=clock)
    async with app.run_test(size=BIG) as pilot:
        await until(pilot, lambda: read(app) and app.log_screen is not None and app.log_screen.desk.pieces.read)
        assert app.log_screen is not None
        yield pilot, app.log_screen
    assert app.log_source is not None
    app.log_source.close()


async def test_a_folder_of_compiled_code_opens_with_what_is_kept(tmp_path: Path) -> None:
    aot_folder(tmp_path / "vllm")
    async with folder_opened(tmp_path) as (pilot, screen):
        assert (screen.desk.active, len(screen.outline.items)) == ("pieces", 4)
        assert "vLLM's ahead-of-time artifact" in text_of(screen)
        assert "= submod_0" in text_of(screen)
        assert "What the key was made of" in text_of(screen)
        await pilot.press("down", "down", "enter")  # the one that shares: it opens as whose code it is
        await until(pilot, lambda: screen.over is not None and screen.over.is_mounted)
        assert screen.over is not None
        assert screen.over.desk.capture.artifacts


async def test_inductors_own_folder_opens_too(tmp_path: Path) -> None:
    inductor_folder(tmp_path)
    async with folder_opened(tmp_path) as (pilot, screen):
        assert "Inductor's cache" in text_of(screen)
        await pilot.press("right_square_bracket", "7", "down", "d")
        await pilot.pause()
        assert any("no other piece" in note for note in notes(screen))  # type: ignore[arg-type]


async def test_a_log_of_a_program_is_no_folder_of_code(tmp_path: Path) -> None:
    path = tmp_path / "serve.log"
    path.write_bytes(COLD)
    assert _folder_of_code(TraceLog.open(path)) is None
