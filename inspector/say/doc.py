"""A description as plain data: rows of words under headings, how each is meant and where it leads.

`say` turns facts of the model into sections; a face draws sections and words nothing itself. It chooses which, in what
order, which are folded and how many rows there is room for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from itertools import dropwhile
from typing import NamedTuple, overload

from inspector.model.frame import Frame
from inspector.model.text_difference import Change

OURS = re.compile(r"(?:^|[\\/])(?:inspector[\\/]worker[\\/].*|runpy\.py)$|^<frozen runpy>$")
"""Files whose calls only lead to the person's code: the worker's own, and `runpy`'s."""


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


@dataclass(frozen=True)
class Show:
    """What a verb of the command line shows; a face with panels has one for it."""

    verb: str
    """`recompiles`, `profile`…"""
    compile_id: str = ""


Place = Line | Compile | Show


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
    change: Change | None = None
    """Of a difference: what became of what it is about; its sign, and its tone."""
    point: tuple[float, float, float] | None = None
    """A ratio and the ends of its interval, for a face that can draw them."""


class Values(NamedTuple):
    """One row of a table: a name and what each column holds."""

    name: str
    values: tuple[str, ...]
    depth: int = 0
    weight: float = 0.0
    """Where not all are shown, the heaviest are."""


@dataclass(frozen=True)
class Section:
    """A heading, and rows, a table, or both."""

    name: str
    """Stable: a face finds, folds and orders sections by it."""
    title: str
    count: int | None = None
    """Of what the title names; None where counting makes no sense."""
    rows: tuple[Row, ...] = ()
    empty: str = ""
    """What is said where there is nothing."""
    alarming: bool = False
    """Whether what stands in it deserves the reader's eye."""
    table: tuple[Values, ...] = ()
    columns: tuple[str, ...] = ()
    """Titles of the table's values."""
    note: str = ""
    """How to read it."""

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


class LateCells(Sequence[Cell]):
    """Cells that are made when somebody looks at them: of ten thousand rows a screen shows fifty.

    Args:
        make: makes them.
        of: what they are made of; cells that are made of the same in the same way are the same.
    """

    def __init__(self, make: Callable[..., tuple[Cell, ...]], *of: object) -> None:
        self._made_of = (make, of)

    @cached_property
    def _cells(self) -> tuple[Cell, ...]:
        make, of = self._made_of
        return make(*of)

    @overload
    def __getitem__(self, index: int) -> Cell: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Cell, ...]: ...

    def __getitem__(self, index: int | slice) -> Cell | tuple[Cell, ...]:
        return self._cells[index]

    def __len__(self) -> int:
        return len(self._cells)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LateCells) and self._made_of == other._made_of

    def __hash__(self) -> int:
        return hash(self._cells)


@dataclass(frozen=True)
class Item:
    """One row of a table."""

    key: str
    """Unique in its table."""
    cells: Sequence[Cell]
    depth: int = 0
    opens: bool = False
    """Whether choosing it leads somewhere; else it only folds."""


def capitalised(words: str) -> str:
    """Words that begin a sentence."""
    return words[:1].upper() + words[1:]


def sentence(words: str) -> str:
    """Words that begin or end a sentence as one by themselves; none stay none."""
    return f"{capitalised(words)}." if words else ""


def frame_rows(stack: Sequence[Frame]) -> Iterator[Row]:
    """The user's calls, the innermost first, each with its line; not those of ours that only led to them."""
    own = tuple(dropwhile(lambda frame: OURS.search(frame.file), stack)) or stack
    for frame in reversed(own):
        name = f" in {frame.function}" if frame.function else ""
        yield Row(f"{frame.file}:{frame.line}{name}", Tone.QUIET, 1, to=Line(frame.file, frame.line))
        if frame.code:
            yield Row(frame.code.strip(), Tone.CODE, 2)


def below(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows as what belongs to the row before them."""
    return (replace(row, depth=row.depth + 1) for row in rows)
