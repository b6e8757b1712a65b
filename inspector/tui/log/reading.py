"""What the screen of a log has read or compared on other threads, and how the answers come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message

from inspector.errors import InspectorError
from inspector.tui.task import internal_error

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen


_TELL = 0.1
"""Seconds between two messages about how far something has come."""


@dataclass
class Answer(Message):
    """Something was read; `then` takes it on the app's thread."""

    result: object
    error: InspectorError | None
    then: Callable[[object], None]


@dataclass
class Told(Message):
    """How far something that is being read has come."""

    number: int
    words: str


class Superseded(Exception):
    """Nobody waits for what is being read any more."""


class Reading:
    """Runs what takes long beside the screen, one thing at a time; the newest wish counts.

    Args:
        screen: told when something begins and ends.
    """

    def __init__(self, screen: LogScreen) -> None:
        self._screen = screen
        self._busy = ""
        self._number = 0

    @property
    def busy(self) -> str:
        """What is being done, in words; empty for nothing."""
        return self._busy

    def run(self, words: str, work: Callable[[], object], then: Callable[[object], None]) -> None:
        """Does `work` on another thread and gives its result to `then`, unless something newer was asked for.

        Args:
            words: what is done, for the header.
            work: may raise an InspectorError, which a toast tells.
            then: called on the app's thread.
        """
        self.run_telling(words, lambda _: work(), then)

    def run_telling(
        self, words: str, work: Callable[[Callable[[str], None]], object], then: Callable[[object], None]
    ) -> None:
        """The same for what takes so long that it tells how far it has come.

        Args:
            words: what is done, for the header, until `work` says something else.
            work: given what to tell it with, which ends the work where nobody waits for it any more.
            then: called on the app's thread.
        """
        self._number += 1
        self._busy = words
        self._screen.draw_header()
        if not self._screen.is_current:  # its header is out of sight
            self._screen.notify(f"{words[:1].upper()}{words[1:]}…", timeout=2)
        number = self._number
        self._screen.run_worker(partial(self._work, number, work, then), thread=True, group="reading")

    def _work(
        self, number: int, work: Callable[[Callable[[str], None]], object], then: Callable[[object], None]
    ) -> None:
        result: object = None
        failed: InspectorError | None = None
        told = 0.0

        def tell(words: str) -> None:
            nonlocal told
            if number != self._number or not self._screen.is_running:
                raise Superseded
            if time.monotonic() - told > _TELL:
                told = time.monotonic()
                self._screen.post_message(Told(number, words))

        try:
            result = work(tell)
        except Superseded:
            return
        except InspectorError as error:
            failed = error
        except Exception as error:  # noqa: BLE001 (a text that nobody has met before must not end the whole app)
            failed = internal_error(error)
        if number == self._number:
            self._screen.post_message(Answer(result, failed, then))

    def told(self, message: Told) -> None:
        """Shows how far something has come."""
        if message.number == self._number and self._busy:
            self._busy = message.words
            self._screen.draw_header()

    def answered(self, answer: Answer) -> None:
        """Takes an answer."""
        self._busy = ""
        self._screen.draw_header()
        if answer.error is not None:
            words = f"{answer.error.message} {answer.error.hint}".strip()
            self._screen.notify(words, severity="error", timeout=8)
        else:
            answer.then(answer.result)
