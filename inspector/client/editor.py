"""The person's own editor, as a command."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

_USUAL = ("nano", "vi")


def editor_command(file: str, line: int) -> list[str] | None:
    """`$VISUAL` or `$EDITOR` on a line of a file, else what most machines have; None where there is none.

    `+LINE` is what vi, nano, emacs, micro and most others take; VS Code's is another.
    """
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not words:
        words = [found] if (found := next(filter(shutil.which, _USUAL), None)) is not None else []
    if not words or shutil.which(words[0]) is None:
        return None
    if Path(words[0]).name in ("code", "codium", "cursor", "subl"):
        return [*words, *(["--goto"] if Path(words[0]).name != "subl" else []), f"{file}:{line}"]
    return [*words, f"+{line}", file]


def editor_name() -> str:
    """What was looked for, in words."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or " or ".join(_USUAL)


def run_editor(command: Sequence[str]) -> int:
    """Runs it until it is left; returns its exit code. Ctrl-C, which many editors take for a key, is theirs alone.

    Raises:
        OSError: it cannot be started.
    """
    if threading.current_thread() is not threading.main_thread():
        return subprocess.call(command)
    before = signal.signal(signal.SIGINT, lambda *_: None)  # what is ignored would be ignored by the editor too
    try:
        return subprocess.call(command)
    finally:
        signal.signal(signal.SIGINT, before)
