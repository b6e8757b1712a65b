"""The worker's end of the two descriptors: events out from any thread, requests in through a queue."""

from __future__ import annotations

import os
import queue
import threading
import time
from pathlib import Path

from inspector import protocol
from inspector.protocol import Message

HEARTBEAT = 0.5
"""Seconds between two `Alive` events."""


class Channel:
    """Speaks the protocol on two open descriptors, which it owns.

    Requests are read on a thread of their own, so that the end of the front is seen while a compile runs: then
    the process exits at once, whatever it is doing.
    """

    def __init__(self, requests: int, events: int) -> None:
        self._requests = requests
        self._events = events
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.cancelled = threading.Event()
        """Set while the newest `RunProfile` has been cancelled: whoever carries it out looks here now and then."""

    def start(self) -> None:
        """Begins to listen, and to tell twice a second that the worker lives."""
        threading.Thread(target=self._listen, name="requests", daemon=True).start()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def send(self, message: Message) -> None:
        """Sends an event. A front that is gone ends the worker."""
        line = memoryview(protocol.encode(message))
        with self._lock:
            try:
                while line:
                    line = line[os.write(self._events, line) :]
            except BrokenPipeError:
                os._exit(0)

    def receive(self, timeout: float | None = None) -> Message | None:
        """The next request; None after `timeout` seconds without one. None as a timeout waits for ever."""
        try:
            return self._queue.get(timeout=timeout) if timeout != 0 else self._queue.get_nowait()
        except queue.Empty:
            return None

    def _listen(self) -> None:
        pending = b""
        while data := os.read(self._requests, 65536):
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                try:
                    self._take(protocol.decode(line, protocol.REQUESTS))
                except protocol.ProtocolError as error:
                    self.send(
                        protocol.Failed(f"The worker was sent something that is no request: {error}", fatal=False)
                    )
        os._exit(0)

    def _take(self, request: Message) -> None:
        if isinstance(request, protocol.CancelProfile):
            self.cancelled.set()
            return
        if isinstance(request, protocol.RunProfile | protocol.EditKernel):
            self.cancelled.clear()
        self._queue.put(request)

    def _beat(self) -> None:
        while True:
            self.send(protocol.Alive(*resident_memory()))
            time.sleep(HEARTBEAT)


def resident_memory() -> tuple[int, int]:
    """This process's resident memory and its peak, in bytes."""
    try:
        fields = dict(
            line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Vm")
        )
        return _kilobytes(fields["VmRSS"]), _kilobytes(fields["VmHWM"])
    except (OSError, KeyError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes: only macOS has no /proc
        return peak, peak


def _kilobytes(field: str) -> int:
    return int(field.split(maxsplit=1)[0]) * 1024
