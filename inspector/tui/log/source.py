"""Where the screen of a log gets what it shows: one thread indexes, verifies, follows; others read what is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from inspector.errors import InspectorError
from inspector.model.capture import Capture
from inspector.model.overview import Overview
from inspector.trace.log import IndexProgress, Source
from inspector.trace.reader import BadRecord, Record
from inspector.tui.log.state import LogState
from inspector.tui.task import internal_error

if TYPE_CHECKING:
    from inspector.trace.log import TraceLog

_FIRST = 1 << 20
"""Bytes indexed before there is something to show: some 20 ms."""
_STEP = 4 << 20
"""Bytes indexed or verified between two looks at whether to stop."""
_TELL = 0.1
"""Seconds between two messages about progress."""
_POLL = 0.25
"""Seconds between two looks at a log that is being written."""
_PATIENCE = 4.0
"""An overview is made anew once so many times the time that the last one took have passed: a fifth of the whole."""


class Log(Protocol):
    """What the screen needs of `inspector.trace.log.TraceLog`."""

    def advance(self, limit: int = ..., /) -> bool:
        """Indexes further; False when there is nothing further at the moment."""

    def verify(self, limit: int = ..., /) -> bool:
        """Checks checksums further; False when all is checked."""

    def capture(self, compile_ids: Collection[str] | None = ..., /) -> Capture:
        """A capture of some compile ids."""

    def records(self, compile_ids: Collection[str] | None = ..., /) -> Iterator[Record | BadRecord]:
        """The records of some compile ids; `""` stands for those outside any."""

    def close(self) -> None:
        """Closes the files."""

    def __len__(self) -> int: ...

    @property
    def progress(self) -> IndexProgress:
        """How far the index has come."""

    @property
    def verified(self) -> IndexProgress:
        """How far `verify` has come."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The log files."""

    @property
    def ignored(self) -> tuple[Path, ...]:
        """Files that are no logs."""

    @property
    def kinds(self) -> Mapping[str, int]:
        """Record kind → how many."""

    @property
    def bad(self) -> tuple[BadRecord, ...]:
        """The damage found so far."""

    @property
    def compile_ids(self) -> tuple[str, ...]:
        """Every compile id."""


class OverviewMaker(Protocol):
    """Makes overviews of a log that grows."""

    def __call__(self, complete: bool, /) -> Overview:
        """The overview of what is indexed now."""


class LogSource:
    """One log on its way to the screen.

    Args:
        log: not indexed yet, or in part.
        overview: makes the overview of what is indexed; None for the real one.
        follow: whether more of the log is still being written.
    """

    def __init__(self, log: Log, overview: OverviewMaker | None = None, *, follow: bool = False) -> None:
        self.log = log
        self.follow = follow
        self._overview = real_overview(log) if overview is None else overview
        self._lock = threading.Lock()
        self._state = LogState(followed=follow)
        self._waiting = False
        self._wake: Callable[[], object] = lambda: None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._made_at = 0.0
        self._made_in = 0.0
        self._told = 0.0

    def start(self, wake: Callable[[], object]) -> None:
        """Begins to index, on a thread of its own.

        Args:
            wake: called on that thread when there is a newer state and the last one was taken.
        """
        self._wake = wake
        self._thread = threading.Thread(target=self._run, name="log-index", daemon=True)
        self._thread.start()

    def take(self) -> LogState:
        """The newest state."""
        with self._lock:
            self._waiting = False
            return self._state

    def capture(self, compile_ids: Collection[str]) -> Capture:
        """Reads what is shown of some compile ids; may be called on any thread.

        Raises:
            InspectorError: the log has no such compile id, or cannot be read.
        """
        return self.log.capture(compile_ids)

    def outside(self) -> Capture:
        """Reads what was logged outside any compile: exports, files, the environment; may be called on any thread."""
        from inspector.trace.builder import CaptureBuilder

        builder = CaptureBuilder()
        for record in self.log.records(("",)):
            builder.feed(record)
        return builder.snapshot()

    def close(self) -> None:
        """Stops the thread and closes the log."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        self.log.close()

    # --- on the index's thread ------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            if self.log.advance(_FIRST):
                self._publish(self._made(self._new_overview(complete=False)))
            self._index()
            self._verify()
            while self.follow and not self._closing.wait(_POLL):
                self._index()
                self._verify()
        except InspectorError as error:
            self._publish(self._made(error=error))
        except Exception as error:  # noqa: BLE001 (a screen that waits for this thread would wait for ever)
            self._publish(self._made(error=internal_error(error)))

    def _index(self) -> None:
        """As far as there is something, with overviews in between."""
        before = len(self.log)
        while not self._closing.is_set() and self.log.advance(_STEP):
            if self._due():
                self._publish(self._made(self._new_overview(complete=False)))
            elif time.monotonic() - self._told > _TELL:
                self._publish(self._made())
        if len(self.log) != before or not self._state.indexed:
            self._publish(self._made(self._new_overview(complete=True), indexed=True))

    def _verify(self) -> None:
        moved = self._state.verified is None
        while not self._closing.is_set() and self.log.verify(_STEP):
            moved = True
            if time.monotonic() - self._told > _TELL:
                self._publish(self._made(checked=True))
        if moved and not self._closing.is_set():
            self._publish(self._made(checked=True))

    def _due(self) -> bool:
        return time.monotonic() - self._made_at > max(_TELL, _PATIENCE * self._made_in)

    def _new_overview(self, *, complete: bool) -> Overview:
        begun = time.monotonic()
        made = self._overview(complete)
        self._made_at = time.monotonic()
        self._made_in = self._made_at - begun
        return made

    def _made(
        self,
        overview: Overview | None = None,
        *,
        indexed: bool = False,
        checked: bool = False,
        error: InspectorError | None = None,
    ) -> LogState:
        log, before = self.log, self._state
        return LogState(
            overview=overview if overview is not None else before.overview,
            progress=log.progress,
            verified=log.verified if checked else before.verified,
            indexed=indexed or before.indexed,
            followed=self.follow,
            records=len(log),
            sources=log.sources,
            ignored=log.ignored,
            kinds=dict(log.kinds),
            bad=log.bad,
            error=error,
        )

    def _publish(self, state: LogState) -> None:
        self._told = time.monotonic()
        with self._lock:
            self._state = state
            waiting, self._waiting = self._waiting, True
        if not waiting and not self._closing.is_set():
            self._wake()


def real_overview(log: Log) -> OverviewMaker:
    """The overview that the verbs of the command line use too."""
    from inspector.trace.overview import OverviewBuilder

    return OverviewBuilder(cast("TraceLog", log)).overview
