"""Opens the app for a test and waits for what it shows; the clock stands still."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from fakes import REQUEST, Factory, FakeLive, llama_mlp
from textual.pilot import Pilot

from inspector.form.form import Taste
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui.app import InspectorApp
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.source import LiveSource
from inspector.tui.workspace import StagePane

BIG = (200, 50)


def clock() -> float:
    return 100.0


PATIENCE = 60.0
"""Seconds after which a screen that is not what it should be has failed the test; much, for a busy machine."""


async def until(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    """Waits for a condition; fails when it does not come true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        await pilot.pause(0.01)
    await pilot.pause()


def ready(app: InspectorApp) -> bool:
    main = app.main
    if main is None or not main.is_mounted:
        return False
    if main.has_class("-too-small"):
        return True
    asked = main.desk.live or not main.desk.capture.artifacts or main.desk.found_in is main.desk.capture
    return all(pane.sized for pane in main.workspace.shown) and main.desk.settled and asked


@asynccontextmanager
async def opened(
    capture: Capture | None = None, size: tuple[int, int] = BIG, *, concise: bool = False
) -> AsyncIterator[tuple[Pilot[int], DeskScreen]]:
    """The app on a finished capture; texts as they are stored, whose lines most tests speak of."""
    app = InspectorApp(capture=capture if capture is not None else llama_mlp(), title="llama-mlp", clock=clock)
    app.remember(Taste(concise))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: ready(app))
        assert app.main is not None
        yield pilot, app.main


@asynccontextmanager
async def live(size: tuple[int, int] = BIG) -> AsyncIterator[tuple[Pilot[int], DeskScreen, FakeLive]]:
    """The app on a live capture whose worker is a fake; texts as they are stored."""
    factory = Factory()
    app = InspectorApp(LiveSource(REQUEST, factory), title="llama-mlp", clock=clock)
    app.remember(Taste(concise=False))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: ready(app) and factory.made and factory.live.started)
        assert app.main is not None
        yield pilot, app.main, factory.live


def taken(main: DeskScreen) -> bool:
    """Whether all that threads have said has reached the screen."""
    return not any(task._waiting for task in main.tasks._running.values())


def since(main: DeskScreen, seconds: float) -> None:
    """As if the worker had been started so long ago."""
    main.desk = replace(main.desk, started=clock() - seconds)


def panes(main: DeskScreen) -> tuple[StagePane, ...]:
    """The panes on screen, in stage order."""
    return main.workspace.shown


def pane_of(main: DeskScreen, stage: Stage) -> StagePane | None:
    """The pane on screen that shows a stage."""
    return main.workspace.pane(stage)


def chosen(main: DeskScreen) -> StagePane:
    """The pane that keys are for."""
    pane = main.picture.pane(main.desk)
    assert pane is not None
    return pane


def shown(main: DeskScreen) -> list[str]:
    """The stages on screen."""
    return [stage.value for stage in main.workspace.stages]


def text(main: DeskScreen, stage: str) -> str:
    """The id of the artifact in the pane of a stage."""
    pane = next(pane for pane in main.workspace.shown if main.workspace.stage(pane).value == stage)
    return pane.artifact.id if pane.artifact is not None else f"nothing: {pane.detail}"


def screen_text(main: DeskScreen) -> str:
    """Everything on the screen as plain text."""
    strips = main.app.screen._compositor.render_strips(main.app.size)
    return "\n".join(strip.text for strip in strips)


def notes(main: DeskScreen) -> list[str]:
    """What toasts have said, title first."""
    return [f"{note.title} {note.message}".strip() for note in main.app._notifications]


def on_top(main: DeskScreen) -> bool:
    """Whether no dialog is open."""
    return main.app.screen is main
