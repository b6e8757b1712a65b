"""Runs somebody's program and looks, some forty times a second, at which processes it has and what they use."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from inspector.client.script import signals_for
from inspector.errors import EnvironmentLacking
from inspector.model.startup import TENTH

_EVERY = 0.025
_TICKS = os.sysconf("SC_CLK_TCK")
_BLOCK = 1 << 16
_OVERLAP = 4_096
"""Characters of the output that are kept, for words that two blocks hold parts of."""


@dataclass
class SeenProcess:
    """One process, as it was seen."""

    pid: int
    parent: int
    begin: float
    """Seconds since the program was started."""
    end: float = 0.0
    cpu: float = 0.0
    command: str = ""
    busy: list[float] = field(default_factory=list)
    """CPU seconds in each tenth of a second since its begin."""


@dataclass(frozen=True)
class SeenRun:
    """One run of a program."""

    exit_code: int
    began: float
    """Seconds since 1970."""
    seconds: float
    cpu_seconds: float
    first_output: float | None
    watched: bool
    until: float | None
    processes: tuple[SeenProcess, ...]


def run_watched(
    command: Sequence[str], environment: Mapping[str, str], *, until: str = "", stop: bool = False, aside: bool = False
) -> SeenRun:
    """Runs a program in the foreground and watches it.

    Its standard output goes where ours goes, through a pipe that changes nothing; where ours is a terminal and no words
    are waited for, it has the terminal itself. Its exit code is a shell's.

    Args:
        command: to run.
        environment: of it.
        until: words in its output or its errors whose coming is told.
        stop: whether to end it by SIGTERM once they have come.
        aside: whether its standard output goes to our standard error.

    Raises:
        EnvironmentLacking: it cannot be started.
    """
    out = sys.stderr if aside else sys.stdout
    sys.stdout.flush()
    sys.stderr.flush()
    piped = bool(until) or not out.isatty()
    began, clock = time.time(), time.perf_counter()
    try:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdout=subprocess.PIPE if piped else out.fileno(),
            stderr=subprocess.PIPE if until else None,
        )
    except OSError as error:
        raise EnvironmentLacking(f"{command[0]} cannot be started: {error.strerror or error}.") from error
    watch = _Watch(until, clock, (lambda: process.send_signal(signal.SIGTERM)) if stop else lambda: None)
    with signals_for(process), _looking(process.pid, clock) as seen:
        threads = [
            threading.Thread(target=watch.hand_on, args=(stream, target.fileno(), first), daemon=True)
            for stream, target, first in ((process.stdout, out, True), (process.stderr, sys.stderr, False))
            if stream is not None
        ]
        for thread in threads:
            thread.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - clock
        for thread in threads:  # what it left running may hold its output open
            thread.join(1.0)
    code = process.returncode
    return SeenRun(
        *(code if code >= 0 else 128 - code, began, seconds, usage.ru_utime + usage.ru_stime),
        *(watch.first, piped, watch.until, tuple(seen.values())),
    )


class _Watch:
    """Hands output on, byte by byte as it is, and notes when it came."""

    def __init__(self, until: str, clock: float, come: Callable[[], object]) -> None:
        self._until, self._clock, self._come = until.encode(), clock, come
        self._lock = threading.Lock()
        self.first: float | None = None
        self.until: float | None = None

    def hand_on(self, stream: IO[bytes], target: int, first: bool) -> None:
        """Until the stream ends."""
        kept = b""
        while block := os.read(stream.fileno(), _BLOCK):
            now = time.perf_counter() - self._clock
            with contextlib.suppress(BrokenPipeError):
                _write(target, block)
            with self._lock:
                if first and self.first is None:
                    self.first = now
                if self._until and self.until is None:
                    kept = kept[-_OVERLAP:] + block
                    if self._until in kept:
                        self.until = now
                        self._come()


def _write(target: int, block: bytes) -> None:
    while block:
        block = block[os.write(target, block) :]


# --- looking ---------------------------------------------------------------------------------------------------


@contextmanager
def _looking(root: int, clock: float) -> Iterator[dict[tuple[int, int], SeenProcess]]:
    """Looks at a process and all that it starts; a process is told from a later one of its number by its beginning."""
    seen: dict[tuple[int, int], SeenProcess] = {}
    stop, started = threading.Event(), _stat(root)

    def look() -> None:
        while True:
            _look(root, started, clock, seen)
            if stop.wait(_EVERY):
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


@dataclass(frozen=True)
class _Stat:
    parent: int
    ticks: int
    """Of processor time, its own."""
    started: int
    """Ticks since the machine was started."""


def _stat(pid: int) -> _Stat | None:
    """None where there is no such process any more, or only what is left of it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    if len(fields) < 20 or fields[0] in (b"Z", b"X"):
        return None
    return _Stat(int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[19]))


def _look(root: int, first: _Stat | None, clock: float, seen: dict[tuple[int, int], SeenProcess]) -> None:
    with contextlib.suppress(OSError):
        pids = (int(item.name) for item in os.scandir("/proc") if item.name.isdigit())
        there = {pid: found for pid in pids if (found := _stat(pid)) is not None}
        now = time.perf_counter() - clock
        known = {pid for pid, started in seen if pid in there and there[pid].started == started} | {root}
        for pid in sorted(there, key=lambda item: there[item].started):  # parents begin before their children
            if pid in known or there[pid].parent in known:
                known.add(pid)
                _take(pid, there[pid], first, now, seen)


def _take(pid: int, stat: _Stat, first: _Stat | None, now: float, seen: dict[tuple[int, int], SeenProcess]) -> None:
    key = pid, stat.started
    begin = max(0.0, (stat.started - (first.started if first is not None else stat.started)) / _TICKS)
    process = seen.setdefault(key, SeenProcess(pid, stat.parent, begin))
    process.end = now
    used = stat.ticks / _TICKS
    tenth = int(max(0.0, now - begin) / TENTH)
    process.busy += [0.0] * (tenth + 1 - len(process.busy))
    process.busy[tenth] += used - process.cpu
    process.cpu = used
    if now - begin < 1.0 or not process.command:  # before its exec a process is called as its parent
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            process.command = " ".join(word.decode(errors="replace") for word in words) or process.command
