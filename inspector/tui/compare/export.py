"""Hands a difference on: asks for a place, and writes the page in two columns there."""

from __future__ import annotations

from pathlib import Path

from inspector.bundle.diff_page import write_difference
from inspector.model.difference import CaptureDifference
from inspector.tui.screens.file_prompt import FilePrompt, WrittenFile, free_file

_ENDING = ".html"


class PagePrompt(FilePrompt):
    """Asks where to.

    Args:
        difference: what is written.
    """

    def __init__(self, difference: CaptureDifference) -> None:
        super().__init__("write the page to", free_page(difference), "one file for a browser · Enter writes")
        self._difference = difference

    def refused(self, place: Path) -> str:
        """A page is a file."""
        return f"A file, please: NAME{_ENDING}" if not self.text.strip() or place.is_dir() else ""

    def taken(self, place: Path) -> str:
        """Whatever is there."""
        return f"There is something at {place} already." if place.exists() else ""

    def write(self, place: Path, *, force: bool) -> WrittenFile:
        """The page."""
        write_difference(self._difference, place, force=force)
        return WrittenFile(f"{place.resolve()} opens in a browser")


def free_page(difference: CaptureDifference) -> Path:
    """Where nothing is yet: `llama-mlp-llama-mlp-dynamic.html`, with a number where that is taken."""
    titles = (difference.title_a, difference.title_b)
    names = [title.rstrip("/").rsplit("/", 1)[-1].removesuffix(".inspector") for title in titles]
    return free_file("-".join(names), _ENDING, "difference")
