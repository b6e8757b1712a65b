"""The first view: every compile id, as a tree by the user's code or as a flat table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspector.model.cache import had_all
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, GuardFailure, Warmth
from inspector.model.guard_words import CONDITION
from inspector.model.overview import Overview
from inspector.model.selection import SortKey, plain_words, selected
from inspector.model.stacks import StackNode
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import seconds
from inspector.tui.log.state import LogState, Options, Table
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState
from inspector.tui.words import place

CODE = "compiled code"
SORTS = {
    "": SortKey.STARTED,
    "time": SortKey.TIME,
    "breaks": SortKey.BREAKS,
    "recompiles": SortKey.RECOMPILES,
    "status": SortKey.STATUS,
    "cache": SortKey.CACHE,
    CODE: SortKey.FUNCTION,
}
"""What rows can be sorted by, by title; empty for the order in which they began."""
_LONGEST_ID = 18
_CALLERS = 4
"""Calls of a run that are named, besides its last."""

_STATUS = {
    CompileStatus.DONE: (StageState.DONE, "ok", Tone.GOOD),
    CompileStatus.FAILED: (StageState.FAILED, "failed", Tone.ERROR),
    CompileStatus.LIVE: (StageState.LIVE, "unfinished", Tone.WARNING),
    CompileStatus.EMPTY: (StageState.WAITING, "no graph", Tone.QUIET),
    CompileStatus.EXPORTED: (StageState.DONE, "exported", Tone.GOOD),
    CompileStatus.EAGER: (StageState.FAILED, "runs eager", Tone.WARNING),
    CompileStatus.REFUSED: (StageState.FAILED, "refused", Tone.WARNING),
    CompileStatus.UNKNOWN: (StageState.WAITING, "no end recorded", Tone.WARNING),
}
_WARMTH = {
    Warmth.COLD: Tone.TEXT,
    Warmth.WARM: Tone.TEXT,
    Warmth.CACHED: Tone.GOOD,
    Warmth.PARTLY: Tone.TEXT,
    Warmth.NONE: Tone.QUIET,
}


def table(state: LogState, options: Options) -> Table:
    """The rows, sorted and filtered."""
    overview = state.overview
    rows = selected(overview.rows, options.needle, SORTS[options.sort])
    columns = _columns(overview.rows)
    most = max((row.times.seconds for row in overview.rows), default=0.0)
    if options.flat:
        items = tuple(_row_item(row, 0, most) for row in rows)
    else:
        items = tuple(_Tree(overview, rows, most).items())
    if state.indexed and not options.needle:
        items = (*items, _outside())
    empty = "Nothing here matches. Esc shows everything again." if options.needle else "No compile id in this log yet."
    return Table(columns, items, empty, plain_words(options.needle))


def _columns(rows: Sequence[CompileRow]) -> tuple[Column, ...]:
    """The columns, without those that would be empty in every row."""
    longest = max([len(row.compile_id) for row in rows], default=3)
    unfinished = any(row.status in (CompileStatus.LIVE, CompileStatus.EMPTY) for row in rows)
    columns = (
        (Column(CODE, 44, grow=1), True),
        (Column("id", max(len(f"× {len(rows):,}"), min(longest, _LONGEST_ID))), True),
        (Column("status", 12 if unfinished else 8), True),
        (Column("time", 7, right=True), True),
        (Column("share", 10, rank=4), any(row.times.seconds for row in rows)),
        (Column("breaks", 6, right=True, rank=1), any(row.breaks for row in rows)),
        (Column("recompiles", 10, right=True, rank=3), any(row.recompiles for row in rows)),
        (Column("cache", max((len(row.cache) for row in rows), default=5), rank=2), any(row.caches for row in rows)),
        (Column("start", 6, rank=5), any(row.warmth is not Warmth.NONE for row in rows)),
        (Column("guard_count", 11, right=True, rank=7), any(row.guards is not None for row in rows)),
        (Column("operators", 9, right=True, rank=6), any(row.operators is not None for row in rows)),
    )
    return tuple(column if shown else replace(column, hidden=True) for column, shown in columns)


OUTSIDE = "outside"
"""Key of the row for what was logged outside any compile."""


def _outside() -> Item:
    return Item(
        OUTSIDE, (Cell("outside any compile", Tone.QUIET, after="exports, files, what no compile id owns"),), opens=True
    )


# --- one compile id -----------------------------------------------------------------------------------------


def status_cell(status: CompileStatus) -> Cell:
    """`✓ ok`, `✗ failed`, `◐ unfinished`, `· no graph`."""
    state, words, tone = _STATUS[status]
    return Cell(f"{glyphs().states[state]} {words}", tone)


def _row_item(row: CompileRow, depth: int, most: float, label: Cell | None = None) -> Item:
    spent = row.times.seconds
    return Item(
        row.compile_id,
        (
            label if label is not None else code_cell(row),
            Cell(row.compile_id, Tone.NAME),
            status_cell(row.status),
            Cell(seconds(spent) if spent else "", Tone.TEXT),
            Cell(share=spent / most if most else 0.0),
            _count(row.breaks),
            _count(row.recompiles),
            Cell(row.cache, Tone.WARNING if "bypass" in row.cache else Tone.GOOD if had_all(row.caches) else Tone.TEXT),
            Cell("" if row.warmth is Warmth.NONE else row.warmth.value, _WARMTH[row.warmth]),
            Cell(f"{row.guards:,}" if row.guards is not None else "", Tone.QUIET),
            Cell(f"{row.operators:,}" if row.operators is not None else "", Tone.QUIET),
        ),
        depth=depth,
        opens=True,
    )


def _count(number: int) -> Cell:
    return Cell(f"{number:,}", Tone.WARNING) if number else Cell()


def code_cell(row: CompileRow) -> Cell:
    """The function, and where it is defined."""
    where = place(row.place.file, row.place.line) if row.place is not None else ""
    return Cell(row.function or "(unnamed)", Tone.STRONG, after=where)


def reason_words(row: CompileRow) -> str:
    """Why this is compiled again, `size at index 0 of x: 2 → 3`; empty for a first compile."""
    if not row.failures:
        return ""
    first = row.failures[0]
    words = guard_words(first)
    if not first.expected:
        return words
    return f"{words}: {first.expected} → {first.actual}" if first.actual else f"{words} was {first.expected}"


def guard_words(failure: GuardFailure) -> str:
    """What is guarded, `size at index 1 of x`, else torch's own words."""
    if failure.what and failure.source and failure.what != CONDITION:
        return f"{failure.what} of {failure.source}"
    first = failure.text.splitlines()[0] if failure.text else ""
    return failure.what if failure.what and failure.what != CONDITION else first or "a guard"


