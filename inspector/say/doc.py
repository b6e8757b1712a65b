"""A description as plain data: rows of words under headings, how each is meant and where it leads.

`say` turns facts of the model into sections; a face draws sections and words nothing itself. It chooses which, in what
order, which are folded and how many rows there is room for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from inspector.model.frame import Frame


class Tone(Enum):
    """How words are meant; each face has a colour or a mark for it."""

    TEXT = "text"
    QUIET = "quiet"
    STRONG = "strong"
    CODE = "code"
    NAME = "name"
    """What a person chooses by: a compile id."""
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Line:
    """A line of a file of the user's, on the machine that compiled."""

    file: str
    line: int
    """1-based."""


@dataclass(frozen=True)
class Compile:
    """A compile id."""

    compile_id: str


Place = Line | Compile


@dataclass(frozen=True)
class Row:
    """One statement, before wrapping."""

    text: str
    tone: Tone = Tone.TEXT
    depth: int = 0
    """0 for what belongs to the section, 1 for what belongs to the row before, and so on."""
    label: str = ""
    """What it is about, in a word or two: stands before the text, quietly, in a column of its own."""
    to: Place | None = None
    """Where choosing it leads."""
    markdown: bool = False
    """Whether the text is a note's Markdown, which is shown as what it means."""


@dataclass(frozen=True)
class Section:
    """A heading and its rows."""

    name: str
    """Stable: a face finds, folds and orders sections by it."""
    title: str
    count: int | None
    """Of what the title names; None where counting makes no sense."""
    rows: tuple[Row, ...]
    empty: str
    """What is said where there is nothing."""
    alarming: bool = False
    """Whether what stands in it deserves the reader's eye."""

    def first(self, most: int, where: str = "") -> Section:
        """At most so many rows, with what was left out counted, and `where` it is."""
        more = len(self.rows) - most
        if more <= 0:
            return self
        rest = Row(f"… {more:,} more row{'' if more == 1 else 's'}{where}", Tone.QUIET)
        return replace(self, rows=(*self.rows[:most], rest))


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    width: int
    """Cells it needs at least."""
    grow: int = 0
    """Its share of the cells that are left; 0 for none."""
    right: bool = False
    """Whether its cells end at the same place rather than begin there."""
    rank: int = 0
    """Where there is little room, the highest rank goes first; 0 stays."""
    hidden: bool = False
    """Whether it is left out although there is room: no row has anything in it."""


@dataclass(frozen=True)
class Cell:
    """What one row has in one column."""

    text: str = ""
    tone: Tone = Tone.TEXT
    share: float | None = None
    """0 to 1: drawn as a bar, with the text after it."""
    after: str = ""
    """More words after the text, quietly."""


@dataclass(frozen=True)
class Item:
    """One row of a table."""

    key: str
    """Unique in its table."""
    cells: tuple[Cell, ...]
    depth: int = 0
    opens: bool = False
    """Whether choosing it leads somewhere; else it only folds."""


def sentence(words: str) -> str:
    """Words that begin or end a sentence as one by themselves; none stay none."""
    return f"{words[0].upper()}{words[1:]}." if words else ""


def frame_rows(stack: Sequence[Frame]) -> Iterator[Row]:
    """The user's calls, the innermost first, each with its line."""
    for frame in reversed(stack):
        name = f" in {frame.function}" if frame.function else ""
        yield Row(f"{frame.file}:{frame.line}{name}", Tone.QUIET, 1, to=Line(frame.file, frame.line))
        if frame.code:
            yield Row(frame.code.strip(), Tone.CODE, 2)


def below(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows as what belongs to the row before them."""
    return (replace(row, depth=row.depth + 1) for row in rows)
