"""The overview of a log, as `inspector show LOG` prints it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from inspector.cli import output, overview_text
from inspector.cli.load import Opened
from inspector.cli.printable import one_line, printable
from inspector.cli.terminal import Style, wants_colour
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.overview import Overview
from inspector.model.selection import SortKey, selected
from inspector.model.stacks import StackNode
from inspector.say.units import plural
from inspector.trace.reader import BadRecord

_NOTHING = (
    "Nothing was compiled, as far as this log tells.",
    "A program that is exported (torch.export) is recorded by TORCH_DTRACE=FOLDER; TORCH_TRACE has symbols at most.",
)
_DAMAGE_SHOWN = 10
"""Damaged records that are told one by one."""


def show_log(found: Opened, args: argparse.Namespace) -> int:
    """Prints the overview that the options ask for; returns the exit code.

    A person reads the overview while checksums of what it does not show are still compared: damage comes last.
    """
    overview = found.overview(phases=False)
    sort = args.sort or SortKey.STARTED
    rows = selected(overview.rows, args.filter, sort, reverse=args.reverse)
    left_out = max(0, len(rows) - args.limit) if args.limit is not None else 0
    rows = rows[: args.limit]
    style = Style(wants_colour(sys.stdout) and not args.json)
    if args.json:
        return output.show(as_json(found, overview, rows, found.verify()), None, args, lambda _: ())
    safe = printable(replace(overview, bad=0))
    safe_of = dict(zip(map(id, overview.rows), safe.rows, strict=True))
    shown = tuple(safe_of[id(row)] for row in rows)
    as_tree = not (args.flat or args.sort is not None or args.reverse)

    def lines(title: str) -> Iterator[str]:
        yield from overview_text.heading(title, safe, shown, style)
        yield ""
        yield from overview_text.tree(safe, shown, style) if as_tree else overview_text.flat(shown, style)
        if not shown:
            yield from ["No compile id matches."] if safe.rows else _NOTHING
        if all(row.status is CompileStatus.EXPORTED for row in safe.rows):  # what there is to say is not in the rows
            from inspector.cli import details

            yield from details.details(printable(found.capture()), style)
        if left_out:
            yield style.dim(f"… {left_out:,} more: --limit")

    output.show({}, found.title, args, lines, fit=True)
    sys.stdout.flush()
    damaged = found.verify()
    torn = found.log.torn if found.log is not None else {}
    return output.show({}, damaged, args, lambda bad: _damage(bad, torn, overview.records, style), fit=True)


def _damage(
    damaged: Sequence[BadRecord], torn: Mapping[str, Sequence[int]], records: int, style: Style
) -> Iterator[str]:
    """The damaged records, each with where it begins, and those that are whole again."""
    places = [f"{one_line(file)} at byte {offset:,}" for file, offsets in torn.items() for offset in offsets]
    if places:
        yield ""
        which = ", ".join(places[:_DAMAGE_SHOWN]) + (" …" if len(places) > _DAMAGE_SHOWN else "")
        yield f"{plural(len(places), 'record')} that others were written into, put together by checksum: {which}"
    if not damaged:
        return
    yield ""
    yield f"{style.warn(plural(len(damaged), 'damaged record'))} of {records:,}"
    for bad in damaged[:_DAMAGE_SHOWN]:
        yield f"  {one_line(bad.file)} at byte {bad.offset:,}: {one_line(bad.reason)}"
    if len(damaged) > _DAMAGE_SHOWN:
        yield style.dim(f"  … {len(damaged) - _DAMAGE_SHOWN:,} more: --json lists them all")


def as_json(
    found: Opened, overview: Overview, rows: Sequence[CompileRow], damaged: Sequence[BadRecord]
) -> dict[str, Any]:
    """The overview for programs."""
    totals = overview.totals_of(tuple(rows))
    log = found.log
    return {
        "title": found.title,
        "environment": dict(overview.environment),
        "totals": {**asdict(totals), "warmth": {key.value: number for key, number in totals.warmth.items()}},
        "compilations": [row_json(row) for row in rows],
        "stacks": stack_json(overview.stacks),
        "logs": [
            {"file": item.file, "rank": item.rank, "restart": item.restart, "prefix": item.prefix, "bytes": item.size}
            for item in (log.sources if log is not None else ())
        ],
        "kinds": dict(log.kinds) if log is not None else {},
        "records": overview.records,
        "damaged": [asdict(item) for item in damaged],
        "put_together": {file: list(offsets) for file, offsets in (log.torn if log is not None else {}).items()},
        **(_outside(found) if all(row.status is CompileStatus.EXPORTED for row in overview.rows) else {}),
    }


def _outside(found: Opened) -> dict[str, Any]:
    """What was logged outside any compile, where there is nothing else: by an export, for instance."""
    from inspector.cli import details

    return details.as_json(found.capture())


def row_json(row: CompileRow) -> dict[str, Any]:
    """A compile id for programs; times in seconds, null where the log does not say."""
    return {
        "compile_id": row.compile_id,
        "status": row.status.value,
        "function": row.function,
        "place": asdict(row.place) if row.place is not None else None,
        "stack": [asdict(frame) for frame in row.stack],
        "log": row.log,
        "started": row.started,
        "seconds": asdict(row.times),
        "restarts": row.restarts,
        "restart_reasons": list(row.restart_reasons),
        "graph_breaks": row.breaks,
        "recompile": row.recompiles,
        "failed_guards": [asdict(item) for item in row.failures],
        "caches": [
            {"cache": item.cache, "answer": item.answer, "reason": item.reason, "key": item.key} for item in row.caches
        ],
        "warmth": row.warmth.value,
        "guards": row.guards,
        "operators": row.operators,
        "pieces": [{"number": item.number, "name": item.name} for item in row.pieces],
        "error": row.error,
        "error_place": asdict(row.error_place) if row.error_place is not None else None,
    }


def stack_json(node: StackNode) -> dict[str, Any]:
    """The trie of user stacks for programs."""
    return {
        "frames": [dict(vars(frame)) for frame in node.frames],
        "compile_ids": list(node.compile_ids),
        "compiles": node.compiles,
        "seconds": node.seconds,
        "children": [stack_json(child) for child in node.children],
    }
