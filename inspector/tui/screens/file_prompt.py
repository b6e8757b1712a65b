"""One row at the bottom that asks where to write something. What is there already is replaced by a second enter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from textual import on
from textual.message import Message
from textual.widgets import Input

from inspector.errors import InspectorError
from inspector.paths import free_path, typed_path
from inspector.tui.guests import FOR_GUESTS, guest
from inspector.tui.screens.prompts import Prompt

_LONGEST = 80
"""Characters of a name that is made from what is written."""


@dataclass(frozen=True)
class WrittenFile:
    """What was written, in words."""

    words: str
    title: str = "WrittenFile"
    then: Callable[[], None] | None = None
    """What to do now, on the app's thread."""


class FilePrompt(Prompt):
    """Asks for a place, and has it written to.

    Args:
        label: stands before the field.
        value: what stands in the field at first.
        note: stands after it.
        keys: further keys of the field, and what they do.
    """

    class Accepted(Message, bubble=False):
        """Something is to be written, on another thread."""

        def __init__(self, work: Callable[[], WrittenFile]) -> None:
            super().__init__()
            self.work = work

    def __init__(
        self, label: str, value: Path, note: str = "", keys: Mapping[str, Callable[[], object]] | None = None
    ) -> None:
        super().__init__(label, note, str(value), keys)
        self._replace: Path | None = None
        """What a second enter replaces."""

    @on(Input.Changed)
    def _changed(self) -> None:
        self._replace = None

    def refused(self, place: Path) -> str:
        """Why nothing can be written there at all; empty where it can."""
        raise NotImplementedError

    def taken(self, place: Path) -> str:
        """What is there already; empty for nothing."""
        return f"{place} is there already." if place.exists() else ""

    def write(self, place: Path, *, force: bool) -> WrittenFile:
        """Writes, on another thread; may raise an InspectorError."""
        raise NotImplementedError

    def answer(self) -> None:
        """Has it written, or says why that cannot be."""
        if guest():
            self.note(FOR_GUESTS)
            return
        try:
            place = typed_path(self.text.strip())
            refused = self.refused(place)
        except InspectorError as error:
            refused = error.message
        if refused:
            self.note(refused)
            return
        force = place == self._replace
        if not force and (taken := self.taken(place)):
            self._replace = place
            self.note(f"{taken} Enter again replaces it.")
            return
        self.dismiss()
        self.app.notify(f"Writing {place}…", timeout=2)
        self.app.post_message(self.Accepted(partial(self.write, place, force=force)))


def free_file(name: str, ending: str, otherwise: str) -> Path:
    """Where nothing is yet: `study-spot.html`, with a number where that is taken; `otherwise` for no name."""
    clean = re.sub(r"[^A-Za-z0-9._]+", "-", name)[:_LONGEST].strip("-.") or otherwise
    return free_path(Path(), clean, ending)
