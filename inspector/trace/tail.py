"""A whole trace: its records in a row, of one that is being written as they come, or of a finished one; its capture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.model.capture import Capture
from inspector.trace.log import Given, TraceLog
from inspector.trace.reader import BadRecord, Record


class TraceTail:
    """Follows a trace that is being written: a log file, or a folder that logs appear in.

    Neither need exist yet.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._log = TraceLog.open(path, follow=True)
        self._given: Given = {}

    def read(self, limit: int = 8 << 20) -> list[Record | BadRecord]:
        """What was completed since the last call, at most about `limit` bytes of it; never waits.

        An empty list means that nothing new is certain at the moment.
        """
        self._log.advance(limit)
        return self._new()

    def finish(self) -> list[Record | BadRecord]:
        """Reads to the end and reports what was cut off; call it when the writer has ended."""
        self._log.finish()
        return self._new()

    def close(self) -> None:
        self._log.close()

    def _new(self) -> list[Record | BadRecord]:
        return list(self._log.fresh(self._given))


def read_log(path: Path | str) -> Iterator[Record | BadRecord]:
    """Every record of a finished trace, one at a time.

    Args:
        path: as `TraceLog.open` takes it.

    Raises:
        UsageError: there is no such file, it cannot be read, or there is not one record in it.
    """
    with TraceLog.open(path) as log:
        yield from log.complete().records()


def read_capture(path: Path | str) -> Capture:
    """The capture in a finished trace, or in anything else that `TraceLog.open` takes.

    Raises:
        UsageError: as `read_log`.
    """
    with TraceLog.open(path) as log:
        return log.complete().capture()
