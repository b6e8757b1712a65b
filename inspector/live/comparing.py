"""Makes a difference: reads or compiles both sides one after the other, then compares them. On a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from inspector import protocol
from inspector.errors import from_exit_code
from inspector.live import EventArrived, LiveCapture, OutcomeKind, Update
from inspector.live.comparison import Comparison, Side
from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference
from inspector.model.stage import Stage

_TICK = 0.1
"""Seconds between two looks at a compile."""


class Cancelled(Exception):
    """The person gave up."""


@dataclass(frozen=True)
class Progress:
    """How far it is."""

    at: int
    """0 and 1 for the sides, 2 for comparing."""
    words: str
    seconds: tuple[float | None, float | None] = (None, None)
    """What each side took; None for one that is not done."""
    stages: tuple[tuple[Stage, ...], tuple[Stage, ...]] = ((), ())
    """The stages that there are of each side."""


class Making:
    """One comparison on its way.

    Args:
        comparison: what to compare.
        tell: called from the thread that makes it whenever there is something new to say.
    """

    def __init__(self, comparison: Comparison, tell: Callable[[Progress], object]) -> None:
        self._comparison = comparison
        self._tell = tell
        self._stop = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._took: list[float | None] = [None, None]
        self._stages: list[tuple[Stage, ...]] = [(), ()]

    def make(self) -> CaptureDifference:
        """Reads, compiles and compares; returns when no worker is left.

        Raises:
            InspectorError: a side cannot be read, or did not compile.
            Cancelled: `cancel` was called meanwhile.
        """
        self._idle.clear()
        try:
            return self._make()
        finally:
            self._idle.set()

    def cancel(self) -> None:
        """Gives up; returns at once, `close` waits."""
        self._stop.set()

    def close(self) -> None:
        """Gives up, and returns when nothing of it is left."""
        self.cancel()
        self._idle.wait()

    def _make(self) -> CaptureDifference:
        from inspector.compare import compare_captures, pair_compilations
        from inspector.compare.captures import CompilePair
        from inspector.model.cut import only

        wanted = self._comparison
        a = self._side(0, wanted.a)
        b = a
        if wanted.b == wanted.a:
            self._took[1], self._stages[1] = self._took[0], self._stages[0]
        else:
            b = self._side(1, wanted.b)
        if not wanted.timed:
            a, b = (replace(side, phases=(), latency=()) for side in (a, b))
        self._say(2, "")
        pairs: Iterable[CompilePair] | None = wanted.pairs
        if not wanted.unpaired:
            pairs = [pair for pair in pair_compilations(a.compilations, b.compilations) if pair[0] is not None]
            b = only(b, {theirs for _, theirs in pairs if theirs is not None})
        return compare_captures(
            a, b, (wanted.a.title, wanted.b.title), pairs=pairs, progress=lambda ids: self._say(2, ids)
        )

    def _say(self, at: int, words: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        took_a, took_b = self._took
        stages_a, stages_b = self._stages
        self._tell(Progress(at, words, (took_a, took_b), (stages_a, stages_b)))

    def _side(self, at: int, side: Side) -> Capture:
        begun = monotonic()
        self._say(at, "starting" if side.request is not None else "reading")
        if side.capture is not None:
            found = side.capture()
        elif side.request is not None:
            found = self._compiled(at, side)
        else:
            found = read_path(side.path, side.compile_ids, lambda words: self._say(at, words))
        if side.compile_id is not None:
            from inspector.compare.captures import compilation_of

            found = compilation_of(found, side.compile_id)
        self._took[at] = monotonic() - begun
        self._stages[at] = found.stages()
        return found

    def _compiled(self, at: int, side: Side) -> Capture:
        assert side.request is not None
        driver = side.driver() if side.driver is not None else _Once()
        phase = "starting"

        def on_update(update: Update) -> None:
            nonlocal phase
            if isinstance(update, EventArrived):
                if isinstance(update.event, protocol.Progress):
                    phase = update.event.phase
                driver.on_event(live, update.event)

        live = LiveCapture(side.request, on_update)
        ended = threading.Event()

        def wait() -> None:
            live.wait()
            ended.set()

        live.start()
        threading.Thread(target=wait, daemon=True).start()
        try:
            while not ended.wait(_TICK):
                self._stages[at] = live.capture.stages()
                self._say(at, driver.on_tick(live) or _busy(live.capture) or phase)
        finally:
            live.cancel()  # after a good end there is nothing left to cancel
        outcome = live.wait()
        if outcome.kind is not OutcomeKind.FINISHED:
            raise from_exit_code(
                outcome.exit_code, f"{side.title}: {outcome.message}", outcome.hint, detail=outcome.traceback
            )
        return live.capture


class _Once:
    """Ends the worker as soon as it has compiled."""

    def on_event(self, live: LiveCapture, event: protocol.Message) -> None:
        if isinstance(event, protocol.Compiled):
            live.send(protocol.Shutdown())

    def on_tick(self, live: LiveCapture) -> str:  # noqa: ARG002 (the capture's own phases say enough)
        return ""


def _busy(capture: Capture) -> str:
    """The innermost compile phase that is running."""
    running = [phase for phase in capture.phases if phase.duration is None]
    return max(running, key=lambda phase: phase.depth).name if running else ""


def read_path(path: str, compile_ids: tuple[str, ...] = (), tell: Callable[[str], object] = lambda _: None) -> Capture:
    """A bundle, or some compile ids of a log.

    Args:
        path: of either.
        compile_ids: of a log; empty for all.
        tell: told in words how far a log has been read; may raise, which ends the reading.

    Raises:
        InspectorError: there is no such thing, it cannot be read, or a log has no such compile id.
    """
    from inspector.trace.files import Input, input_at

    if input_at(path) is Input.BUNDLE:
        from inspector.bundle import read

        return read(Path(path))
    from inspector.trace.log import IndexProgress, TraceLog

    def progress(now: IndexProgress) -> None:
        tell(f"reading {now.done * 100 // now.total} %" if now.total else f"reading {now.done >> 20} MiB")

    with TraceLog.open(path, progress=progress) as log:
        return log.complete().capture(compile_ids or None)
