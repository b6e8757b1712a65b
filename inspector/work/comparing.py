"""Makes a difference: reads or compiles both sides one after the other, then compares them. On a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from inspector.client.outcome import OutcomeKind
from inspector.errors import from_exit_code
from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference, CompilationDifference
from inspector.model.rank_report import RankReport
from inspector.model.stage import Stage
from inspector.work.comparison import Comparison, Side

if TYPE_CHECKING:
    from inspector.model.overview import Overview
    from inspector.trace.log import TraceLog


class Cancelled(Exception):
    """The person gave up."""


@dataclass(frozen=True)
class ComparingProgress:
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
    """

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison
        self._tell: Callable[[ComparingProgress], object] = lambda _: None
        self._stop = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._took: list[float | None] = [None, None]
        self._stages: list[tuple[Stage, ...]] = [(), ()]

    def make(self, tell: Callable[[ComparingProgress], object]) -> CaptureDifference:
        """Reads, compiles and compares; returns when no worker is left.

        Args:
            tell: called on this thread whenever there is something new to say; may raise, which ends it.

        Raises:
            InspectorError: a side cannot be read, or did not compile.
            Cancelled: `cancel` was called meanwhile.
        """
        self._tell = tell
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
        self._say(2, "")
        pairs: Iterable[CompilePair] | None = wanted.pairs
        if not wanted.unpaired:
            pairs = [pair for pair in pair_compilations(a.compilations, b.compilations) if pair[0] is not None]
            b = only(b, {theirs for _, theirs in pairs if theirs is not None})
        return compare_captures(
            a,
            b,
            (wanted.a.title, wanted.b.title),
            pairs=pairs,
            timed=wanted.timed,
            progress=lambda ids: self._say(2, ids),
        )

    def _say(self, at: int, words: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        took_a, took_b = self._took
        stages_a, stages_b = self._stages
        self._tell(ComparingProgress(at, words, (took_a, took_b), (stages_a, stages_b)))

    def _side(self, at: int, side: Side) -> Capture:
        begun = monotonic()
        self._say(at, "starting" if side.request is not None else "reading")
        if side.capture is not None:
            found = side.capture()
        elif side.request is not None:
            found = self._compiled(at, side)
        else:
            found = self._read(at, side)
        if side.compile_id is not None:
            from inspector.compare.captures import compilation_of

            found = compilation_of(found, side.compile_id)
        self._took[at] = monotonic() - begun
        self._stages[at] = found.stages()
        return found

    def _compiled(self, at: int, side: Side) -> Capture:
        from inspector.work.compiling import compile_target

        def tell(capture: Capture, words: str) -> None:
            self._stages[at] = capture.stages()
            self._say(at, words)

        assert side.request is not None
        run = compile_target(side.request, side.driver() if side.driver is not None else None, tell)
        if run.outcome.kind is not OutcomeKind.FINISHED:
            outcome = run.outcome
            raise from_exit_code(
                outcome.exit_code, f"{side.title}: {outcome.message}", outcome.hint, detail=outcome.traceback
            )
        return run.capture

    def _read(self, at: int, side: Side) -> Capture:
        """Of a log what is needed of it, of a bundle all.

        Raises:
            InspectorError: there is no such thing, it cannot be read, or it has no such compile id.
        """
        from inspector.work.opening import open_path

        with open_path(side.path, tell=lambda words: self._say(at, words or "read")) as found:
            return found.capture(side.compile_ids or None)


def within(capture: Capture, before: str, after: str) -> CompilationDifference:
    """Two compile ids of one capture, or two pieces of it, `0/0:1` and `0/0:2`."""
    from inspector.compare import compare_compilations
    from inspector.compare.captures import compilation_of
    from inspector.compare.pieces import split_piece

    (a, piece), (b, other) = split_piece(before), split_piece(after)
    if piece is None and other is None:
        return compare_compilations(capture, before, capture, after)
    sides = compilation_of(capture, before), compilation_of(capture, after)
    return replace(compare_compilations(sides[0], a, sides[1], b), a=before, b=after)


def rank_report(log: TraceLog, overview: Overview | None, tell: Callable[[str], object]) -> RankReport:
    """All ranks of a log.

    Args:
        log: indexed to its end here, where it is not yet.
        overview: of the whole log, where there is one already.
        tell: told in words how far the reading has come; may raise, which ends it.

    Raises:
        UsageError: the log comes from fewer than two processes, or there is not one record in it.
    """
    from inspector.trace.ranks import read_ranks

    return read_ranks(log, overview, lambda rank, done, total: tell(f"reading {rank}: {done:,} of {total:,}"))
