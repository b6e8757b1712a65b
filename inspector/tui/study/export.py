"""Writes the report that is on screen: asks for a place, whose ending says the format."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.widgets import Input

from inspector.errors import InspectorError
from inspector.paths import free_path, typed_path
from inspector.study.document import Report
from inspector.study.written import ENDINGS, rendered, write_text
from inspector.tui.saving import FOR_GUESTS, guest
from inspector.tui.screens.prompts import Prompt
from inspector.tui.task import internal_error

if TYPE_CHECKING:
    from textual.app import App

_OTHER = {"html": ".md", "markdown": ".html"}


class ReportPrompt(Prompt):
    """Asks where to; a file that is there already is replaced by a second enter.

    Args:
        report: what is written.
        name: of the study.
    """

    def __init__(self, report: Report, name: str) -> None:
        super().__init__("report to", "", str(_free(name)), {"ctrl+r": self.other_format})
        self._report = report
        self._replace: Path | None = None
        """The file that a second enter replaces."""

    def on_mount(self) -> None:
        """Says what an ending means."""
        self.note("Enter writes · Ctrl+R .md or .html · also .txt .csv .json")

    def other_format(self) -> None:
        """HTML with figures, or Markdown."""
        path = Path(self.text.strip() or "report.html")
        field = self.query_one(Input)
        field.value = str(path.with_suffix(_OTHER.get(ENDINGS.get(path.suffix, ""), ".html")))
        field.cursor_position = len(field.value)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._replace = None

    def answer(self) -> None:
        """Writes there, or says why that cannot be."""
        try:
            path = typed_path(self.text.strip())
        except InspectorError as error:
            self.note(error.message)
            return
        if guest():
            self.note(FOR_GUESTS)
        elif path.suffix not in ENDINGS:
            self.note(f"A file, please, ending in one of {' '.join(sorted(ENDINGS))}")
        elif path.exists() and path != self._replace:
            self._replace = path
            self.note(f"{path} is there already. Enter again replaces it.")
        else:
            self.dismiss()
            self.app.notify(f"Writing {path}…", timeout=2)
            work = partial(_write, self.app, self._report, path, force=path == self._replace)
            self.app.run_worker(work, thread=True, group="export")


def _free(name: str) -> Path:
    """Where nothing is yet: `study-spot.html`, with a number where that is taken."""
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:80].strip("-.") or "study"
    return free_path(Path(), clean, ".html")


def _write(app: App[int], report: Report, path: Path, *, force: bool) -> None:
    """On a thread of its own: figures take a second. A toast says how it ended."""
    failed: InspectorError | None = None
    try:
        write_text(path, rendered(ENDINGS[path.suffix], report), force=force)
    except InspectorError as error:
        failed = error
    except Exception as error:  # noqa: BLE001 (results that nobody has met before must not end the whole app)
        failed = internal_error(error, "wrote the report")
    if failed is not None:
        app.call_from_thread(app.notify, f"{failed.message} {failed.hint}".strip(), severity="error", timeout=8)
        return
    app.call_from_thread(app.notify, f"{path.resolve()}", title="Written", timeout=8)
