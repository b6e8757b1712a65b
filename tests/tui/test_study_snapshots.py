"""What the screen of a study looks like; nothing in it moves by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest
from driving import until
from studyfakes import FakeRuns, cures, layers, live_app, on_screen, results_app, shapes, spot
from textual.pilot import Pilot

from inspector.errors import TargetFailed
from inspector.study.updates import RunFailed, Update
from inspector.tui.study.app import StudyApp
from inspector.tui.widgets import glyphs

SMALL, BIG = (80, 24), (200, 50)
SIZES = pytest.mark.parametrize("size", [SMALL, BIG], ids=lambda size: f"{size[0]}x{size[1]}")
Before = Callable[[Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def runs() -> Iterator[FakeRuns]:
    """A plan whose thread ends once the picture has been taken."""
    made = FakeRuns()
    yield made
    if made.control is not None:
        made.control.stop()


def before(app: StudyApp, *keys: str, runs: FakeRuns | None = None, updates: list[Update] | None = None) -> Before:
    """Waits for the screen and for what a plan tells, then presses keys."""

    async def run(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: on_screen(app))
        screen = app.study_screen
        assert screen is not None
        if runs is not None:
            runs.say(*(updates or []))
            await until(pilot, lambda: screen.desk.plan is not None and screen.desk.plan.progress is not None)
        for key in keys:
            await pilot.press(key)
        await pilot.pause(0.1)
        app.clear_notifications()
        await pilot.pause()

    return run


@SIZES
def test_runs_under_way(snap_compare, size, runs):
    app = live_app(runs)
    assert snap_compare(app, terminal_size=size, run_before=before(app, "2", runs=runs, updates=runs.up_to(7, kept=2)))


def test_a_run_that_failed(snap_compare, runs):
    app = live_app(runs)
    error = TargetFailed("The worker was killed (SIGKILL) in the phase “decoding”.", "Take smaller batches or prompts.")
    told = runs.up_to(4)
    updates = [*told[:-1], RunFailed(runs.requests[4], error, 9.0), *runs.up_to(5)[-1:]]
    run_before = before(app, "exclamation_mark", runs=runs, updates=updates)
    assert snap_compare(app, terminal_size=(120, 40), run_before=run_before)


@SIZES
def test_break_even(snap_compare, size):
    app = results_app(spot())
    assert snap_compare(app, terminal_size=size, run_before=before(app, "2", ")", ")"))


def test_steps_as_a_table(snap_compare):
    app = results_app(spot())
    assert snap_compare(app, terminal_size=SMALL, run_before=before(app, "3", "v", "l"))


def test_two_machines(snap_compare):
    app = results_app(spot("paper", pace=2.0, machine={"machine": "the paper"}), spot(), title="paper mine")
    assert snap_compare(app, terminal_size=BIG, run_before=before(app, "6"))


def test_lengths_in_the_light(snap_compare):
    app = results_app(shapes())
    assert snap_compare(app, terminal_size=(120, 40), run_before=before(app, "t"))


def test_layers(snap_compare):
    app = results_app(layers())
    assert snap_compare(app, terminal_size=(120, 40), run_before=before(app, ")", ")"))


def test_cures(snap_compare):
    app = results_app(cures())
    assert snap_compare(app, terminal_size=SMALL, run_before=before(app, ")"))


def test_ascii(snap_compare, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("INSPECTOR_ASCII", "1")
    glyphs.glyphs.cache_clear()
    try:
        app = results_app(spot())
        assert snap_compare(app, terminal_size=SMALL, run_before=before(app, "2", ")", ")"))
    finally:
        glyphs.glyphs.cache_clear()


def test_help(snap_compare):
    app = results_app(spot())
    assert snap_compare(app, terminal_size=BIG, run_before=before(app, "question_mark"))
