"""`python -m inspector.worker.warm --socket FD --events FD`: a parent that is ready to compile, forked for each worker.

It has imported torch and Inductor, and has compiled something small, so that what is left to a child is the target.
What a fork does not carry over must not be there: threads (the child has the calling one alone), a pool of OpenMP,
which would wait for threads that are not there, and CUDA, which does not work in a child once a parent has begun it. So
the small thing is compiled with one thread, nothing asks for the GPU, and before it offers itself it looks whether it
is alone, but for the threads that came with numpy: OpenBLAS ends its own before a fork, and begins them again. Each
worker has a keeper of its own, as any other; that is what is forked first.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

from inspector import keeper, protocol
from inspector.errors import InspectorError
from inspector.worker.ready import prepare

_LONGEST = 1 << 16
"""Bytes of a message of the front's."""


class _Parent:
    """Forks a worker for each `Fork`, and tells of its end."""

    def __init__(self, front: socket.socket) -> None:
        self._front = front
        self._children: dict[int, int] = {}
        """Process id of a worker's keeper → what the front calls it."""
        self._awake, wake = os.pipe()
        for end in (self._awake, wake):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Until the front is gone; then the keeper of this process ends whatever is left."""
        poller = select.poll()
        poller.register(self._front, select.POLLIN)
        poller.register(self._awake, select.POLLIN)
        while True:
            self._reap()
            ready = {descriptor for descriptor, _ in poller.poll()}
            if self._awake in ready:
                with suppress(BlockingIOError):
                    os.read(self._awake, 4096)
            if self._front.fileno() in ready:
                data, descriptors, *_ = socket.recv_fds(self._front, _LONGEST, 2)
                if not data:
                    return
                self._take(protocol.decode(data, protocol.TO_PARENT), descriptors)

    def _take(self, message: protocol.Message, descriptors: list[int]) -> None:
        match message:
            case protocol.Fork():
                self._fork(message, *descriptors)
            case protocol.Kill(number, code):
                for pid in [pid for pid, child in self._children.items() if child == number]:
                    os.kill(pid, code)  # it is ours and not reaped, so it is no other's by now

    def _fork(self, asked: protocol.Fork, requests: int, events: int) -> None:
        if pid := os.fork():
            self._children[pid] = asked.number
            os.close(requests)
            os.close(events)
            return
        try:
            os.setsid()  # what a terminal or a group is sent is not for it
            self._front.close()
            signal.set_wakeup_fd(-1)
            os.environ |= asked.environment
            keeper.keep(keeper.Keeper(requests, events, partial(_work, requests, events)), asked.folder)
        finally:
            os._exit(127)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if (number := self._children.pop(pid, None)) is not None:
                self._front.send(protocol.encode(protocol.Gone(number, os.waitstatus_to_exitcode(status))))


def _work(requests: int, events: int) -> None:
    """What a forked process does: a worker's session."""
    from inspector.worker.channel import Channel
    from inspector.worker.session import Session

    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGABRT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    channel = Channel(requests, events)
    channel.send(protocol.Hello(os.getpid()))
    channel.start()
    code = 1
    try:
        code = Session(channel, warm=True).run()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def main() -> int:
    """One parent's life; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m inspector.worker.warm", description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="descriptor to speak with the front on")
    options = parser.parse_args()
    os.set_inheritable(options.socket, False)
    with socket.socket(fileno=options.socket) as front:
        asked = protocol.decode(front.recv(_LONGEST), protocol.TO_PARENT)
        assert isinstance(asked, protocol.Prepare)
        try:
            refusal = prepare(asked.request, Path(asked.directory), alone=True)
        except InspectorError as error:
            front.send(protocol.encode(protocol.Failed(error.message, error.hint, error.exit_code, error.detail)))
            return error.exit_code
        front.send(protocol.encode(protocol.Prepared(refusal)))
        _Parent(front).serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
