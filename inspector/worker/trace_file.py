"""The trace of one process: what `TORCH_TRACE` writes, begun at any time, and by any child of a fork anew.

torch makes its own log when it is imported, and then once. This one is attached to the same logger whenever somebody
wants it, and says first what a reader needs who was not there from the beginning: strings that were interned before.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch.distributed as dist
from torch._logging import structured
from torch._logging._internal import TorchLogsFormatter, trace_log

from inspector.errors import spoken

_PREFIX = "dedicated_log_torch_trace_"
"""As torch names its logs, so that every reader of those finds this one."""

Opening = Callable[[], Mapping[str, Mapping[str, Any]]]
"""Side records that a new log begins with: name, without `inspector_`, → payload."""


class TraceFile(logging.Handler):
    """Writes records to a log in `folder`, which appears with the first of them.

    A log that cannot be written (a full disk) ends with a line on stderr, and nothing else happens to the program.
    """

    def __init__(self, folder: Path, opening: Opening) -> None:
        super().__init__()
        self.setFormatter(TorchLogsFormatter(trace=True))
        self.failure = ""
        """Why nothing is written any more; empty while all is well."""
        self._folder = folder
        self._opening = opening
        self._descriptor: int | None = None
        self._pid = 0

    @property
    def begun(self) -> bool:
        """Whether this process has written anything."""
        return self._descriptor is not None and self._pid == os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record of torch's structured trace."""
        if self.failure:
            return
        try:
            if not self.begun:
                self._begin()
            self._write(self.format(record))
        except Exception as error:  # noqa: BLE001 - a compile must not fail because of its record
            self.failure = f"{type(error).__name__}: {spoken(error)}"
            sys.stderr.write(f"inspector: the recording in {self._folder} ends here: {self.failure}\n")

    def close(self) -> None:
        """Closes the log; a record after that would begin another."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        super().close()

    def _begin(self) -> None:
        if self._descriptor is not None:  # a parent's
            os.close(self._descriptor)
        self._descriptor, _ = tempfile.mkstemp(".log", _PREFIX + _rank_words(), self._folder)
        self._pid = os.getpid()
        for text, number in list(structured.INTERN_TABLE.items()):
            self._write(self._made({"str": [text, number]}))
        for name, payload in self._opening().items():
            self._write_side(name, payload)

    def _write_side(self, name: str, payload: Mapping[str, Any]) -> None:
        artifact = {"name": f"inspector_{name}", "encoding": "json"}
        self._write(self._made({"artifact": artifact}, json.dumps(payload, default=str)))

    def _made(self, metadata: dict[str, Any], payload: str | None = None) -> str:
        """A record that did not come through the logger, in torch's form."""
        if payload is not None:
            metadata["has_payload"] = hashlib.md5(payload.encode(), usedforsecurity=False).hexdigest()
        record = logging.LogRecord(trace_log.name, logging.DEBUG, __file__, 0, "", None, None)
        record.metadata, record.payload = metadata, payload
        return self.format(record)

    def _write(self, text: str) -> None:
        """Hands a whole record to the system, so that a program that dies the next moment leaves it behind."""
        rest = memoryview(f"{text}\n".encode(errors="backslashreplace"))
        while rest and self._descriptor is not None:
            rest = rest[os.write(self._descriptor, rest) :]


def _rank_words() -> str:
    """`rank_3_` for a process that is one of several, as torch puts it into the name."""
    rank = dist.get_rank() if dist.is_available() and dist.is_initialized() else os.environ.get("RANK")
    return "" if rank is None or not str(rank).isdigit() else f"rank_{rank}_"


@contextmanager
def attached(file: TraceFile) -> Iterator[None]:
    """While this lasts, torch's structured trace goes to `file` too, and our side records to it alone."""
    # First in the list: torch's own handler takes itself out of it, over which the logger loses count.
    trace_log.handlers.insert(0, file)
    _hear_though_disabled()
    try:
        yield
    finally:
        trace_log.removeHandler(file)
        file.close()
        if not any(isinstance(handler, TraceFile) for handler in trace_log.handlers):
            vars(trace_log).pop("handle", None)
            if vars(trace_log).get("isEnabledFor") is _always:
                del vars(trace_log)["isEnabledFor"]


def _hear_though_disabled() -> None:
    """`logging.config.dictConfig`, which many scripts call, disables by default every logger that it does not name."""
    vars(trace_log)["handle"] = _deliver
    vars(trace_log).setdefault("isEnabledFor", _always)  # newer ones (2.13) do so themselves


def _deliver(record: logging.LogRecord) -> None:
    """Hands a record to everybody, but a side record of ours to our own logs alone.

    Whoever else listens, torch's own log (`TORCH_TRACE`) or a handler of the program's, hears what it hears without us.
    """
    artifact = getattr(record, "metadata", {}).get("artifact")
    ours = isinstance(artifact, dict) and str(artifact.get("name")).startswith("inspector_")
    if not ours and not _here.ours_alone:
        trace_log.callHandlers(record)
        return
    for handler in list(trace_log.handlers):
        if isinstance(handler, TraceFile):
            handler.handle(record)


class _Here(threading.local):
    ours_alone = False


_here = _Here()


@contextmanager
def for_our_logs_alone() -> Iterator[None]:
    """While this lasts, what this thread writes to the trace goes to our logs, and to nobody else who listens."""
    _here.ours_alone = True
    try:
        yield
    finally:
        _here.ours_alone = False


def _always(_level: int) -> bool:
    return True
