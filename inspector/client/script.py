"""Runs somebody's program as they would, with recording on: the environment is all that differs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from inspector import protocol
from inspector.errors import EnvironmentLacking, UsageError
from inspector.model.request import CacheMode

_STARTUP = Path(__file__).parents[1] / "worker" / "startup"
"""The folder whose `sitecustomize.py` begins the recording in every Python below."""


def script_command(words: Sequence[str], module: Sequence[str] | None = None, *, verb: str = "run") -> list[str]:
    """The command that a person would type, without us.

    Args:
        words: a Python file, or a folder or archive that Python runs, or a command that starts Python (torchrun,
            accelerate, pytest); then its arguments.
        module: what follows `-m`, in place of `words`.
        verb: whose form is told where this is none.

    Raises:
        UsageError: there is nothing to run.
    """
    if module:
        return [sys.executable, "-m", *module]
    if not words:
        raise UsageError("There is nothing to run.", f"The form is inspector {verb} [options] script.py [arguments].")
    first = words[0]
    if first.endswith((".py", ".pyz")) or Path(first).is_dir():
        if not Path(first).exists():
            raise UsageError(
                f"There is no file {first}.", f"A module is run with -m: inspector {verb} -m package.module."
            )
        return [sys.executable, *words]
    if (found := shutil.which(first)) is not None:
        return [found, *words[1:]]
    if Path(first).is_file():
        return [sys.executable, *words]
    raise UsageError(
        f"There is no file {first!r} and no command of that name.",
        "Give a Python file, or a command that starts Python (torchrun, pytest); -m runs a module.",
    )


def recording_environment(
    folder: Path, cache: CacheMode, caches: Path | None = None, *, passes: bool = False
) -> dict[str, str]:
    """This process's environment, and what makes every Python below record.

    Args:
        folder: for the logs.
        cache: which of torch's caches may answer.
        caches: an empty folder in place of torch's own caches; None for these.
        passes: whether to record what each pass did.
    """
    environment = {
        **os.environ,
        protocol.RECORD_FOLDER: str(folder.resolve()),
        protocol.RECORD_CACHE: cache.value,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_STARTUP), os.environ.get("PYTHONPATH")])),
    }
    if caches is not None:
        environment |= {"TORCHINDUCTOR_CACHE_DIR": str(caches), "TRITON_CACHE_DIR": str(caches / "triton")}
    return environment | ({protocol.RECORD_PASSES: "1"} if passes else {})


def run_script(command: Sequence[str], environment: dict[str, str]) -> int:
    """Runs a program in the foreground, on this terminal and these streams.

    Signals that end a program are the program's: a Ctrl-C reaches it from the terminal, SIGTERM and SIGHUP are handed
    on, and what it makes of them is waited for.

    Returns:
        Its exit code as a shell has it: 128 and the signal's number where one ended it.

    Raises:
        EnvironmentLacking: it cannot be started.
    """
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        raise EnvironmentLacking(f"{command[0]} cannot be started: {error.strerror or error}.") from error
    with signals_for(process):
        code = process.wait()
    return code if code >= 0 else 128 - code


def become_script(command: Sequence[str], environment: dict[str, str]) -> NoReturn:
    """Lets this process become the program, so that whoever started and watches this one has the program instead.

    Raises:
        EnvironmentLacking: it cannot be started.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(command[0], list(command), environment)
    except OSError as error:
        raise EnvironmentLacking(f"{command[0]} cannot be started: {error.strerror or error}.") from error


@contextmanager
def signals_for(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hands signals on to the program while it runs. Installed after its start, so that it inherits none of it."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    def leave_alone(_number: int, _frame: FrameType | None) -> None:
        """The terminal has told the program too."""

    wanted = {
        signal.SIGINT: leave_alone,
        signal.SIGQUIT: leave_alone,
        signal.SIGTERM: hand_on,
        signal.SIGHUP: hand_on,
    }
    before = {
        number: signal.signal(number, action)
        for number, action in wanted.items()
        if signal.getsignal(number) is not signal.SIG_IGN  # nohup's stays ignored
    }
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
