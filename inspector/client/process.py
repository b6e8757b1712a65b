"""One worker process: start it, talk to it, end it with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import shutil
import signal
import site
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from inspector import keeper, protocol
from inspector.client import tree
from inspector.errors import EnvironmentLacking

_DUMP = 0.5
"""Seconds that a hung worker gets to write its stacks."""
_KEEPER = 10.0
"""Seconds that the keeper gets to end everything; more than it takes itself."""


def worker_command() -> list[str]:
    """The real worker. `-P` keeps a file of the user's that is called `inspector.py` or `queue.py` out of its way."""
    return [sys.executable, "-P", "-m", "inspector.worker"]


def start_program(
    command: list[str], kept: tuple[int, int], directory: Path, folder: Path | None, token: str
) -> subprocess.Popen[bytes]:
    """Starts a program below a keeper, with a run's environment and its output in the run's files.

    Args:
        command: the program.
        kept: the descriptors that it gets: of requests, whose closing ends it, and of events.
        directory: the run's folder.
        folder: goes with a front that is killed; None for none.
        token: marks every process of the run.

    Raises:
        OSError: it cannot be started.
        EnvironmentLacking: there is no such program.
    """
    if shutil.which(command[0]) is None:
        raise EnvironmentLacking(f"The worker cannot be started: {command[0]} is not there.")
    goes = [str(folder)] if folder is not None else []
    with (directory / "out.log").open("wb") as out, (directory / "err.log").open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, *map(str, kept), *goes],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env=_environment(directory, token) | {keeper.COMMAND: json.dumps(command)},
            pass_fds=kept,
            start_new_session=True,
        )


def _environment(directory: Path, token: str) -> dict[str, str]:
    """The user's environment, the run's token, the trace, and a Python that tells where it crashed."""
    environment = {
        **os.environ,
        tree.TOKEN: token,
        "TORCH_TRACE": str(directory / "trace"),
        "PYTHONFAULTHANDLER": "1",
        "PYTHONUNBUFFERED": "1",
    }
    environment.pop("PYTHONINSPECT", None)  # it would turn the worker's exit code into a prompt
    return environment | search_path()


def search_path() -> dict[str, str]:
    """What a Python like this one, started with `-P`, needs in its environment to find this package."""
    root = str(Path(__file__).parents[2])
    if root in {*site.getsitepackages(), site.getusersitepackages()}:
        return {}
    # Run from a checkout: `-P` keeps the current folder out of the search path, so the package's has to be in.
    return {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}


class Process(Protocol):
    """What is needed of a worker's keeper: what `subprocess.Popen` has, which one that was forked has too."""

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""

    def wait(self, timeout: float) -> int:
        """Waits for the exit code; raises `subprocess.TimeoutExpired`."""

    def send_signal(self, number: int, /) -> None:
        """Sends a signal, where it still runs."""


Spawn = Callable[[int, int, Path | None, str], Process]
"""Starts a worker below a keeper: given its ends of the requests and the events, which stay the caller's, the folder
that goes with a front that is killed, and the run's token."""


class WorkerProcess:
    """A worker below its keeper, its output in files, its events in a queue.

    Args:
        directory: an existing folder for `trace/`, `out.log` and `err.log`.
        command: what to run, the descriptors' options are appended; None for the real worker.
        temporary: whether the folder goes with a front that is killed.
        spawn: starts it in another way than as a new program.
    """

    def __init__(
        self,
        directory: Path,
        command: Sequence[str] | None = None,
        *,
        temporary: bool = False,
        spawn: Spawn | None = None,
    ) -> None:
        self.directory = directory
        self._temporary = temporary
        self.out_log = directory / "out.log"
        self.err_log = directory / "err.log"
        self.bad_lines: list[str] = []
        """Lines on the events descriptor that were no events, in words."""
        self._token = secrets.token_hex(8)
        self._events: queue.SimpleQueue[protocol.Message] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        """Keeps `send` from writing to a descriptor whose number was given to another file meanwhile."""
        self._started = time.time()
        self._process = self._begin(spawn or self._program(list(command or worker_command())))
        self._reader = threading.Thread(target=self._read_events, name="worker-events", daemon=True)
        self._reader.start()

    def _begin(self, spawn: Spawn) -> Process:
        (self.directory / "trace").mkdir(exist_ok=True)
        requests, self._requests = os.pipe()
        self._events_end, events = os.pipe()
        # A worker that does not read must not block the front; what is sent is far smaller than the pipe.
        os.set_blocking(self._requests, False)
        try:
            return spawn(requests, events, self.directory if self._temporary else None, self._token)
        except OSError as error:
            os.close(self._requests)
            os.close(self._events_end)
            raise EnvironmentLacking(f"The worker cannot be started: {error}.") from error
        finally:
            os.close(requests)
            os.close(events)

    def _program(self, command: list[str]) -> Spawn:
        def spawn(requests: int, events: int, folder: Path | None, token: str) -> Process:
            options = ["--requests", str(requests), "--events", str(events)]
            return start_program([*command, *options], (requests, events), self.directory, folder, token)

        return spawn

    def poll(self) -> int | None:
        """The exit code as `subprocess` has it, negative for a signal; None while anything of the worker runs."""
        return self._process.poll()

    def send(self, message: protocol.Message) -> bool:
        """Sends a request; False where the worker no longer reads, whose end then tells why."""
        with self._lock, contextlib.suppress(OSError):
            os.write(self._requests, protocol.encode(message))
            return True
        return False

    def next_event(self, timeout: float) -> protocol.Message | None:
        """The next event, or None after `timeout` seconds without one."""
        try:
            return self._events.get(timeout=timeout) if timeout > 0 else self._events.get_nowait()
        except queue.Empty:
            return None

    def _read_events(self) -> None:
        pending = b""
        while data := os.read(self._events_end, 65536):
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                try:
                    self._events.put(protocol.decode(line, protocol.EVENTS))
                except protocol.ProtocolError as error:
                    self.bad_lines.append(str(error))
        self._closed.set()

    def dump_stacks(self) -> None:
        """Makes a hung worker write where each of its threads stands to its log, which ends it."""
        self._process.send_signal(signal.SIGABRT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_DUMP)

    def close(self) -> int | None:
        """Ends the worker and everything it started, wherever that hides; safe to call twice.

        Returns:
            The worker's exit code; None where not even SIGKILL could end it.
        """
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_KEEPER)
        tree.end(self._token, self._started)  # the keeper may have been killed, or be stopped
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        # With all writers gone the reader comes to the end of the pipe, after whatever was still in it.
        with self._lock:
            if self._closed.wait(1.0) and self._requests >= 0:
                os.close(self._requests)
                os.close(self._events_end)
                self._requests = self._events_end = -1
        return self._process.poll()
