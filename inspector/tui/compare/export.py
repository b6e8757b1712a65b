"""Hands a difference on: asks for a place, and writes the page in two columns there."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from textual.app import App

from inspector.bundle.diff_page import write_difference
from inspector.errors import InspectorError
from inspector.model.difference import CaptureDifference
from inspector.paths import free_path, typed_path
from inspector.tui.saving import FOR_GUESTS, guest
from inspector.tui.screens.prompts import Prompt

_ENDING = ".html"
_LONGEST = 80
"""Characters of a name that is made from what is compared."""


class PagePrompt(Prompt):
    """Asks where to; a file that is there already is replaced by a second enter.

    Args:
        difference: what is written.
    """

    def __init__(self, difference: CaptureDifference) -> None:
        super().__init__("write the page to", "one file for a browser · Enter writes", str(free_page(difference)))
        self._difference = difference
        self._replace: Path | None = None
        """The file that a second enter replaces."""

    def answer(self) -> None:
        """Writes there, or says why that cannot be."""
        if guest():
            self.note(FOR_GUESTS)
            return
        text = self.text.strip()
        try:
            place = typed_path(text)
        except InspectorError as error:
            self.note(error.message)
            return
        if not text or place.is_dir():
            self.note(f"A file, please: NAME{_ENDING}")
        elif place.exists() and place != self._replace:
            self._replace = place
            self.note(f"There is something at {place} already. Enter again replaces it.")
        else:
            self.dismiss()
            self.app.run_worker(
                partial(_write, self.app, self._difference, place, force=place.exists()), thread=True, group="export"
            )


def free_page(difference: CaptureDifference) -> Path:
    """Where nothing is yet: `llama-mlp-llama-mlp-dynamic.html`, with a number where that is taken."""
    titles = (difference.title_a, difference.title_b)
    names = [title.rstrip("/").rsplit("/", 1)[-1].removesuffix(".inspector") for title in titles]
    clean = re.sub(r"[^A-Za-z0-9._]+", "-", "-".join(names))[:_LONGEST].strip("-.") or "difference"
    return free_path(Path(), clean, _ENDING)


def _write(app: App[int], difference: CaptureDifference, place: Path, *, force: bool) -> None:
    """On a thread of its own; a toast says how it ended."""
    try:
        write_difference(difference, place, force=force)
    except InspectorError as error:
        app.call_from_thread(app.notify, f"{error.message} {error.hint}".strip(), severity="error", timeout=8)
        return
    app.call_from_thread(app.notify, f"{place.resolve()} opens in a browser", title="Written", timeout=8)
