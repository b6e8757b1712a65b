"""Who runs a sweep's points: a small interface, and this machine as the first of those that have it.

An engine starts one process for each job, `inspector.study.sweep.point`, and says which have ended. It knows nothing of
results: whether there is one, the folder says.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from inspector.client.process import search_path
from inspector.codec import line
from inspector.errors import EnvironmentLacking
from inspector.regular import open_regular
from inspector.study.sweep.folder import SweepFolder
from inspector.study.sweep.plan import SweepPlan
from inspector.study.sweep.point import Job

_END = 15.0
"""Seconds that a point's process gets to end its worker; more than its keeper takes."""
_TAIL = 2000


@dataclass(frozen=True)
class End:
    """How a job ended, as far as its engine knows."""

    code: int | None = None
    """The process's exit code; None where it is not known."""
    words: str = ""
    """The end of what it printed."""


class Engine(Protocol):
    """Runs jobs. Its methods are called on one thread."""

    pause: float
    """Seconds between two looks."""

    def resume(self, keys: Collection[str]) -> set[str]:
        """The points among these that an earlier controller handed over and that have not ended; they count as
        submitted from now on."""

    def submit(self, jobs: Sequence[Job]) -> None:
        """Takes jobs over; returns at once.

        Raises:
            EnvironmentLacking: it does not take them.
        """

    def ended(self) -> Mapping[str, End]:
        """The points whose jobs have ended since the last time that this was asked."""

    def running(self) -> Collection[str]:
        """The points that are being made, as far as is known."""

    def close(self) -> None:
        """The controller leaves: what ends with it is ended."""


def command(plan: SweepPlan, folder: Path, job: Job, *options: str) -> list[str]:
    """What makes a point."""
    words = [plan.python(job), "-P", "-m", "inspector.study.sweep.point", str(folder)]
    return [*words, line(job).decode().strip(), *options]


def last_words(log: Path) -> str:
    """The end of a point's log."""
    with contextlib.suppress(OSError), os.fdopen(open_regular(log), "rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _TAIL))
        text = stream.read().decode(errors="replace").strip()
        return text.splitlines()[-1] if text else ""
    return ""


class Local:
    """This machine: what is timed runs alone, compiles that are not run side by side, and first.

    Args:
        jobs: how many compiles side by side; None for half the processors.
    """

    pause = 0.2

    def __init__(self, plan: SweepPlan, folder: SweepFolder, jobs: int | None = None) -> None:
        self._plan, self._folder = plan, folder
        self._jobs = jobs or max(1, (os.cpu_count() or 1) // 2)
        self._waiting: tuple[deque[Job], deque[Job]] = (deque(), deque())
        """What is not timed, and what is."""
        self._running: dict[str, tuple[Job, subprocess.Popen[bytes]]] = {}

    def resume(self, keys: Collection[str]) -> set[str]:  # noqa: ARG002 (its points end with their controller)
        return set()

    def submit(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._waiting[job.point.timed].append(job)
        self._start()

    def ended(self) -> dict[str, End]:
        found = {}
        for key, (_, process) in list(self._running.items()):
            if (code := process.poll()) is not None:
                _let_go(process)
                del self._running[key]
                found[key] = End(code, last_words(self._folder.log(key)))
        self._start()
        return found

    def running(self) -> Collection[str]:
        return self._running.keys()

    def close(self) -> None:
        self._waiting = (deque(), deque())
        processes = [process for _, process in self._running.values()]
        for process in processes:
            process.terminate()
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END)
            process.kill()
            process.wait()
            _let_go(process)
        self._running.clear()

    def _start(self) -> None:
        untimed, timed = self._waiting
        while untimed and len(self._running) < self._jobs and not self._alone():
            self._begin(untimed.popleft())
        if timed and not untimed and not self._running:
            self._begin(timed.popleft())

    def _alone(self) -> bool:
        return any(job.point.timed for job, _ in self._running.values())

    def _begin(self, job: Job) -> None:
        key = job.point.key
        words = command(self._plan, self._folder.path, replace(job, beside=self._jobs > 1), "--watched")
        environment = os.environ | (search_path() if words[0] == sys.executable else {})
        try:
            with self._folder.log(key).open("wb") as log:
                process = subprocess.Popen(
                    words, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment, start_new_session=True
                )
        except OSError as error:
            raise EnvironmentLacking(f"A point cannot be started: {error}.", "Is the disk full?") from error
        self._running[key] = (job, process)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
