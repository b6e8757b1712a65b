"""Nothing is left behind: a worker dies with its front, and what it started dies with it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def leave_nothing_behind(*descriptors: int) -> int:
    """Ties this process to its front, and its own children (g++, torch's compile workers) to this process.

    The kernel is asked for SIGKILL when the front ends. A SIGKILL leaves no time to end one's children, so a tiny
    process stands guard: it waits for the end of a pipe that only this process holds open, which comes however
    this process ends, and then kills the whole process group, itself included.

    Call it before any thread is started and before torch is imported: it forks.

    Args:
        descriptors: what the guard must not keep open, so that their readers see this process's end.

    Returns:
        The guard's process id.
    """
    if os.getpgrp() != os.getpid():
        os.setsid()  # a group of our own: the guard kills a whole group
    _die_with_parent()
    watched, held = os.pipe()  # neither is inherited by programs that are started
    guard = os.fork()
    if guard == 0:
        _stand_guard(watched, (held, *descriptors))
    os.close(watched)
    return guard


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return  # the end of the requests pipe ends the worker there
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # the front ended before we asked
        os._exit(1)


def _stand_guard(watched: int, foreign: tuple[int, ...]) -> None:
    """The guard's whole life. A terminal's ctrl+c or a polite SIGTERM is for the worker, not for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for descriptor in foreign:
        os.close(descriptor)
    os.read(watched, 1)  # nothing is ever written: it returns at the worker's end
    os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)
