"""Rows under headings, as the details show them: plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inspector.model.frame import Frame
from inspector.tui.widgets.tones import Tone


@dataclass(frozen=True)
class Row:
    """One row before wrapping."""

    text: str
    tone: Tone = Tone.TEXT
    indent: int = 0
    label: str = ""
    """Stands before the text, quietly, in a column of its own."""
    place: tuple[str, int] | None = None
    """File and 1-based line to go to."""
    compile_id: str | None = None
    """Compile id to go to."""
    markdown: bool = False
    """Whether the text is a note's Markdown, which is shown as what it means."""


@dataclass(frozen=True)
class Section:
    """A heading and its rows."""

    name: str
    title: str
    count: int | None
    """Shown after the title; None where counting makes no sense."""
    rows: tuple[Row, ...]
    empty: str
    """What to say where there is nothing."""
    alarming: bool = False
    """Whether a count above 0 deserves the reader's eye."""


def frame_rows(stack: Sequence[Frame]) -> Iterator[Row]:
    """The user's calls, the innermost first, each with its line."""
    for frame in reversed(stack):
        name = f" in {frame.function}" if frame.function else ""
        yield Row(f"{frame.file}:{frame.line}{name}", Tone.QUIET, 2, place=(frame.file, frame.line))
        if frame.code:
            yield Row(frame.code.strip(), Tone.CODE, 4)
