"""Hands a capture on: asks for a place, and writes the bundle with its page there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from inspector.bundle.export import Wanted, export, free_place
from inspector.bundle.layout import PAGE, ZIP_ENDING
from inspector.bundle.writer import check_destination
from inspector.errors import InspectorError
from inspector.model.capture import Capture
from inspector.tui.screens.file_prompt import FilePrompt, WrittenFile


class ExportPrompt(FilePrompt):
    """Asks where to.

    Args:
        name: what to call the bundle.
        capture: makes what is written; called on another thread.
        what: what is written, in words.
        written: what to do once it is there, with nothing left out.
    """

    def __init__(
        self, name: str, capture: Callable[[], Capture], what: str, written: Callable[[], None] | None = None
    ) -> None:
        super().__init__(f"export {what} to", free_place(name), keys={"f3": self.toggle_redact})
        self._capture = capture
        self._written = written
        self._redact = False

    def on_mount(self) -> None:
        """Says which keys there are."""
        redacted = "without sources, paths and names (F3)" if self._redact else "F3 redacts"
        self.note(f"{redacted} · a folder, or NAME{ZIP_ENDING} · Enter writes")

    def toggle_redact(self) -> None:
        """Leaves out sources, paths and names, or does not."""
        self._redact = not self._redact
        self.on_mount()

    def refused(self, place: Path) -> str:
        """What is no bundle is never replaced."""
        if not self.text.strip():
            return f"A place, please: a folder, or NAME{ZIP_ENDING}"
        check_destination(place, force=True)
        return ""

    def taken(self, place: Path) -> str:
        """A bundle that is there."""
        try:
            check_destination(place, force=False)
        except InspectorError as error:
            return error.message
        return ""

    def write(self, place: Path, *, force: bool) -> WrittenFile:
        """The bundle."""
        export(self._capture(), place, Wanted(redact=self._redact), force=force)
        found = place.resolve()
        words = f"{found}, with {PAGE} in it" if place.suffix == ZIP_ENDING else f"{found}; {PAGE} opens in a browser"
        return WrittenFile(words, "Exported", None if self._redact else self._written)
