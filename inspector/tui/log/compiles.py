"""The first view: every compile id, as a tree by the user's code or as a flat table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.overview import Overview
from inspector.model.selection import SortKey, plain_words, selected
from inspector.model.stacks import StackNode
from inspector.say.compiles import CODE, STATUS, cells, columns, count_cell, function_cell, reason_words
from inspector.say.doc import Cell, Item, LateCells, Tone
from inspector.say.names import place
from inspector.say.none import NO_COMPILES
from inspector.say.units import sum_cell
from inspector.tui.log.parts import LogState, Options, ViewRows
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState

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
_CALLERS = 4
"""Calls of a run that are named, besides its last."""

_STATES = {
    CompileStatus.DONE: StageState.DONE,
    CompileStatus.EXPORTED: StageState.DONE,
    CompileStatus.LIVE: StageState.LIVE,
    CompileStatus.EMPTY: StageState.WAITING,
    CompileStatus.UNKNOWN: StageState.WAITING,
}
"""Status → what its mark is one for; any other is a failure's."""


def table(state: LogState, options: Options) -> ViewRows:
    """The rows, sorted and filtered."""
    overview = state.overview
    rows = selected(overview.rows, options.needle, SORTS[options.sort])
    shown = columns(overview.rows)
    most = max((row.times.seconds for row in overview.rows), default=0.0)
    if options.flat:
        items = tuple(_row_item(row, 0, most) for row in rows)
    else:
        items = tuple(_Tree(overview, rows, most).items())
    if state.indexed and not options.needle:
        items = (*items, _outside())
    empty = NO_COMPILES if state.indexed else "No compile id in this log yet."
    if options.needle:
        empty = "Nothing here matches. Esc shows everything again."
    return ViewRows(shown, items, empty, plain_words(options.needle))


OUTSIDE = "outside"
"""Key of the row for what was logged outside any compile."""


def _outside() -> Item:
    return Item(
        OUTSIDE, (Cell("outside any compile", Tone.QUIET, after="exports, files, what no compile id owns"),), opens=True
    )


# --- one compile id -----------------------------------------------------------------------------------------


def status_cell(status: CompileStatus) -> Cell:
    """`✓ done`, `✗ failed`, `◐ unfinished`, `· no graph`."""
    words, tone = STATUS[status]
    return Cell(f"{glyphs().states[_STATES.get(status, StageState.FAILED)]} {words}", tone)


def _row_item(
    row: CompileRow, depth: int, most: float, label: Callable[..., Cell] = function_cell, *of: object
) -> Item:
    """A compile id's row; `label` makes its first cell of `of`, without which of the row."""
    return Item(row.compile_id, LateCells(_cells, row, most, label, *(of or (row,))), depth=depth, opens=True)


def _cells(row: CompileRow, most: float, label: Callable[..., Cell], *of: object) -> tuple[Cell, ...]:
    code, compile_id, _, *others = cells(row, most, label(*of))
    return code, compile_id, status_cell(row.status), *others


def _again_cell(row: CompileRow) -> Cell:
    """Of one of several compiles of a function: why it was compiled."""
    words = reason_words(row)
    return Cell(f"↻ {words}", Tone.WARNING) if words else Cell("first compile", Tone.QUIET)


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
            yield _row_item(own[0], depth, self._most, _frames_cell, node, own[0])
            yield from self._below(node, depth + 1)
            return
        yield self._sums(node, depth)
        for row in own:
            yield _row_item(row, depth + 1, self._most, _again_cell)
        yield from self._below(node, depth + 1)

    def _sums(self, node: StackNode, depth: int) -> Item:
        rows = self._rows(node)
        spent = sum_cell(sum(row.times.seconds for row in rows), sum(row.untimed for row in rows))
        failed = sum(row.status is CompileStatus.FAILED for row in rows)
        cells = (
            _frames_cell(node, self._by_id[node.compile_ids[0]] if node.compile_ids else None),
            Cell(f"× {len(rows):,}", Tone.QUIET),
            Cell(f"{failed} failed", Tone.ERROR) if failed else Cell(),
            Cell(spent, Tone.QUIET),
            Cell(),
            count_cell(sum(row.breaks for row in rows)),
            count_cell(sum(row.recompiles > 0 and row.compiled for row in rows)),
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
        return function_cell(row) if row is not None else Cell("(no stack)", Tone.QUIET)
    last = node.frames[-1]
    before = [f"{glyphs().left} {frame.function or place(frame.file)}" for frame in reversed(node.frames[:-1])]
    words = "  ".join(filter(None, (place(last.file, last.line), last.code.strip(), " ".join(before[:_CALLERS]))))
    return Cell(last.function or place(last.file), Tone.STRONG if row is not None else Tone.TEXT, after=words)
