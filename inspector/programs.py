"""Other programs, asked for their output: a compiler, a disassembler."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from typing import NamedTuple


class Said(NamedTuple):
    """How a program ended and what it wrote."""

    code: int
    out: str
    err: str


def ask(command: Sequence[str], seconds: float) -> Said:
    """Runs a program to its end, with nothing to read.

    What it writes goes to files: a pipe has no end before the last of its children that holds it has ended, however
    long ago the program itself did. Those that it leaves are ended with it.

    Raises:
        OSError: it cannot be started, or there is no place for temporary files.
        subprocess.TimeoutExpired: it had not ended after so many seconds.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        try:
            code = process.wait(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        out.seek(0)
        err.seek(0)
        return Said(code, out.read().decode(errors="replace"), err.read().decode(errors="replace"))


def output_of(command: Sequence[str], seconds: float = 120) -> str:
    """What a program that ends well writes.

    Raises:
        OSError, subprocess.SubprocessError: it did not end well, in time, or at all.
    """
    code, out, err = ask(command, seconds)
    if code:
        raise subprocess.CalledProcessError(code, command, out, err)
    return out
