"""The person's own editor: takes the terminal until it is left; what it saves is seen by whoever watches the file."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

from textual.app import SuspendNotSupported
from textual.screen import Screen

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


def edit(screen: Screen[Any], file: str, line: int) -> None:
    """Opens a file in the editor; the screen comes back when it is left."""
    if not Path(file).is_file():
        screen.notify(f"{file} is not on this machine.", severity="warning", timeout=6)
        return
    command = editor_command(file, line)
    if command is None:
        name = os.environ.get("VISUAL") or os.environ.get("EDITOR") or " or ".join(_USUAL)
        screen.notify(f"There is no editor {name}: set $EDITOR to one.", severity="warning", timeout=6)
        return
    try:
        with screen.app.suspend():
            code = subprocess.call(command)
    except SuspendNotSupported:
        screen.notify("An editor needs a terminal of its own, which a browser has not.", severity="warning", timeout=6)
        return
    except OSError as error:
        screen.notify(f"{command[0]} cannot be started: {error.strerror or error}.", severity="error", timeout=6)
        return
    screen.refresh(layout=True)
    if code:
        screen.notify(f"{Path(command[0]).name} ended with {code}.", severity="warning", timeout=4)
