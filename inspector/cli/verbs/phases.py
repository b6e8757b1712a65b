"""Print where the time of the compiles went, phase by phase; of a TARGET, where a cold start goes.

A TARGET (a gallery name, path/to/file.py:name, or --model) is compiled in a new process with fresh temporary folder and
caches, and its first call is taken apart to the end: probes of the machine, the header, each kernel's compiler run, and
torch's own phases, each with what would avoid it and what that costs. --cures measures the same with some of that
applied.

Of a LOG, without an option, a table over all compile ids: how often a phase ran, how long with what it called, how long
by itself. --flame prints the phases as a tree below what called them; --by-compile begins it with the compile ids.
--folded prints one line for each stack and its microseconds, which flame graph tools read. --perfetto writes every
event with its time and its details as a Chrome trace, which https://ui.perfetto.dev and chrome://tracing open; - for
standard output.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from inspector.cli.load import INPUT_HELP, add_input, open_input
from inspector.cli.options import TARGET_HELP, add_compile_options, compile_options_given, request_from
from inspector.cli.output import add_json, show
from inspector.cli.printable import one_line
from inspector.cli.tables import PaddedCell, item_table, table
from inspector.cli.terminal import Style, bar, wants_colour
from inspector.cli.verdict_text import verdict_lines
from inspector.errors import EXIT_OK, UsageError
from inspector.files import write_file
from inspector.model.compile_row import CompileRow
from inspector.model.flame import FlameNode, TimeShare, merged, over_all, shares_of, walk
from inspector.model.overview import Overview
from inspector.paths import there, typed_path
from inspector.say import units
from inspector.say.phases import COLUMNS, NO_PHASES, phase_items, sums_words
from inspector.say.units import plural, seconds
from inspector.why import rules
from inspector.why.verdict import Verdict
from inspector.why.words import about
from inspector.work.opening import Opened

if TYPE_CHECKING:
    from inspector.cli.documents.overviews import Phases

_OF_A_LOG = ("latest", "compile_id", "flame", "folded", "perfetto", "by_compile", "all", "force")
"""Options that mean nothing for a target."""

_LEAST = 0.005
"""The part of the whole below which a bar is left out of the tree, unless --all is given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log, and what of it in which form."""
    add_input(parser, metavar="LOG|TARGET", says=f"{INPUT_HELP}; or {TARGET_HELP}", required=False)
    form = parser.add_argument_group("of a log")
    form.add_argument("--compile-id", action="append", metavar="ID", help="only of this compile id: 0/1; repeatable")
    shape = form.add_mutually_exclusive_group()
    shape.add_argument("--flame", action="store_true", help="as a tree: each phase below what called it")
    shape.add_argument("--folded", action="store_true", help="one line for each stack, for flame graph tools")
    shape.add_argument("--perfetto", metavar="FILE", help="write all events as a Chrome trace; - for standard output")
    form.add_argument("--by-compile", action="store_true", help="with --flame and --folded: compile ids first")
    form.add_argument("--all", action="store_true", help="with --flame: the smallest bars too")
    form.add_argument("--force", action="store_true", help="with --perfetto: replace a file that is there")
    cold = parser.add_argument_group("of a target")
    cold.add_argument("--cures", action="store_true", help="measure again with what would avoid the parts: minutes")
    add_compile_options(parser, caches=False)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Prints or writes them."""
    if args.input is None and args.model is None:
        raise UsageError("Neither a log nor a target is given.", "Name a log, a bundle, a TARGET, or give --model.")
    if args.model is not None or is_target(args.input):
        return _cold(args)
    if given := [*compile_options_given(args), *(["--cures"] if args.cures else [])]:
        raise UsageError(f"{given[0]} is for a target, and {args.input} is none.", "`inspector targets` lists some.")
    with open_input(args) as found:
        found.check_compile_ids(args.compile_id)
        if args.perfetto is not None:
            return _perfetto(found, args)
        overview = found.overview()
    verdicts = about((rules.compile_time(overview), rules.caches(overview)), args.compile_id)
    flames = {key: node for key, node in overview.flames.items() if args.compile_id is None or key in args.compile_id}
    functions = {row.compile_id: row.function for row in overview.rows}
    root = over_all(flames, functions) if args.by_compile else merged("all", tuple(flames.values()))
    shares = shares_of(flames)
    if args.folded and not args.json:
        for line in _folded(root):
            print(line)
        return EXIT_OK
    style = Style(wants_colour(sys.stdout) and not args.json)

    def headed(verdicts: tuple[Verdict, ...], lines: Iterator[str]) -> Iterator[str]:
        return chain(verdict_lines(verdicts, style), lines)

    def document() -> Phases:
        return _document(overview, shares, root, verdicts)

    if args.flame:
        return show(document, (verdicts, root), args, lambda safe: headed(safe[0], _tree(safe[1], args, style)))
    if not shares:
        chosen = [row for row in overview.rows if args.compile_id is None or row.compile_id in args.compile_id]
        return show(document, (verdicts, chosen), args, lambda safe: headed(safe[0], _metrics(safe[1], style)))
    outside = flames[""].total if "" in flames else 0.0
    compiles = sum(map(bool, flames))
    shown = (verdicts, shares)
    return show(document, shown, args, lambda safe: headed(safe[0], _table(safe[1], compiles, outside, style)))


