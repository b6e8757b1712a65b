"""Drives a real worker as the front does, and reads what it leaves behind."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from inspector import protocol
from inspector.model.request import CaptureRequest

ROOT = Path(__file__).parents[2]
PATIENCE = 500.0
"""Seconds after which a worker that says nothing new has failed the test."""

M = TypeVar("M", bound=protocol.Message)


@dataclass
class Record:
    """One record of a trace."""

    metadata: dict[str, Any]
    payload: str

    @property
    def name(self) -> str:
        """The artifact's name, or the record's kind."""
        return self.metadata.get("artifact", {}).get("name") or next(iter(self.metadata))

    @property
    def compile_id(self) -> str | None:
        if "frame_id" not in self.metadata:
            return None
        return f"{self.metadata['frame_id']}/{self.metadata['frame_compile_id']}"

    @property
    def json(self) -> Any:
        return json.loads(self.payload)


def read_trace(directory: Path) -> list[Record]:
    """Every record of a run, in order."""
    records: list[tuple[dict[str, Any], list[str]]] = []
    for log in sorted(directory.glob("*.log")):
        for line in log.read_text().splitlines():
            if line.startswith("\t"):
                records[-1][1].append(line[1:])
            else:
                records.append((json.loads(line[line.index("] {") + 2 :]), []))
    return [Record(metadata, "\n".join(lines)) for metadata, lines in records]


class Worker:
    """A worker process, and everything it has said so far."""

    def __init__(self, directory: Path, environment: dict[str, str] | None = None) -> None:
        self.directory = directory
        (directory / "trace").mkdir(parents=True, exist_ok=True)
        requests, self._requests = os.pipe()
        self._events_end, events = os.pipe()
        self.said: list[protocol.Message] = []
        self._queue: queue.Queue[protocol.Message | None] = queue.Queue()
        with (directory / "out.log").open("wb") as out, (directory / "err.log").open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "inspector.worker", "--requests", str(requests), "--events", str(events)],
                pass_fds=(requests, events),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "TORCH_TRACE": str(directory / "trace"),
                    **(environment or {}),
                },
            )
        os.close(requests)
        os.close(events)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with os.fdopen(self._events_end, "rb") as stream:
            for line in stream:
                self._queue.put(protocol.decode(line, protocol.EVENTS))
        self._queue.put(None)

    def start(self, request: CaptureRequest) -> None:
        self.send(protocol.Start(request, str(self.directory)))

    def send(self, message: protocol.Message) -> None:
        os.write(self._requests, protocol.encode(message))

    def send_line(self, line: bytes) -> None:
        os.write(self._requests, line)

    def hang_up(self) -> None:
        """Closes the requests, as a front that ends does."""
        os.close(self._requests)
        self._requests = -1

    def next(self) -> protocol.Message | None:
        """The next event; None once the worker has closed its end."""
        event = self._queue.get(timeout=PATIENCE)
        if event is not None:
            self.said.append(event)
        return event

    def wait_for(self, kind: type[M], where: Callable[[M], bool] = lambda _: True) -> M:
        """The next event of a kind. A failure on the way, or the worker's end, fails the test."""
        while (event := self.next()) is not None:
            if isinstance(event, kind) and where(event):
                return event
            assert not isinstance(event, protocol.Failed), f"{event.message}\n{event.traceback}"
        raise AssertionError(f"the worker ended: {(self.directory / 'err.log').read_text()[-4000:]}")

    def rest(self) -> list[protocol.Message]:
        """Everything until the worker closes its end."""
        events = []
        while (event := self.next()) is not None:
            events.append(event)
        return events

    def records(self) -> list[Record]:
        return read_trace(self.directory / "trace")

    def close(self) -> int:
        """Asks the worker to end, and waits for it."""
        if self.process.poll() is None and self._requests >= 0:
            with suppress(BrokenPipeError):  # it is on its way out already
                self.send(protocol.Shutdown())
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        if self._requests >= 0:
            os.close(self._requests)
            self._requests = -1


@dataclass
class Finished:
    """One capture that ran to its end."""

    events: list[protocol.Message]
    records: list[Record]
    exit_code: int
    err: str
    directory: Path
    named: dict[str, list[Record]] = field(init=False)

    def __post_init__(self) -> None:
        self.named = {}
        for record in self.records:
            self.named.setdefault(record.name, []).append(record)

    def payloads(self, name: str) -> list[Any]:
        """The payloads of our own records of a name, `graph` for `inspector_graph`."""
        return [record.json for record in self.named.get(f"inspector_{name}", [])]

    @property
    def failed(self) -> protocol.Failed:
        return next(event for event in self.events if isinstance(event, protocol.Failed))


def capture(request: CaptureRequest, directory: Path, environment: dict[str, str] | None = None) -> Finished:
    """Runs one capture in a worker of its own, to its end, good or bad."""
    worker = Worker(directory, environment)
    try:
        worker.start(request)
        while (event := worker.next()) is not None:
            if isinstance(event, protocol.Compiled | protocol.Failed):
                break
        code = worker.close()
        worker.rest()
    finally:
        worker.kill()
    return Finished(worker.said, worker.records(), code, (directory / "err.log").read_text(), directory)
