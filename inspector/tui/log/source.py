"""Where the screen of a log gets what it shows: one task indexes, verifies, follows; others read what is wanted."""

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
from inspector.tui.log.parts import LogState

if TYPE_CHECKING:
    from inspector.model.pieces import Pieces
    from inspector.model.stored import Stored
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
        stored: the folder of compiled code that it is made of; None for a log.
    """

    def __init__(
        self, log: Log, overview: OverviewMaker | None = None, *, follow: bool = False, stored: Path | None = None
    ) -> None:
        self.log = log
        self.stored = stored
        self.follow = follow
        self._overview = real_overview(log) if overview is None else overview
        self._state = LogState(followed=follow, stored=stored is not None)
        self._running = threading.Lock()
        self._closing = threading.Event()
        self._made_at = 0.0
        self._made_in = 0.0
        self._told = 0.0

    def run(self, say: Callable[[LogState], object]) -> None:
        """Indexes, verifies and follows the log until it is closed, on the thread of the caller.

        Args:
            say: given each newer state; may raise, which ends the work.

        Raises:
            InspectorError: it cannot be read further; what was found until then has been said.
        """
        with self._running:
            try:
                if self._closing.is_set():
                    return
                if self.log.advance(_FIRST):
                    self._say(say, self._made(self._new_overview(complete=False)))
                self._index(say)
                self._verify(say)
                while self.follow and not self._closing.wait(_POLL):
                    self._index(say)
                    self._verify(say)
            except InspectorError:
                self._say(say, self._made())
                raise

    def capture(self, compile_ids: Collection[str]) -> Capture:
        """Reads what is shown of some compile ids, or of one piece, `0/0:3`; may be called on any thread.

        Raises:
            InspectorError: the log has no such compile id, or cannot be read.
        """
        from inspector.compare.captures import compilation_of
        from inspector.compare.pieces import split_piece

        named = tuple(map(split_piece, compile_ids))
        found = self._with_pieces(self.log.capture(tuple(dict.fromkeys(compile_id for compile_id, _ in named))))
        return compilation_of(found, *compile_ids) if len(named) == 1 and named[0][1] is not None else found

    def whole(self) -> Capture:
        """Reads all of it; may be called on any thread."""
        return self._with_pieces(self.log.capture())

    def _with_pieces(self, capture: Capture) -> Capture:
        from inspector.trace.pieces import with_pieces

        return with_pieces(cast("TraceLog", self.log), capture)

    def pieces(self) -> Pieces | Stored:
        """Reads what a server compiled in pieces, or what a folder keeps; may be called on any thread.

        Raises:
            UsageError: the folder cannot be read.
        """
        if self.stored is None:
            from inspector.trace.pieces import read_pieces

            return read_pieces(cast("TraceLog", self.log))
        from inspector.trace.files import unreadable
        from inspector.trace.stored_trace import stored_in

        try:
            return stored_in(self.stored)
        except OSError as error:
            raise unreadable(self.stored, error) from error

    def outside(self) -> Capture:
        """Reads what was logged outside any compile: exports, files, the environment; may be called on any thread."""
        from inspector.trace.builder import CaptureBuilder

        builder = CaptureBuilder()
        for record in self.log.records(("",)):
            builder.feed(record)
        return builder.snapshot()

    def close(self) -> None:
        """Ends what runs, and closes the log."""
        self._closing.set()
        with self._running:
            self.log.close()

    # --- on the index's thread ------------------------------------------------------------------------------

    def _index(self, say: Callable[[LogState], object]) -> None:
        """As far as there is something, with overviews in between."""
        before = len(self.log)
        while not self._closing.is_set() and self.log.advance(_STEP):
            if self._due():
                self._say(say, self._made(self._new_overview(complete=False)))
            elif time.monotonic() - self._told > _TELL:
                self._say(say, self._made())
        if self._closing.is_set():
            return
        if len(self.log) != before or not self._state.indexed:
            self._say(say, self._made(self._new_overview(complete=True), indexed=True))

    def _verify(self, say: Callable[[LogState], object]) -> None:
        moved = self._state.verified is None
        while not self._closing.is_set() and self.log.verify(_STEP):
            moved = True
            if time.monotonic() - self._told > _TELL:
                self._say(say, self._made(checked=True))
        if moved and not self._closing.is_set():
            self._say(say, self._made(checked=True))

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
    ) -> LogState:
        log, before = self.log, self._state
        return LogState(
            overview=overview if overview is not None else before.overview,
            progress=log.progress,
            verified=log.verified if checked else before.verified,
            indexed=indexed or before.indexed,
            stored=before.stored,
            followed=self.follow,
            records=len(log),
            sources=log.sources,
            ignored=log.ignored,
            kinds=dict(log.kinds),
            bad=log.bad,
        )

    def _say(self, say: Callable[[LogState], object], state: LogState) -> None:
        self._told = time.monotonic()
        self._state = state
        if not self._closing.is_set():
            say(state)


def real_overview(log: Log) -> OverviewMaker:
    """The overview that the verbs of the command line use too."""
    from inspector.trace.overview import OverviewBuilder

    return OverviewBuilder(cast("TraceLog", log)).overview
