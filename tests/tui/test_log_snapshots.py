"""What the screens of a log look like; nothing in them moves by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from driving import until
from logdriving import log_app, read
from logfakes import FakeLog, overview, ranks
from test_log_screen import report
from textual.pilot import Pilot

from inspector.model.stage import Stage
from inspector.trace.log import IndexProgress, TraceLog
from inspector.trace.reader import BadRecord
from inspector.tui.app import InspectorApp
from inspector.tui.log.intents import Indexed
from inspector.tui.panes.code import CodePane
from inspector.tui.widgets.phases import PhaseChart
from inspector.tui.widgets.stages import StageStrip
from inspector.work import comparing
from tests.unit.test_server_pieces import COLD

SMALL, BIG = (80, 24), (200, 50)
BAD = (BadRecord(48_213, "its payload is cut or damaged (the checksum differs)", "train.log"),)
SIZES = pytest.mark.parametrize("size", [SMALL, BIG], ids=lambda size: f"{size[0]}x{size[1]}")
Before = Callable[[Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No animation, and ranks that were compared beforehand."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(comparing, "rank_report", lambda *_: report())
    for cls in (CodePane, StageStrip, PhaseChart):
        monkeypatch.setattr(cls, "_set_pulse", lambda self: None)


def before(app: InspectorApp, *keys: str) -> Before:
    """Waits for the whole log, then presses keys, each when what the last one asked for is there."""

    async def run(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: read(app))
        for key in keys:
            await pilot.press(key)
            await until(pilot, lambda: read(app))
        await pilot.pause(0.1)
        app.clear_notifications()
        await pilot.pause()

    return run


class Changed(FakeLog):
    """A log whose compile 1/2 is not what 1/1 was."""

    def capture(self, compile_ids=None, /):
        capture = super().capture(compile_ids)
        changed = tuple(
            replace(item, text=item.text.replace("[1, 8,", "[1, 24,").replace("silu", "gelu"))
            if item.compile_id == "1/2" and item.stage is not Stage.SOURCE
            else item
            for item in capture.artifacts
        )
        return replace(capture, artifacts=changed)


@SIZES
def test_compiles(snap_compare, size):
    app = log_app(FakeLog(bad=BAD))
    assert snap_compare(app, terminal_size=size, run_before=before(app, "down", "down"))


@SIZES
def test_time(snap_compare, size):
    app = log_app()
    assert snap_compare(app, terminal_size=size, run_before=before(app, "2", "down", "down", "down"))


@SIZES
def test_recompiles(snap_compare, size):
    app = log_app()
    assert snap_compare(app, terminal_size=size, run_before=before(app, "4", "down", "down"))


@SIZES
def test_ranks(snap_compare, size):
    app = log_app(FakeLog(ranks()))
    assert snap_compare(app, terminal_size=size, run_before=before(app, "5", *["down"] * 4))


@SIZES
def test_difference(snap_compare, size):
    app = log_app(Changed())
    keys = ("4", "down", "down", "down", "d")
    assert snap_compare(app, terminal_size=size, run_before=before(app, *keys))


@SIZES
def test_pieces(snap_compare, size, tmp_path):
    path = tmp_path / "serve.log"
    path.write_bytes(COLD)
    app = log_app(TraceLog.open(path))
    assert snap_compare(app, terminal_size=size, run_before=before(app, "7", "down", "down", "down", "right"))


def test_light(snap_compare):
    app = log_app(FakeLog(bad=BAD))
    assert snap_compare(app, terminal_size=(120, 40), run_before=before(app, "t", "6", "down"))


def test_breaks_and_a_filter(snap_compare):
    app = log_app()
    keys = ("v", "s", "slash", *"time>0.5")
    assert snap_compare(app, terminal_size=(120, 40), run_before=before(app, *keys))


def test_help(snap_compare):
    app = log_app()
    assert snap_compare(app, terminal_size=BIG, run_before=before(app, "question_mark"))


def test_one_compile_id_of_many(snap_compare):
    app = log_app()
    assert snap_compare(app, terminal_size=BIG, run_before=before(app, "down", "enter"))


def test_indexing(snap_compare):
    app = log_app()

    async def half_read(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: read(app))
        screen = app.log_screen
        assert screen is not None
        some = overview(overview().rows[:5])
        half = replace(
            screen.desk.log,
            overview=replace(some, complete=False),
            progress=IndexProgress(37 << 20, 64 << 20),
            indexed=False,
            verified=None,
        )
        screen.turn(Indexed(half))
        await pilot.pause()

    assert snap_compare(app, terminal_size=(120, 40), run_before=half_read)
