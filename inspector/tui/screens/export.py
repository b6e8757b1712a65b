"""Hands what is on screen on: asks for a place, and writes the bundle with its page there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.widgets import Input

from inspector.bundle.export import Wanted, export, free_place
from inspector.bundle.layout import PAGE, ZIP_ENDING
from inspector.bundle.writer import check_destination
from inspector.errors import InspectorError
from inspector.paths import typed_path
from inspector.tui.saving import FOR_GUESTS, annotated, guest, kept
from inspector.tui.screens.prompts import Prompt
from inspector.tui.task import internal_error

if TYPE_CHECKING:
    from textual.app import App

    from inspector.model.capture import Capture
    from inspector.tui.log.screen import LogScreen
    from inspector.tui.main import MainScreen


class ExportPrompt(Prompt):
    """Asks where to; a bundle that is there already is replaced by a second enter.

    Args:
        name: what to call the bundle.
        capture: makes what is written; called on another thread.
        what: what is written, in words.
        written: what to do once it is there, with nothing left out.
    """

    def __init__(
        self, name: str, capture: Callable[[], Capture], what: str, written: Callable[[], None] | None = None
    ) -> None:
        place = free_place(name)
        super().__init__(f"export {what} to", "", str(place), {"ctrl+r": self.toggle_redact})
        self._capture = capture
        self._written = written
        self._redact = False
        self._replace: Path | None = None
        """The bundle that a second enter replaces."""

    def on_mount(self) -> None:
        """Says which keys there are."""
        self._tell()

    def _tell(self) -> None:
        redacted = "without sources, paths and names (Ctrl+R)" if self._redact else "Ctrl+R redacts"
        self.note(f"{redacted} · a folder, or NAME{ZIP_ENDING} · Enter writes")

    def toggle_redact(self) -> None:
        """Leaves out sources, paths and names, or does not."""
        self._redact = not self._redact
        self._tell()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._replace = None

    def answer(self) -> None:
        """Writes there, or says why that cannot be."""
        if guest():
            self.note(FOR_GUESTS)
            return
        text = self.text.strip()
        if not text:
            self.note(f"A place, please: a folder, or NAME{ZIP_ENDING}")
            return
        try:
            place = typed_path(text)
            check_destination(place, force=True)  # what is no bundle is never replaced
        except InspectorError as error:
            self.note(error.message)
            return
        force = place == self._replace
        try:
            check_destination(place, force=force)
        except InspectorError as error:
            self._replace = place
            self.note(f"{error.message} Enter again replaces it.")
            return
        self.dismiss()
        self.app.notify(f"Writing {place}…", timeout=2)
        wanted = Wanted(redact=self._redact)
        written = None if self._redact else self._written
        work = partial(_write, self.app, self._capture, place, wanted, written, force=force)
        self.app.run_worker(work, thread=True, group="export")


def _write(
    app: App[int],
    capture: Callable[[], Capture],
    place: Path,
    wanted: Wanted,
    written: Callable[[], None] | None,
    *,
    force: bool,
) -> None:
    """On a thread of its own; a toast says how it ended."""
    try:
        export(capture(), place, wanted, force=force)
        failed = None
    except InspectorError as error:
        failed = error
    except Exception as error:  # noqa: BLE001 (a text that nobody has met before must not end the whole app)
        failed = internal_error(error, "wrote the bundle")
    if failed is not None:
        app.call_from_thread(app.notify, f"{failed.message} {failed.hint}".strip(), severity="error", timeout=8)
        return
    found = place.resolve()
    words = f"{found}, with {PAGE} in it" if place.suffix == ZIP_ENDING else f"{found}; {PAGE} opens in a browser"
    app.call_from_thread(app.notify, words, title="Exported", timeout=8)
    if written is not None:
        app.call_from_thread(written)


def export_shown(main: MainScreen) -> None:
    """Asks where to write the capture that the main screen shows."""
    capture = annotated(main.session.capture, main.notebook)
    if not capture.artifacts:
        main.notify("There is nothing to export yet.", timeout=3)
        return
    name = main.session.title
    if main.log_screen is not None and main.session.compile_id is not None:
        name = f"{name.removesuffix('.log')}-{main.session.compile_id}"
    what = name if main.log_screen is None else str(main.session.compile_id)
    main.push(ExportPrompt(name, lambda: capture, what, kept(main.notebook, capture)))


def export_noted(screen: MainScreen | LogScreen, capture: Capture, written: Callable[[], None]) -> None:
    """Asks where to write a capture for its notes' sake."""
    from inspector.tui.main import MainScreen

    name = screen.session.title if isinstance(screen, MainScreen) else screen.heading
    screen.push(ExportPrompt(name, lambda: capture, "with the notes", written))


def export_row(screen: LogScreen) -> None:
    """Asks where to write the compile id under the cursor; the whole log where there is none."""
    compile_id = screen.views.compile_id(screen.outline.current)
    log, notebook = screen.source.log, screen.notebook
    if not screen.views.state.indexed:
        screen.notify("The log is still being read.", timeout=3)
    elif compile_id is None:
        screen.push(ExportPrompt(screen.heading, lambda: annotated(log.capture(), notebook), "the whole log"))
    else:
        name = f"{screen.heading.removesuffix('.log')}-{compile_id}"
        screen.push(ExportPrompt(name, lambda: annotated(log.capture((compile_id,)), notebook), compile_id))
