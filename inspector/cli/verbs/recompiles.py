"""Print the recompiles of a log or a bundle: each function's compiles as a chain, with the guard that failed each time.

A line says what the guard expected and what came instead, where torch says so; of a guard that torch prints as an
expression only, what came is taken from the guards of the new compile. --all adds the guards of the older compiles,
which failed too. --diff prints how each new graph differs from the one whose guard failed, aligned by meaning; of all
else that differs, `inspector diff LOG 0/0 0/1` tells.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from inspector.cli.diff_text import text_lines
from inspector.cli.load import Opened, add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.overview_text import failure_words, where_is
from inspector.cli.printable import one_line
from inspector.cli.tables import Cell, table
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError
from inspector.model.advice import NO_ADVICE
from inspector.model.compile_row import CompileRow
from inspector.model.difference import TextDifference
from inspector.model.none_words import no_recompiles
from inspector.model.recompiles import RecompileChain
from inspector.model.selection import wanted
from inspector.model.stage import Stage
from inspector.say.units import plural, seconds

_GRAPH = Stage.DYNAMO.value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log and which chains."""
    add_input(parser, required=False)
    parser.add_argument("--compile-id", metavar="ID", help="only the function that this compile id is of: 0/1")
    parser.add_argument("--filter", default="", metavar="WORDS", help="only functions that a recompile of matches")
    parser.add_argument("--all", action="store_true", help="every guard that failed, not only the latest compile's")
    parser.add_argument(
        "--diff", nargs="?", const="", metavar="STAGE", help="the graphs' difference: dynamo (default), aten, …"
    )
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Prints them."""
    if args.input is None and args.diff:  # `--diff LOG`: what stands behind it is the log
        args.input, args.diff = args.diff, ""
    if args.input is None:
        raise UsageError(
            "The following arguments are required: LOG.", "`inspector recompiles --help` lists the options."
        )
    with open_input(args) as found:
        if args.compile_id is not None:
            found.check_compile_ids([args.compile_id])
        overview = found.overview(phases=False, advise=True)
        test = wanted(args.filter)
        chains = [
            chain
            for chain in overview.chains
            if any(args.compile_id in (None, row.compile_id) for row in chain.rows) and any(map(test, chain.rows))
        ]
        graphs = _differences(found, chains, args.diff or _GRAPH) if args.diff is not None else {}
    style = Style(wants_colour(sys.stdout) and not args.json)
    data = {"recompiles": [as_json(chain, graphs) for chain in chains]}
    if not chains:
        nothing = "No recompile matches." if overview.chains else no_recompiles(overview)
        return show(data, nothing, args, lambda safe: [safe])
    return show(data, (chains, graphs), args, lambda safe: _lines(*safe, args, style), fit=args.diff is None)


def _differences(found: Opened, chains: Sequence[RecompileChain], stage: str) -> dict[str, TextDifference]:
    """Recompile → how its graph differs from that of the compile whose guard failed, for the ones that have both.

    Raises:
        UsageError: there is no such stage.
    """
    from inspector.compare import compare_texts, text_of

    wanted_stage = _stage(stage)
    differences = {}
    for chain in chains:
        for before, row in pairwise(chain.rows):
            against = next((item.against for item in row.failures if item.against), before.compile_id)
            if against not in found.compile_ids():
                against = before.compile_id
            capture = found.capture([against, row.compile_id])
            sides = [capture.find(wanted_stage, compile_id)[:1] for compile_id in (against, row.compile_id)]
            if all(sides):
                (a,), (b,) = sides
                title = f"{wanted_stage.heading}, {against} and {row.compile_id}"
                made = compare_texts(title, text_of(a), text_of(b), stage=wanted_stage)
                differences[row.compile_id] = made.difference
    return differences


def _stage(name: str) -> Stage:
    graphs = [stage.value for stage in Stage if not stage.per_kernel and stage is not Stage.SOURCE]
    wanted_stage = name.lower().replace("-", "_")
    if wanted_stage not in graphs:
        raise UsageError(f"There is no stage called {name!r} to compare.", f"There is: {', '.join(graphs)}.")
    return Stage(wanted_stage)


def _lines(
    chains: Sequence[RecompileChain],
    graphs: Mapping[str, TextDifference],
    args: argparse.Namespace,
    style: Style,
) -> Iterator[str]:
    again = [row for chain in chains for row in chain.rows if row.recompiles]
    spent = seconds(sum(row.times.seconds for row in again))
    yield style.bold(f"{plural(len(again), 'recompile')} of {plural(len(chains), 'function')}, {spent} of compiling")
    for chain in chains:
        yield ""
        yield f"{style.bold(one_line(chain.function) or '(unnamed)')}{_where(chain, style)}"
        yield from table(("", ">", "", ""), [list(_row(row, style)) for row in _rows(chain, args)], style.dim, "  ")
        yield from _advice(chain, style)
        for row in chain.rows:
            if row.compile_id in graphs:
                yield ""
                yield from (f"  {line}" for line in text_lines(graphs[row.compile_id], style))
            elif args.diff is not None and row.recompiles:
                yield ""
                stage = args.diff or _GRAPH
                yield f"  {row.compile_id}: nothing to compare, the {stage} stage of one of the two is not recorded"


def _where(chain: RecompileChain, style: Style) -> str:
    return style.dim(f"  {where_is(chain.place)}") if chain.place is not None else ""


def _rows(chain: RecompileChain, args: argparse.Namespace) -> Iterator[tuple[CompileRow, int]]:
    """A row and which of its failed guards; -1 for none."""
    for row in chain.rows:
        if not row.failures:
            yield row, -1
        for number in range(len(row.failures) if args.all else min(1, len(row.failures))):
            yield row, number


def _row(item: tuple[CompileRow, int], style: Style) -> Iterator[Cell]:
    row, number = item
    yield Cell(row.compile_id if number <= 0 else "", style.name)
    yield Cell(seconds(row.times.seconds) if number <= 0 and row.times.seconds else "")
    if number < 0:
        words = "the log does not say why" if row.recompiles else "compiled first"
        yield Cell(words, style.dim)
        yield Cell()
        return
    failure = row.failures[number]
    where = ", ".join(filter(None, (f"guard of {failure.against}" if failure.against else "", failure.place)))
    yield Cell(failure_words(failure))
    yield Cell(one_line(where), style.dim)


def _advice(chain: RecompileChain, style: Style) -> Iterator[str]:
    """What kept failing, where something did; and what would have spared recompiles, by how many."""
    again = sum(row.recompiles > 0 for row in chain.rows)
    for source, what, number in chain.culprits[:2]:
        if number > 1 and what:
            often = f"{one_line(source)} {what}".strip()
            yield style.dim(f"  {number} of {plural(again, 'recompile')} because of {often}")
    for item in chain.advice or ():
        yield style.dim(f"  {one_line(item.sentence())}")
    if chain.advice == () and any(row.failures for row in chain.rows):
        yield style.dim(f"  {NO_ADVICE}")


def as_json(chain: RecompileChain, graphs: Mapping[str, TextDifference]) -> dict[str, Any]:
    """A chain for programs."""
    from inspector.compare.as_json import as_json as difference_json

    return {
        "frame": chain.frame,
        "function": chain.function,
        "place": asdict(chain.place) if chain.place is not None else None,
        "seconds": chain.seconds,
        "advice": [{**asdict(item), "sentence": item.sentence()} for item in chain.advice or ()],
        "causes": [{"source": source, "what": what, "count": number} for source, what, number in chain.culprits],
        "compiles": [
            {
                "compile_id": row.compile_id,
                "seconds": row.times.seconds,
                "status": row.status.value,
                "failed_guards": [asdict(item) for item in row.failures],
                **({"graph": difference_json(graphs[row.compile_id])} if row.compile_id in graphs else {}),
            }
            for row in chain.rows
        ],
    }
