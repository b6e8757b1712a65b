"""The link index that the screen uses: made when the screen has time for it, large ones on a thread of their own."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from inspector.model.capture import Capture
from inspector.model.link import Link, LinkIndex

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

AT_ONCE = 1_000
"""As many links are indexed in less than a frame of the screen; more go to a thread."""
SETTLED = 0.08
"""Seconds without news from the compiler after which links are looked at: a text's first paint comes before them."""
LATEST = 5
"""So many times is that waited for at most, while news keeps coming."""

Lines = Sequence[tuple[str, int]]
"""Artifact ids and lines in it."""


class Indexer:
    """Keeps the index of the newest links.

    Until it is made, the one of the earlier links goes on to answer; nothing that it says is wrong, only incomplete.

    Args:
        main: holds the session.
        made: called on the app's thread when there is a newer index.
        seen: the lines on screen, whose colours are wanted first.
    """

    def __init__(self, main: MainScreen, made: Callable[[], None], seen: Callable[[], Lines]) -> None:
        self._main = main
        self._made = made
        self._seen = seen
        self._timer: Timer | None = None
        self._put_off = 0
        self._busy = False
        self._run = 0
        self._links: tuple[Link, ...] = ()
        self.index = LinkIndex()
        """The newest index there is."""

    @property
    def current(self) -> bool:
        """Whether the index holds all links of the capture on screen."""
        return self._links is self._main.session.capture.links

    def clear(self) -> None:
        """Another capture begins."""
        self._run += 1
        self._links, self.index = (), LinkIndex()
        self._stop()

    def update(self) -> bool:
        """Makes the index anew if there are other links: at once for few of a finished capture, else soon.

        Returns:
            Whether it is made, and `made` was called.
        """
        if self.current:
            return False
        session = self._main.session
        if not session.live or (session.compiled is not None and session.capture.finished):
            self._stop()
            return self._make()
        if self._timer is None:
            self._timer = self._main.set_timer(SETTLED, self._make_settled)
        elif self._put_off < LATEST:
            self._put_off += 1
            self._timer.reset()
        return False

    def _make_settled(self) -> None:
        self._stop()
        self._make()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer, self._put_off = None, 0

    def _make(self) -> bool:
        capture = self._main.session.capture
        if self.current or self._busy:
            return False
        if "index" in vars(capture) or len(capture.links) <= AT_ONCE:
            self._take(capture, capture.index, self._run)
            return True
        self._busy = True
        self._main.run_worker(partial(self._work, capture, self._seen(), self._run), thread=True, group="links")
        return False

    def _work(self, capture: Capture, seen: Lines, run: int) -> None:
        index = capture.index
        for artifact_id, line in seen:
            index.group(artifact_id, line)
        gc.freeze()  # so many links stay until the end; Python need not look through them again and again
        # Not call_from_thread: that waits for an answer, which an app that is being left does not give.
        self._main.call_later(self._finish, capture, index, run)

    def _finish(self, capture: Capture, index: LinkIndex, run: int) -> None:
        self._busy = False
        self._take(capture, index, run)
        self._make()  # what has come meanwhile

    def _take(self, capture: Capture, index: LinkIndex, run: int) -> None:
        if run == self._run:
            self._links, self.index = capture.links, index
            self._made()