# --- the tree -----------------------------------------------------------------------------------------------


class _Tree:
    """Rows by the stack of the user's calls; what holds nothing wanted is left out.

    A call path with one compile id is one row; one with several has a row of its own, with the sums, above theirs.
    """

    def __init__(self, overview: Overview, rows: Sequence[CompileRow], most: float) -> None:
        self._by_id = overview.by_id
        self._root = overview.stacks
        self._place = {row.compile_id: number for number, row in enumerate(rows)}
        """Compile ids that are wanted → their place in the order asked for."""
        self._most = most
        self._known: dict[int, list[CompileRow]] = {}

    def items(self) -> Iterator[Item]:
        """Every row, in order."""
        yield from self._below(self._root, 0)

    def _below(self, node: StackNode, depth: int) -> Iterator[Item]:
        children = [child for child in node.children if self._rows(child)]
        children.sort(key=lambda child: min(self._place[row.compile_id] for row in self._rows(child)))
        for child in children:
            yield from self._node(child, depth)

    def _node(self, node: StackNode, depth: int) -> Iterator[Item]:
        own = [self._by_id[item] for item in node.compile_ids if item in self._place]
        own.sort(key=lambda row: self._place[row.compile_id])
        if len(own) == 1:
            yield _row_item(own[0], depth, self._most, label=_frames_cell(node, own[0]))
            yield from self._below(node, depth + 1)
            return
        yield self._sums(node, depth)
        for row in own:
            words = reason_words(row)
            label = Cell("first compile", Tone.QUIET)
            if words:
                label = Cell(f"{'again' if glyphs().ascii else '↻'} {words}", Tone.WARNING)
            yield _row_item(row, depth + 1, self._most, label=label)
        yield from self._below(node, depth + 1)

    def _sums(self, node: StackNode, depth: int) -> Item:
        rows = self._rows(node)
        spent = sum(row.times.seconds for row in rows)
        failed = sum(row.status is CompileStatus.FAILED for row in rows)
        cells = (
            _frames_cell(node, self._by_id[node.compile_ids[0]] if node.compile_ids else None),
            Cell(f"× {len(rows):,}" if not glyphs().ascii else f"x {len(rows):,}", Tone.QUIET),
            Cell(f"{failed} failed", Tone.ERROR) if failed else Cell(),
            Cell(seconds(spent) if spent else "", Tone.QUIET),
            Cell(),
            _count(sum(row.breaks for row in rows)),
            _count(sum(row.recompiles > 0 and row.compiled for row in rows)),
        )
        key = "/".join(f"{frame.file}:{frame.line}:{frame.function}" for frame in node.frames)
        return Item(f"stack {depth} {key} {rows[0].compile_id}", cells, depth=depth)

    def _rows(self, node: StackNode) -> list[CompileRow]:
        """What is wanted here and below; the nodes stay as long as this tree does, so their identity is a key."""
        known = self._known.get(id(node))
        if known is None:
            known = [self._by_id[item] for item in node.compile_ids if item in self._place]
            known += [row for child in node.children for row in self._rows(child)]
            self._known[id(node)] = known
        return known


def _frames_cell(node: StackNode, row: CompileRow | None) -> Cell:
    """The last call of a run, its place, and the calls before it: `forward  model.py:33  ‹ step ‹ main`."""
    if not node.frames:
        return code_cell(row) if row is not None else Cell("(no stack)", Tone.QUIET)
    last = node.frames[-1]
    before = [f"{glyphs().left} {frame.function or place(frame.file)}" for frame in reversed(node.frames[:-1])]
    words = "  ".join(filter(None, (place(last.file, last.line), last.code.strip(), " ".join(before[:_CALLERS]))))
    return Cell(last.function or place(last.file), Tone.STRONG if row is not None else Tone.TEXT, after=words)
