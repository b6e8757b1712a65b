"""An overview in lines: its sums, and its compile ids as a tree of user code or as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.cli.paths import where_is
from inspector.cli.printable import one_line
from inspector.cli.tables import PaddedCell, table
from inspector.cli.terminal import Style
from inspector.model.capture import CompileStatus, Frame
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.overview import Overview
from inspector.model.stacks import StackNode
from inspector.say.compiles import STATUS, failure_words, totals_rows
from inspector.say.eager import eager_words
from inspector.say.units import plural, seconds

_MOST = 240
"""Signs of a remark: torch's words may be pages long, and --json has all of them."""
_ALARMING = (CompileStatus.FAILED, CompileStatus.EAGER, CompileStatus.REFUSED)


def heading(title: str, overview: Overview, rows: Sequence[CompileRow], style: Style) -> Iterator[str]:
    """What it is, and the sums over some of its rows."""
    made_with = ", ".join(f"{name} {overview.environment[name]}" for name in ("torch",) if name in overview.environment)
    yield style.bold(title) + (style.dim(f"  {made_with}") if made_with else "")
    totals = overview.totals_of(tuple(rows))
    read = f"; {plural(overview.files, 'log')} read" if overview.logs else ""
    yield f"  {', '.join(style.toned(row.tone)(row.text) for row in totals_rows(totals))}{read}"
    if len(overview.processes) > 1:
        processes = plural(len(overview.processes), "process", "processes")
        yield f"  {processes}; the compile ids of {one_line(overview.process_name(''))} have no name in front"
    if overview.environment.get("cache") in ("kept", "cold"):
        yield "  torch's caches of generated code were not asked: `--warm` lets them answer"
    for item in overview.endings:
        if item.error:
            at = f", at {_frame(item.place)}" if item.place is not None else ""
            yield f"  {style.bad('the program ended with')} {one_line(item.error)[:_MOST]}{at}"
    if overview.bad:
        yield f"  {style.warn(plural(overview.bad, 'damaged record'))} of {overview.records:,}"


def flat(rows: Sequence[CompileRow], style: Style) -> Iterator[str]:
    """One line for each compile id."""
    yield from table(
        _HEAD, [[*_cells(row, style), PaddedCell(_named(row)), PaddedCell(_remark(row))] for row in rows], style.dim
    )


def tree(overview: Overview, rows: Sequence[CompileRow], style: Style) -> Iterator[str]:
    """The compile ids below the user code that led to them; calls that lead to none of `rows` are left out."""
    from inspector.model.stacks import stack_trie

    by_id = {row.compile_id: row for row in rows}
    root = overview.stacks if len(rows) == len(overview.rows) else stack_trie(rows)
    lines = [line for child in root.children for line in _below(child, by_id, style, 0)]
    yield from table(_HEAD, lines, style.dim)


_HEAD = ("id", "status", ">time", "cache", "start", ">breaks", "code", "")
_BLANK = (PaddedCell(), PaddedCell(), PaddedCell(), PaddedCell(), PaddedCell(), PaddedCell())


def _below(node: StackNode, by_id: dict[str, CompileRow], style: Style, depth: int) -> Iterator[list[PaddedCell]]:
    """The rows of a node: a line for a call that several things hang on, one for each compile id."""
    rows = [by_id[item] for item in node.compile_ids if item in by_id]
    inner = depth
    for call in _shown(node.frames[:-1] if rows else node.frames):
        words = call if isinstance(call, str) else _frame(call)
        yield [*_BLANK, PaddedCell("  " * inner + words, style.dim), PaddedCell()]
        inner += 1
    for row in rows:
        yield [*_cells(row, style), PaddedCell("  " * inner + _named(row) + style.dim(_behind(row))), PaddedCell()]
        for piece in row.pieces if any(piece.name for piece in row.pieces) else ():
            yield [*_BLANK, PaddedCell("  " * inner + f"  {one_line(piece.title)}", style.dim), PaddedCell()]
    for child in node.children:
        yield from _below(child, by_id, style, inner + bool(rows))


def _shown(frames: Sequence[Frame]) -> list[Frame | str]:
    """A run of calls, shortened: where it begins, how many lie between, and the last one."""
    if len(frames) <= 3:
        return list(frames)
    return [frames[0], f"… {len(frames) - 2} calls", frames[-1]]


def _frame(frame: Frame) -> str:
    code = one_line(frame.code)
    function = f" in {one_line(frame.function)}" if frame.function else ""
    return where_is(frame) + function + (f"  {code}" if code else "")


def _cells(row: CompileRow, style: Style) -> list[PaddedCell]:
    words, tone = STATUS[row.status]
    paint = None if row.status is CompileStatus.DONE else style.bad if row.status in _ALARMING else style.toned(tone)
    return [
        PaddedCell(row.compile_id, style.name),
        PaddedCell(words, paint),
        PaddedCell(seconds(row.times.seconds) if row.times.seconds else ""),
        PaddedCell(row.cache, style.warn if "bypass" in row.cache else None),
        PaddedCell(row.start, style.dim),
        PaddedCell(str(row.breaks) if row.breaks else "", style.warn),
    ]


def _named(row: CompileRow) -> str:
    where = f"  {where_is(row.place)}" if row.place is not None else ""
    return f"{one_line(row.function) or '(unnamed)'}{where}"


def _behind(row: CompileRow) -> str:
    remark = _remark(row)
    return f"  {remark}" if remark else ""


def _remark(row: CompileRow) -> str:
    """What is worth saying about a compile id: why it failed, why it is there again."""
    parts = [f"{plural(len(row.pieces), 'graph')} under it, each compiled by itself"] if row.pieces else []
    if words := eager_words(row):
        parts.append(one_line(words))
    elif row.error:
        parts.append(one_line(row.error.splitlines()[0])[:120])
    if row.failures:
        parts.append(f"again: {short_failure(row.failures[0])}")
    if row.restarts:
        parts.append(plural(row.restarts, "restart"))
    return "; ".join(parts)


def short_failure(item: GuardFailure) -> str:
    """A failed guard on a line."""
    return one_line(failure_words(item))[:_MOST]
