"""Kernels' texts that a person edits: in their editor, kept in a file, written anew by the compiler."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.screen import Screen

from inspector.errors import InspectorError
from inspector.model.artifact import Artifact
from inspector.tui.desk import beside
from inspector.tui.desk.effects import KeepText, OpenText, Rewrite
from inspector.tui.desk.intents import Intent
from inspector.tui.task import Tasks


def carry_out(
    screen: Screen[Any], tasks: Tasks, turn: Callable[[Intent], object], effect: OpenText | KeepText | Rewrite
) -> None:
    """Does one of these things."""
    match effect:
        case OpenText():
            _open(screen, turn, effect)
        case KeepText(kernel, text):
            _keep(screen, kernel, text)
        case Rewrite(request, kernel, setting, value):
            work = partial(beside.rewritten, request, kernel, setting, value)
            tasks.run("rewritten", work, doing="had the kernel written anew")


def _open(screen: Screen[Any], turn: Callable[[Intent], object], wanted: OpenText) -> None:
    """The person's editor on a file of its own, which is there as long as it is open."""
    from inspector.tui import editor
    from inspector.tui.guests import FOR_GUESTS, guest
    from inspector.work.edit_files import read_text, write_text

    if guest():
        screen.notify(FOR_GUESTS, severity="warning", timeout=5)
        return
    try:
        path = write_text(wanted.kernel, wanted.text)
        editor.edit(screen, str(path), wanted.line)
        made = read_text(path)
        path.unlink(missing_ok=True)
    except InspectorError as error:
        screen.notify(str(error), severity="error", timeout=8)
        return
    if made.strip("\n") == wanted.text.strip("\n"):
        screen.notify("Nothing was changed.", timeout=3)
    else:
        screen.call_later(turn, wanted.then(made))


def _keep(screen: Screen[Any], kernel: Artifact, text: str) -> None:
    from inspector.work.edit_files import write_text

    try:
        words = f"The edited text is in {write_text(kernel, text)}; Ctrl+R compiles again."
    except InspectorError as error:
        words = str(error)
    screen.notify(words, severity="warning", timeout=15)
