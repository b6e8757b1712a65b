"""Ctrl-C, polite kills, and a terminal that is closed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether somebody wants what is under way to end."""

    def __init__(self) -> None:
        self.asked = False

    def check(self) -> None:
        """Ends it, from a place where that leaves nothing behind.

        Raises:
            KeyboardInterrupt: somebody wants that.
        """
        if self.asked:
            raise KeyboardInterrupt


@contextmanager
def stop_signals() -> Iterator[Stop]:
    """Takes note of signals while the block runs, and interrupts nothing: however often they come, it ends itself.

    Whoever was asked to stop is on its way out, and is not disturbed in that afterwards either.
    """
    stop = Stop()

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.asked = True

    # `nohup` has SIGHUP ignored, and it stays so.
    numbers = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if stop.asked else handler)


def interrupt_once() -> None:
    """Makes Ctrl-C, a polite kill or a closed terminal end the command by KeyboardInterrupt, once.

    What comes after it finds a process that is cleaning up, and does not disturb that.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in numbers:
        signal.signal(number, interrupt)
