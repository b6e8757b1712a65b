"""Print the guards of a log or a bundle: what must hold for a compiled function to be used again.

Without --compile-id, one line for each compile id with how many guards it has and how many kinds of them; with it,
the guards as the tree that torch checks them in. A guard that failed, so that the function was compiled again, is
marked with the compile ids it cost. --list prints them as a list, --failed only the ones that failed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.printable import one_line
from inspector.cli.tables import PaddedCell, table
from inspector.cli.terminal import Style, wants_colour
from inspector.model.capture import Compilation, CompileStatus
from inspector.model.guard_counts import counts_of
from inspector.model.guards import Guard
from inspector.say.guards import counted, guard_words
from inspector.say.units import plural, seconds
from inspector.targets.nearest import listed
from inspector.work.opening import Opened

if TYPE_CHECKING:
    from inspector.cli.documents.captures import Guards


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log and which guards."""
    add_input(parser)
    parser.add_argument("--compile-id", action="append", metavar="ID", help="the guards of this one: 0/1; repeatable")
    parser.add_argument("--filter", default="", metavar="TEXT", help="only guards with this text")
    parser.add_argument("--failed", action="store_true", help="only guards that failed and cost a recompile")
    parser.add_argument("--list", action="store_true", help="as a list, not as a tree")
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Prints them."""
    with open_input(args) as found:
        chosen = recorded(found, args.compile_id)
    style = Style(wants_colour(sys.stdout) and not args.json)
    detailed = args.compile_id is not None or args.failed or args.list or args.filter or len(chosen) == 1
    return show(
        lambda: document(chosen, lambda guard: _wanted(guard, args)),
        chosen,
        args,
        lambda safe: _detailed(safe, args, style) if detailed and safe else _summary(safe, style),
    )


def recorded(found: Opened, asked: Sequence[str] | None) -> list[Compilation]:
    """The compile ids that are asked for, or all that could have guards.

    Raises:
        UsageError: there is no such compile id.
    """
    found.check_compile_ids(asked)
    capture = found.capture(_needed(found.compile_ids(), asked))
    return [
        item
        for item in capture.compilations
        if item.status is not CompileStatus.EXPORTED and (asked is None or item.compile_id in asked)
    ]


def _needed(known: Sequence[str], asked: Sequence[str] | None) -> Sequence[str] | None:
    """The compile ids to read: recompiles of the same functions say which guards failed."""
    if asked is None:
        return None
    frames = {compile_id.rpartition("/")[0] for compile_id in asked}
    return [compile_id for compile_id in known if compile_id.rpartition("/")[0] in frames]


def _wanted(guard: Guard, args: argparse.Namespace) -> bool:
    text = f"{guard.code} {guard.kind} {guard.source} {guard.place}".lower()
    return (not args.failed or bool(guard.failed_for)) and args.filter.lower() in text


def document(compilations: Sequence[Compilation], wanted: Callable[[Guard], bool] = lambda _: True) -> Guards:
    """The guards of compile ids for programs: those that are wanted."""
    from inspector.cli.documents.captures import Guards, GuardsOf

    return Guards(
        {
            item.compile_id: GuardsOf.of(item, (n for n, guard in enumerate(item.guards) if wanted(guard)))
            for item in compilations
        }
    )


def _summary(compilations: Sequence[Compilation], style: Style) -> Iterator[str]:
    if not compilations:
        yield "No guards are recorded, and no compile."
        return
    rows = []
    for item in compilations:
        counts = counts_of(item)
        failed = sum(bool(guard.failed_for) for guard in item.guards)
        rows.append(
            [
                PaddedCell(item.compile_id, style.name),
                PaddedCell(f"{counts.tree:,}" if item.guards else "not recorded"),
                PaddedCell(f"{counts.metric:,}" if counts.metric is not None else ""),
                PaddedCell(f"{counts.python:,}" if counts.python else ""),
                PaddedCell(f"{failed} failed" if failed else "", style.warn),
                PaddedCell(seconds(item.guard_seconds)),
                PaddedCell(one_line(item.function)),
                PaddedCell(counted(counts.kinds, 4), style.dim),
            ]
        )
    head = ("id", ">in the tree", ">guard_count", ">in Python", "", ">one check", "function", "")
    yield from table(head, rows, style.dim)
    yield style.dim(
        "in the tree: checks that torch's guard tree prints; guard_count and one check: torch's own metrics"
    )
    if any(item.guards for item in compilations):
        yield style.dim("--compile-id ID prints them")


def _detailed(compilations: Sequence[Compilation], args: argparse.Namespace, style: Style) -> Iterator[str]:
    shown = 0
    for item in compilations:
        wanted = [number for number, guard in enumerate(item.guards) if _wanted(guard, args)]
        if not wanted and (args.failed or args.filter):
            continue
        if shown:
            yield ""
        shown += 1
        counts = counts_of(item)
        yield f"{style.bold(item.compile_id)}  {one_line(item.function)}{style.dim(f'  {guard_words(item)}')}"
        if item.guards:
            yield style.dim(f"  kinds: {counted(counts.kinds, 8)}")
            yield style.dim(f"  guarded: {one_line(counted(counts.names, 8))}")
        if args.list or args.failed or not item.guard_tree:
            yield from (_guard(item.guards[number], 1, style) for number in wanted)
        else:
            yield from _tree(item, set(wanted), style)
    if not shown:
        looked = sum(len(item.guards) for item in compilations)
        asked = " of the ones asked for" if args.filter else ""
        if not looked:
            yield "No guards are recorded of these compile ids."
            return
        yield (
            f"None of {plural(looked, 'guard')}{asked} is known to have failed."
            if args.failed
            else f"No guard{asked}, of {plural(looked, 'guard')}."
        )


def _tree(item: Compilation, wanted: set[int], style: Style) -> Iterator[str]:
    """The managers that lead to a wanted guard, each above its guards."""
    for position, node in enumerate(item.guard_tree):
        below = item.guard_tree[position + 1 :]
        inside = [node]
        for other in below:
            if other.depth <= node.depth:
                break
            inside.append(other)
        if not any(wanted.intersection(other.guards) for other in inside):
            continue
        name = one_line(node.source) or one_line(node.kind)
        how = f"  {style.dim(one_line(node.accessor))}" if node.accessor and node.source else ""
        yield f"{'  ' * (node.depth + 1)}{style.name(name)}{how}"
        yield from (_guard(item.guards[number], node.depth + 2, style) for number in node.guards if number in wanted)


def _guard(guard: Guard, depth: int, style: Style) -> str:
    failed = f"  {style.bad(f'failed for {listed(guard.failed_for)}')}" if guard.failed_for else ""
    notes = "  ".join(filter(None, (guard.kind, one_line(guard.place))))
    return f"{'  ' * depth}{one_line(guard.code)}{failed}" + (f"  {style.dim(notes)}" if notes else "")
