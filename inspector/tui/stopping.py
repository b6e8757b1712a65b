"""A signal that ends the app: from its own loop, in good order, with the notes kept."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.tui.app import InspectorApp

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 3.0
"""Seconds after which a further signal ends an app that does not get to it, wherever it is."""


@contextmanager
def ended_by_signals(app: InspectorApp) -> Iterator[None]:
    """While the app runs; an exception raised wherever the loop happens to be would leave its tasks half done."""
    first: float | None = None

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None and app.loop is not None and not app.loop.is_closed():
            first = now
            app.loop.call_soon_threadsafe(app.interrupt)
        elif first is None or now - first > _PATIENCE:
            raise KeyboardInterrupt

    numbers = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if first is None else signal.SIG_IGN)