def _cold(args: argparse.Namespace) -> int:
    for name in _OF_A_LOG:
        if getattr(args, name):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{option} is for a log, and {args.input or args.model} is a target.",
                "`inspector capture TARGET -o NAME` keeps what `inspector phases NAME` reads.",
            )
    from inspector.cli.cold_start import run_cold

    args.target = args.input
    return run_cold(args, request_from(args))


def is_target(name: str) -> bool:
    """Whether a name is a target's: what is on disk, and standard input, is read instead."""
    if name == "-" or there(name):
        return False
    from inspector.targets import catalog

    return ":" in name or name in {info.name for info in catalog()}


def _document(
    overview: Overview, shares: Sequence[TimeShare], root: FlameNode, verdicts: tuple[Verdict, ...]
) -> Phases:
    from inspector.cli.documents.overviews import Phases, TimesOf

    times = tuple(TimesOf(row.compile_id, row.times.seconds, row.times) for row in overview.rows)
    return Phases(tuple(shares), root, times, verdicts)


def _table(shares: Sequence[TimeShare], compiles: int, outside: float, style: Style) -> Iterator[str]:
    yield style.bold(sums_words(shares, compiles, outside))
    yield from item_table(COLUMNS, phase_items(shares), style)


def _metrics(compiles: Sequence[CompileRow], style: Style) -> Iterator[str]:
    """What torch's metrics say of the times, for a log without events."""
    yield NO_PHASES
    timed = [row for row in compiles if row.times.seconds]
    if not timed:
        return
    yield style.dim("What torch's metrics say; each column includes the ones to its right, but for the backward:")
    rows = [
        [
            PaddedCell(row.compile_id, style.name),
            *(PaddedCell(seconds(part)) for part in (row.times.total, row.times.backend, row.times.inductor)),
            *(PaddedCell(seconds(part)) for part in (row.times.code_generation, row.times.backward)),
            PaddedCell(one_line(row.function)),
        ]
        for row in timed
    ]
    head = ("id", ">whole frame", ">backend", ">inductor", ">code generation", ">backward", "function")
    yield from table(head, rows, style.dim)


def _tree(root: FlameNode, args: argparse.Namespace, style: Style) -> Iterator[str]:
    if not root.children:
        yield NO_PHASES
        return
    rows = list(_bars(root, root.total or 1.0, 0, everything=args.all, style=style))
    yield from table((">time", ">own", ">", "", "phase"), rows, style.dim)


def _bars(node: FlameNode, whole: float, depth: int, *, everything: bool, style: Style) -> Iterator[list[PaddedCell]]:
    calls = f"  {node.calls:,}×" if node.calls > 1 and depth else ""
    yield [
        PaddedCell(seconds(node.total)),
        PaddedCell(seconds(node.own) if node.children else ""),
        PaddedCell(units.share(node.total / whole, 1)),
        PaddedCell(bar(node.total / whole), style.name),
        PaddedCell(f"{'  ' * depth}{one_line(node.name)}{calls}"),
    ]
    left_out = 0
    for child in node.children:
        if everything or child.total / whole >= _LEAST:
            yield from _bars(child, whole, depth + 1, everything=everything, style=style)
        else:
            left_out += 1
    if left_out:
        words = f"{'  ' * (depth + 1)}… {left_out} below {units.share(_LEAST, 1)}: --all"
        yield [PaddedCell(), PaddedCell(), PaddedCell(), PaddedCell(), PaddedCell(words, style.dim)]


def _folded(root: FlameNode) -> Iterator[str]:
    """`a;b;c 1234`: microseconds in c itself, called by b, called by a."""
    for path, node in walk(root):
        own = round(node.own * 1e6)
        if own:
            names = ";".join(one_line(name).replace(";", ",") for name in (*path, node.name))
            yield f"{names} {own}"


def _perfetto(found: Opened, args: argparse.Namespace) -> int:
    from inspector.bundle.events import chrome_trace

    capture = found.phases(args.compile_id)
    if not capture.phases and not capture.instants:
        raise UsageError("There are no events to export.", "torch before 2.5 did not log them.")
    text = json.dumps(chrome_trace(capture), default=str)
    if args.perfetto == "-":
        print(text)
        return EXIT_OK
    path = typed_path(args.perfetto)
    write_file(path, text.encode(), force=args.force)
    print(f"{plural(len(capture.phases), 'phase')} in {path}: open it at https://ui.perfetto.dev", file=sys.stderr)
    return EXIT_OK
