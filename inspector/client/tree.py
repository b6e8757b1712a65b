"""Finds and ends every process of one run, wherever it went.

torch starts compile workers and compilers, some in sessions of their own, and a child whose parent died belongs to
init: neither the process group nor the parent chain leads to it. So each run has a token in the environment, which
every descendant inherits, and that is what is searched for.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator

import psutil

TOKEN = "INSPECTOR_RUN"
"""The environment variable that marks every process of a run."""

_CLOCK_SLACK = 2.0
"""Seconds; process start times are counted in ticks since boot, which drift against the clock."""

_EXEC = 1.0
"""Seconds within which an exec is through with replacing the environment, on a machine that is busy, too."""

_STEPS = ((signal.SIGTERM, 0.3), (signal.SIGKILL, 2.0), (signal.SIGKILL, 2.0), (signal.SIGKILL, 5.0))
"""What to send and how many seconds to wait for it. More than one round of SIGKILL: a process may fork while it is
being looked for."""


def members(token: str, since: float, variable: str = TOKEN) -> list[psutil.Process]:
    """The living processes that carry `token`, started at `since` (seconds since the epoch) or later; no zombies."""
    return list(_members(token, since, variable))


def _members(token: str, since: float, variable: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        # Other people's processes, and those that end while being looked at, are none of ours.
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            if process.create_time() < since - _CLOCK_SLACK:
                continue
            if _environ(process).get(variable) == token and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def _environ(process: psutil.Process) -> dict[str, str]:
    """The environment, asked for again where it is empty: in the middle of an exec it is so for a moment."""
    until = time.monotonic() + _EXEC
    while not (found := process.environ()) and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.001)
    return found


def end(token: str, since: float, *, gently: bool = True) -> list[int]:
    """Ends every process of a run: SIGTERM first unless not `gently`, then soon SIGKILL.

    Returns:
        The ids of processes that no signal could end (stuck in the kernel, say); normally empty.
    """
    for number, patience in _STEPS if gently else _STEPS[1:]:
        alive = members(token, since)
        if not alive:
            return []
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process.send_signal(number)
        _wait(alive, patience)
    return [process.pid for process in members(token, since)]


def _wait(processes: list[psutil.Process], seconds: float) -> None:
    """Waits until all have ended, a zombie counting as ended: its parent may never collect it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(_runs(process) for process in processes):
        time.sleep(0.01)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
