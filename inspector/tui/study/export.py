"""Writes the report that is on screen: asks for a place, whose ending says the format."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from inspector.study.document import Report
from inspector.study.written import ENDINGS, rendered, write_text
from inspector.tui.screens.file_prompt import FilePrompt, WrittenFile, free_file

_OTHER = {"html": ".md", "markdown": ".html"}


class ReportPrompt(FilePrompt):
    """Asks where to.

    Args:
        report: what is written.
        name: of the study.
    """

    def __init__(self, report: Report, name: str) -> None:
        super().__init__("report to", free_file(name, ".html", "study"), keys={"f3": self.other_format})
        self._report = report

    def on_mount(self) -> None:
        """Says what an ending means."""
        self.note("Enter writes · F3 .md or .html · also .txt .csv .json")

    def other_format(self) -> None:
        """HTML with figures, or Markdown."""
        path = Path(self.text.strip() or "report.html")
        field = self.query_one(Input)
        field.value = str(path.with_suffix(_OTHER.get(ENDINGS.get(path.suffix, ""), ".html")))
        field.cursor_position = len(field.value)

    def refused(self, place: Path) -> str:
        """The ending has to say a format."""
        return "" if place.suffix in ENDINGS else f"A file, please, ending in one of {' '.join(sorted(ENDINGS))}"

    def write(self, place: Path, *, force: bool) -> WrittenFile:
        """The report; figures take a second."""
        write_text(place, rendered(ENDINGS[place.suffix], self._report), force=force)
        return WrittenFile(str(place.resolve()))
