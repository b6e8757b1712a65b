"""The overview of a log, as `inspector show LOG` prints it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inspector.cli import output, overview_text
from inspector.cli.printable import one_line, printable
from inspector.cli.terminal import Style, wants_colour
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.cut import only
from inspector.model.overview import Overview
from inspector.model.selection import SortKey, selected
from inspector.say.none import NO_COMPILES
from inspector.say.units import plural
from inspector.trace.reader import BadRecord
from inspector.work.opening import Opened

if TYPE_CHECKING:
    from inspector.cli.documents.captures import CaptureData, LogData
    from inspector.trace.log import TraceLog

_NOTHING = (
    NO_COMPILES,
    "A program that is exported (torch.export) is recorded by TORCH_DTRACE=FOLDER; TORCH_TRACE has symbols at most.",
)
_DAMAGE_SHOWN = 10
"""Damaged records that are told one by one."""


def show_log(found: Opened, args: argparse.Namespace) -> int:
    """Prints the overview that the options ask for; returns the exit code.

    A person reads the overview while checksums of what it does not show are still compared: damage comes last.
    """
    overview = found.overview(phases=False)
    rows, left_out = chosen(overview, args)
    style = Style(wants_colour(sys.stdout))
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

    output.show_lines(found.title, lines, fit=True)
    sys.stdout.flush()
    damaged = found.verify()
    torn = found.log.torn if found.log is not None else {}
    return output.show_lines(damaged, lambda bad: _damage(bad, torn, overview.records, style), fit=True)


def chosen(overview: Overview, args: argparse.Namespace) -> tuple[tuple[CompileRow, ...], int]:
    """The rows that the options ask for, and how many more there are than --limit lets pass."""
    rows = selected(overview.rows, args.filter, args.sort or SortKey.STARTED, reverse=args.reverse)
    if args.compile_id is not None:
        rows = tuple(row for row in rows if row.compile_id == args.compile_id)
    return rows[: args.limit], max(0, len(rows) - args.limit) if args.limit is not None else 0


def document(found: Opened, args: argparse.Namespace) -> CaptureData:
    """What the options ask for, for programs.

    Raises:
        UsageError: it has no such compile id.
    """
    from inspector.cli.documents.captures import CaptureData, Damage

    if args.compile_id is not None:
        found.check_compile_ids([args.compile_id])
    overview = found.overview(phases=False)
    rows, _ = chosen(overview, args)
    more: dict[str, Any] = {"title": found.title, "rows": rows}
    if (log := found.log) is not None:
        damaged = found.verify()
        more |= {
            "logs": tuple(_logs(log, overview)),
            "kinds": log.kinds,
            "damaged": tuple(Damage(item.file, item.offset, item.reason) for item in damaged),
            "damaged_records": len(damaged),
            "put_together": log.torn,
        }
    # Of a log of gigabytes the texts are read where somebody asks; and where there is nothing else to say.
    nothing = all(row.status is CompileStatus.EXPORTED for row in overview.rows)
    if found.bundle is None and args.compile_id is None and not nothing:
        return CaptureData.made(overview, cache=overview.environment.get("cache", ""), **more)
    capture = found.capture(None if args.compile_id is None else [args.compile_id])
    if args.compile_id is not None:
        capture = only(capture, [args.compile_id])  # a bundle is read whole
    return CaptureData.made(overview, capture, cache=capture.cache_mode, **more)


def _logs(log: TraceLog, overview: Overview) -> Iterator[LogData]:
    """What each process wrote, and the files that hold nothing of any."""
    from inspector.cli.documents.captures import LogData

    files = {item.file: item for item in log.sources}
    for item in overview.logs:
        file = files.get(item.name)
        yield LogData(
            *(item.name, item.rank, item.process, item.prefix),
            *((file.restart, file.size) if file is not None else (None, None)),
        )
    named = {item.name for item in overview.logs}
    for file in log.sources:
        if file.file not in named:
            yield LogData(file.file, file.rank, None, file.prefix, file.restart, file.size)


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
