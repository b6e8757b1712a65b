"""The person's own editor: takes the terminal until it is left; what it saves is seen by whoever watches the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import SuspendNotSupported
from textual.screen import Screen

from inspector.client.editor import editor_command, editor_name, run_editor


def edit(screen: Screen[Any], file: str, line: int) -> None:
    """Opens a file in the editor; the screen comes back when it is left."""
    if not Path(file).is_file():
        screen.notify(f"{file} is not on this machine.", severity="warning", timeout=6)
        return
    command = editor_command(file, line)
    if command is None:
        screen.notify(f"There is no editor {editor_name()}: set $EDITOR to one.", severity="warning", timeout=6)
        return
    try:
        with screen.app.suspend():
            code = run_editor(command)
    except SuspendNotSupported:
        screen.notify("An editor needs a terminal of its own, which a browser has not.", severity="warning", timeout=6)
        return
    except OSError as error:
        screen.notify(f"{command[0]} cannot be started: {error.strerror or error}.", severity="error", timeout=6)
        return
    screen.refresh(layout=True)
    if code:
        screen.notify(f"{Path(command[0]).name} ended with {code}.", severity="warning", timeout=4)
