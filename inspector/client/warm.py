"""Workers that have imported torch and compiled something before they are asked: forked from a parent, or kept spare.

A forked one is there in a few hundredths of a second and shares its parent's memory. Where no process may be forked any
more (macOS, CUDA, threads), one worker is kept ready in place of that, and the next begun as soon as it is taken.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from inspector import protocol
from inspector.client import tree
from inspector.client.logs import last_lines
from inspector.client.process import WorkerProcess, start_program
from inspector.errors import EnvironmentLacking, InspectorError, from_exit_code
from inspector.model.request import CaptureRequest

_READY = 900.0
"""Seconds that a parent may take to import torch and to compile: one that fails says so, and one that ends is seen."""
_LONGEST = 1 << 16


class Forked:
    """A worker's keeper that a parent has forked, as `client.process.Process` has it."""

    def __init__(self, number: int, send: Callable[[protocol.Message], object]) -> None:
        self._number, self._send = number, send
        self._code: int | None = None
        self._ended = threading.Event()

    def end(self, code: int) -> None:
        """The parent has told."""
        if not self._ended.is_set():
            self._code = code
            self._ended.set()

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        return self._code

    def wait(self, timeout: float) -> int:
        """Waits for the exit code.

        Raises:
            subprocess.TimeoutExpired: it takes longer.
        """
        if not self._ended.wait(timeout) or self._code is None:
            raise subprocess.TimeoutExpired("worker", timeout)
        return self._code

    def send_signal(self, number: int, /) -> None:
        """Sends it a signal, where it still runs."""
        if not self._ended.is_set():
            self._send(protocol.Kill(self._number, int(number)))


class WarmWorkers:
    """Makes workers that are ready to compile; `close` leaves nothing of them.

    Args:
        request: what they will be asked for, but for the text of the target.
        directory: a folder for what the parent writes and builds; the caller removes it.
        forks: whether to try a parent that is forked.
    """

    def __init__(self, request: CaptureRequest, directory: Path, *, forks: bool = sys.platform == "linux") -> None:
        self.refusal = "" if forks else f"{sys.platform} lets no such process be forked"
        """Why nothing is forked; empty where that works, or is not known yet."""
        self.lost = False
        """Whether the parent was ended by somebody else: others of the same can be made."""
        self._request, self._directory = request, directory
        self._token, self._started = secrets.token_hex(8), time.time()
        self._lock = threading.RLock()
        self._ready = threading.Event()
        self._failure: InspectorError | None = None
        self._children: dict[int, Forked] = {}
        self._count = 0
        self._closed = False
        self._spare: WorkerProcess | None = None
        self._parent: subprocess.Popen[bytes] | None = None
        if forks:
            self._begin_parent()
        else:
            self._begin_spare()

    @property
    def ready(self) -> bool:
        """Whether the next worker need not wait for imports."""
        return self._ready.is_set()

    def worker(self, directory: Path, temporary: bool) -> WorkerProcess:
        """A worker for a run's folder; waits until one is ready.

        Raises:
            InspectorError: none can be had, as torch is not there, or the parent has ended.
        """
        if not self._ready.wait(_READY):
            raise EnvironmentLacking("The process that workers are forked from does not get ready.")
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._closed:
                raise EnvironmentLacking("The process that workers are forked from has ended.")
            if self.refusal:
                return self._taken(directory)
            return WorkerProcess(directory, temporary=temporary, spawn=self._fork)

    def close(self) -> None:
        """Ends the parent, what it has forked, and what is kept spare."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            spare, self._spare = self._spare, None
        self._ready.set()
        if spare is not None:
            spare.close()
        self._end_parent()

    def _end_parent(self) -> None:
        if self._parent is None:
            return
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._parent.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._parent.wait(10.0)
        tree.end(self._token, self._started)
        self._parent.wait(1.0)
        self._reader.join(1.0)
        self._socket.close()

    # --- a parent -------------------------------------------------------------------------------------------

    def _begin_parent(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        reading, unused = os.pipe()  # a keeper is handed the end of its worker's events; this parent has none
        os.close(reading)
        number = theirs.fileno()
        command = [sys.executable, "-P", "-m", "inspector.worker.warm", "--socket", str(number)]
        try:
            kept = (number, unused)
            self._parent = start_program(command, kept, self._directory, self._directory, self._token)
        finally:
            theirs.close()
            os.close(unused)
        self._reader = threading.Thread(target=self._read, name="warm-parent", daemon=True)
        self._reader.start()
        self._send(protocol.Prepare(self._request, str(self._directory)))

    def _send(self, message: protocol.Message, descriptors: tuple[int, ...] = ()) -> None:
        with suppress(OSError):  # it is gone, which its reader is told
            socket.send_fds(self._socket, [protocol.encode(message)], descriptors)

    def _fork(self, requests: int, events: int, folder: Path | None, token: str) -> Forked:
        with self._lock:
            self._count += 1
            child = self._children[self._count] = Forked(self._count, self._send)
            asked = protocol.Fork(self._count, {tree.TOKEN: token}, str(folder or ""))
            self._send(asked, (requests, events))
            return child

    def _read(self) -> None:
        with suppress(OSError):
            while data := self._socket.recv(_LONGEST):
                match protocol.decode(data, protocol.FROM_PARENT):
                    case protocol.Prepared(refusal):
                        self._prepared(refusal)
                    case protocol.Gone(number, code):
                        with self._lock:
                            self._children.pop(number).end(code)
                    case protocol.Failed() as failed:
                        self._failure = from_exit_code(
                            failed.exit_code, failed.message, failed.hint, detail=failed.traceback
                        )
        with self._lock:
            if self._failure is None and not self.refusal and not self._closed:
                tail = " ".join(last_lines(self._directory / "err.log")[-1:])
                self._failure = EnvironmentLacking("The process that workers are forked from has ended.", tail)
                self.lost = True
            for child in self._children.values():
                child.end(-signal.SIGKILL)  # its keeper ends all that is below it
            self._children.clear()
        if not self.refusal:
            self._ready.set()

    def _prepared(self, refusal: str) -> None:
        if not refusal:
            self._ready.set()
            return
        self.refusal = refusal
        threading.Thread(target=self._end_parent, daemon=True).start()
        self._begin_spare()

    # --- a spare one ----------------------------------------------------------------------------------------

    def _begin_spare(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._count += 1
            folder = self._directory / f"spare-{self._count}"
            folder.mkdir()
            self._spare = WorkerProcess(folder)
            self._spare.send(protocol.Prepare(self._request, str(folder)))
        self._ready.set()

    def _taken(self, directory: Path) -> WorkerProcess:
        """The spare one, which writes to a run's folder from its start on; another is begun."""
        taken = self._spare
        assert taken is not None
        (directory / "trace").mkdir(exist_ok=True)
        taken.directory = directory
        taken.out_log, taken.err_log = directory / "out.log", directory / "err.log"
        for log in (taken.out_log, taken.err_log):
            log.touch()
        self._begin_spare()
        return taken
