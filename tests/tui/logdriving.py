"""Opens the app on a log made by hand, and waits for what it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from driving import BIG, clock, until
from logfakes import FakeLog
from textual.pilot import Pilot

from inspector.trace.log import TraceLog
from inspector.tui.app import InspectorApp
from inspector.tui.log.intents import AtRow, OfRow
from inspector.tui.log.screen import LogScreen
from inspector.tui.log.source import LogSource


def log_app(log: FakeLog | TraceLog | None = None, *, follow: bool = False) -> InspectorApp:
    log = FakeLog() if log is None else log
    return InspectorApp(
        log=LogSource(log, getattr(log, "overview", None), follow=follow), title="train.log", clock=clock
    )


def read(app: InspectorApp) -> bool:
    """Whether the whole log is indexed, verified, and on screen."""
    screen = app.log_screen
    return (
        screen is not None
        and screen.is_mounted
        and screen.desk.log.indexed
        and screen.desk.log.verified is not None
        and screen.desk.reading is None
    )


@asynccontextmanager
async def log_opened(
    log: FakeLog | TraceLog | None = None, size: tuple[int, int] = BIG, *, follow: bool = False
) -> AsyncIterator[tuple[Pilot[int], LogScreen]]:
    """The app on a log that has been read."""
    app = log_app(log, follow=follow)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: read(app))
        assert app.log_screen is not None
        yield pilot, app.log_screen
    assert app.log_source is not None
    app.log_source.close()


def text_of(screen: LogScreen) -> str:
    """Everything on the screen as plain text."""
    strips = screen.app.screen._compositor.render_strips(screen.app.size)
    return "\n".join(strip.text for strip in strips)


def choose(screen: LogScreen, key: str) -> None:
    """Enter on a row."""
    item = next(item for item in screen.outline.items if item.key == key)
    screen.turn(AtRow(OfRow.OPEN, item))


def keys_of(screen: LogScreen) -> list[str]:
    """The keys of the rows on screen, in order."""
    return [item.key for item in screen.outline.items]
