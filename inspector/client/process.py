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
from collections.abc import Sequence
from pathlib import Path

from inspector import protocol
from inspector.client import keeper, tree
from inspector.errors import EnvironmentLacking

_DUMP = 0.5
"""Seconds that a hung worker gets to write its stacks."""
_KEEPER = 10.0
"""Seconds that the keeper gets to end everything; more than it takes itself."""


def worker_command() -> list[str]:
    """The real worker. `-P` keeps a file of the user's that is called `inspector.py` or `queue.py` out of its way."""
    return [sys.executable, "-P", "-m", "inspector.worker"]


class WorkerProcess:
    """A worker below its keeper, its output in files, its events in a queue.

    Args:
        directory: an existing folder for `trace/`, `out.log` and `err.log`.
        command: what to run, the descriptors' options are appended; None for the real worker.
        temporary: whether the folder goes with a front that is killed.
    """

    def __init__(self, directory: Path, command: Sequence[str] | None = None, *, temporary: bool = False) -> None:
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
        self._process = self._spawn(list(command or worker_command()))
        self._reader = threading.Thread(target=self._read_events, name="worker-events", daemon=True)
        self._reader.start()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        if shutil.which(command[0]) is None:
            raise EnvironmentLacking(f"The worker cannot be started: {command[0]} is not there.")
        (self.directory / "trace").mkdir(exist_ok=True)
        requests, self._requests = os.pipe()
        self._events_end, events = os.pipe()
        # A worker that does not read must not block the front; what is sent is far smaller than the pipe.
        os.set_blocking(self._requests, False)
        try:
            with self.out_log.open("wb") as out, self.err_log.open("wb") as err:
                options = ["--requests", str(requests), "--events", str(events)]
                folder = [str(self.directory)] if self._temporary else []
                return subprocess.Popen(
                    [sys.executable, "-I", "-S", keeper.__file__, str(requests), str(events), *folder],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env=self._environment() | {keeper.COMMAND: json.dumps([*command, *options])},
                    pass_fds=(requests, events),
                    start_new_session=True,
                )
        except OSError as error:
            os.close(self._requests)
            os.close(self._events_end)
            raise EnvironmentLacking(f"The worker cannot be started: {error}.") from error
        finally:
            os.close(requests)
            os.close(events)

    def _environment(self) -> dict[str, str]:
        """The user's environment, the run's token, the trace, and a Python that tells where it crashed."""
        environment = {
            **os.environ,
            tree.TOKEN: self._token,
            "TORCH_TRACE": str(self.directory / "trace"),
            "PYTHONFAULTHANDLER": "1",
            "PYTHONUNBUFFERED": "1",
        }
        environment.pop("PYTHONINSPECT", None)  # it would turn the worker's exit code into a prompt
        root = str(Path(__file__).parents[2])
        if root not in {*site.getsitepackages(), site.getusersitepackages()}:
            # Run from a checkout: `-P` keeps the current folder out of the search path, so the package's has to be in.
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        return environment

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
        self._process.terminate()
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
