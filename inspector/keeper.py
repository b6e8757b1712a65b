"""Starts a worker and ends all that it started: a program of its own, which sees both the front and the worker out.

    python -I -S keeper.py REQUESTS EVENTS [FOLDER]

A worker's descendants may hide: in sessions of their own, behind a parent that has ended, with the environment cleared.
Linux gives a process whose parent has ended to the nearest ancestor that asked for such (PR_SET_CHILD_SUBREAPER), which
is this one: whatever the worker started stays below it, and nothing else ever comes there. It ends them when the worker
has ended, when the front asks for it (SIGTERM), and when the front is gone, however that came: then nobody else holds
the writing end of the requests, and FOLDER, the run's, goes too. It ends as the worker ended. Where there is no such
request (macOS) it ends the worker's process group.

The worker's command comes in the environment, so that who looks for workers by their command line finds them alone.
Nothing but the standard library is imported, and little of that: each capture waits for it.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType

COMMAND = "INSPECTOR_WORKER"
"""The environment variable with the worker's command, as a JSON list; the worker does not get it."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

_GENTLE = 0.3
"""Seconds between SIGTERM, at which g++ removes its temporary files, and SIGKILL."""
_PATIENCE = 8.0
"""Seconds until those that no signal ends (stuck in the kernel, somebody else's by now) are left."""
_LOOK = 0.005


class Keeper:
    """One worker's keeper.

    Args:
        requests: the reading end of the front's requests, which only shows whether the front is there.
        events: the writing end of the worker's events, closed here.
        become: makes the worker of the process that it is called in, which has a session of its own by then.
    """

    def __init__(self, requests: int, events: int, become: Callable[[], object]) -> None:
        self.status: int | None = None
        """The worker's, as `waitpid` has it, once it has ended."""
        self._asked = False
        self._requests = requests
        self._awake, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self._awake, False)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGHUP):  # a terminal's are not for us, but wake us up
            signal.signal(number, _nothing)
        self._worker = self._start(become)
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGABRT, self._dump)
        os.close(events)  # whose end the front waits for

    def _start(self, become: Callable[[], object]) -> int:
        keeper = os.getpid()
        if pid := os.fork():
            return pid
        try:
            os.setsid()  # a group of its own: what it sends to its group does not come here
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == keeper:
                become()
        finally:
            os._exit(127)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def _dump(self, _number: int, _frame: FrameType | None) -> None:
        """Hands the worker what makes it write where it stands; without gigabytes of core file."""
        with suppress(OSError):
            if hasattr(resource, "prlimit"):
                resource.prlimit(self._worker, resource.RLIMIT_CORE, (0, 0))
            os.kill(self._worker, signal.SIGABRT)

    def watch(self) -> bool:
        """Waits until the worker has ended or is to; whether the front is gone."""
        poller = select.poll()
        poller.register(self._requests, 0)
        poller.register(self._awake, select.POLLIN)
        while True:
            self._reap()
            if self.status is not None or self._asked:
                return False
            if any(descriptor == self._requests for descriptor, _ in poller.poll()):
                return True
            with suppress(BlockingIOError):
                os.read(self._awake, 4096)

    def end_all(self) -> None:
        """Ends whatever is left of the worker and of what it started. Those of a killed one come to us meanwhile."""
        started = time.monotonic()
        for number, until in ((signal.SIGTERM, started + _GENTLE), (signal.SIGKILL, started + _PATIENCE)):
            first = True
            while self._reap():
                if first or number == signal.SIGKILL:
                    self._send(number)
                first = False
                if time.monotonic() > until:
                    break
                time.sleep(_LOOK)

    def _send(self, number: int) -> None:
        if sys.platform != "linux":
            with suppress(OSError):
                os.killpg(self._worker, number)
            return
        for pid in descendants(os.getpid()):
            with suppress(OSError):
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)  # a stopped one takes no SIGTERM

    def _reap(self) -> bool:
        """Takes note of who has ended; whether any are left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._worker:
                self.status = status

    def leave(self) -> None:
        """Ends this process as the worker ended."""
        status = self.status or 0
        if os.WIFSIGNALED(status):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            number = os.WTERMSIG(status)
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        os._exit(os.waitstatus_to_exitcode(status))


def descendants(root: int) -> list[int]:
    """The ids of all processes below one, from /proc."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found += children.get(pid, ())
    return found[1:]


def _parents() -> Iterator[tuple[int, int]]:
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdecimal():
                with suppress(OSError), open(f"{entry.path}/stat", "rb") as file:  # noqa: PTH123 (pathlib takes a while)
                    # `12 (any )( name) S 11 …`
                    yield int(entry.name), int(file.read().rpartition(b")")[2].split()[1])


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Only wakes up."""


def keep(keeper: Keeper, folder: str = "") -> None:
    """Sees a worker and the front out, and ends this process as the worker ended.

    Args:
        keeper: whose worker runs.
        folder: goes with a front that is gone; empty for none.
    """
    orphaned = keeper.watch()
    keeper.end_all()
    if orphaned and folder:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
    keeper.leave()


def _run(command: list[str], kept: tuple[int, ...]) -> None:
    """Lets this process become a program, which gets these descriptors."""
    try:
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
            signal.signal(number, signal.SIG_DFL)
        for descriptor in kept:
            os.set_inheritable(descriptor, True)
        os.execvpe(command[0], command, os.environ)
    except OSError as error:
        os.write(2, f"{command[0]} cannot be started: {error.strerror}\n".encode())


def main() -> None:
    """One worker's life."""
    requests, events, *folder = sys.argv[1:]
    command, kept = json.loads(os.environ.pop(COMMAND)), (int(requests), int(events))
    keep(Keeper(*kept, lambda: _run(command, kept)), *folder)


if __name__ == "__main__":
    main()
