"""Print the recompiles of a log or a bundle: each function's compiles as a chain, with the guard that failed each time.

A line says what the guard expected and what came instead, where torch says so; of a guard that torch prints as an
expression only, what came is taken from the guards of the new compile. --all adds the guards of the older compiles,
which failed too. Below a chain stands what each of its compiles is for: what its guards ask of a call, as far as the
compiles differ in it; whether its graphs are those of an earlier one; and the lines of code, of a branch for instance,
that are in its graph and not in all of them. Which call each of them served is not in a log. --diff prints how each
new graph differs from the one whose guard failed, aligned by meaning; of all else that differs,
`inspector diff LOG 0/0 0/1` tells.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from inspector.cli.diff_text import text_lines
from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.overview_text import short_failure
from inspector.cli.paths import where_is
from inspector.cli.printable import one_line
from inspector.cli.tables import PaddedCell, table
from inspector.cli.terminal import Style, wants_colour
from inspector.cli.verdict_text import verdict_lines
from inspector.errors import UsageError
from inspector.model.asked import Asked
from inspector.model.compile_row import CompileRow
from inspector.model.difference import TextDifference
from inspector.model.overview import Overview
from inspector.model.recompiles import RecompileChain
from inspector.model.selection import wanted
from inspector.model.stage import Stage
from inspector.say.eager import eager_words
from inspector.say.none import no_recompiles
from inspector.say.recompiles import advised, asks_words, causes, spent_words
from inspector.say.units import plural, seconds
from inspector.why import rules
from inspector.why.verdict import Verdict
from inspector.why.words import about
from inspector.work.opening import Opened

if TYPE_CHECKING:
    from inspector.cli.documents.overviews import RecompilesDocument
    from inspector.compare.again import Made

_GRAPH = Stage.DYNAMO.value
_MOST_GRAPHS = 64
"""Compiles whose graphs are read and compared, which takes the time of reading them."""
_MOST_LINES = 6


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
        chains = chosen(overview, args.compile_id, args.filter)
        graphs = _differences(found, chains, args.diff or _GRAPH) if args.diff is not None else {}
        made = made_of(found, chains)
    verdicts = verdicts_of(overview, chains)
    style = Style(wants_colour(sys.stdout) and not args.json)
    asked = overview.asked or {}
    if not chains:
        nothing = "No recompile matches." if overview.chains else no_recompiles(overview)
        return show(lambda: document((), {}, {}, {}), nothing, args, lambda safe: [safe])
    shown = (chains, graphs, (asked, made), verdicts)
    return show(
        lambda: document(chains, graphs, asked, made, verdicts),
        shown,
        args,
        lambda safe: (*verdict_lines(safe[3], style), *_lines(*safe[:3], args, style)),
        fit=args.diff is None,
    )


def chosen(overview: Overview, compile_id: str | None, needle: str = "") -> list[RecompileChain]:
    """The chains that are asked for."""
    test = wanted(needle)
    return [
        chain
        for chain in overview.chains
        if any(compile_id in (None, row.compile_id) for row in chain.rows) and any(map(test, chain.rows))
    ]


def made_of(found: Opened, chains: Sequence[RecompileChain]) -> dict[str, Made]:
    """Compile id → its graphs beside those of the function's other compiles; of too many, none are read."""
    from inspector.compare.again import made_by

    ids = [row.compile_id for chain in chains for row in chain.rows]
    if not 0 < len(ids) <= _MOST_GRAPHS:
        return {}
    capture = found.graphs(ids)
    each = (made_by([row.compile_id for row in chain.rows if row.compiled], capture) for chain in chains)
    return {item.compile_id: item for made in each for item in made}


def _differences(found: Opened, chains: Sequence[RecompileChain], stage: str) -> dict[str, TextDifference]:
    """Recompile → how its graph differs from that of the compile whose guard failed, for the ones that have both.

    Raises:
        UsageError: there is no such stage.
    """
    from inspector.compare import compare_texts, text_of

    wanted_stage = _stage(stage)
    known = set(found.compile_ids())
    pairs: list[tuple[str, str]] = []
    for before, row in (pair for item in chains for pair in pairwise(item.rows)):
        against = next((item.against for item in row.failures if item.against), before.compile_id)
        pairs.append((against if against in known else before.compile_id, row.compile_id))
    # All at once: there may be thousands, and what else is read of a log is the same for each.
    capture = found.capture({compile_id for pair in pairs for compile_id in pair}, stages_alone=True)
    differences = {}
    for pair in pairs:
        sides = [capture.find(wanted_stage, compile_id)[:1] for compile_id in pair]
        if all(sides):
            (a,), (b,) = sides
            title = f"{wanted_stage.heading}, {pair[0]} and {pair[1]}"
            differences[pair[1]] = compare_texts(title, text_of(a), text_of(b), stage=wanted_stage).difference
    return differences


def _stage(name: str) -> Stage:
    graphs = [stage for stage in Stage if not stage.per_kernel and stage is not Stage.SOURCE]
    found = Stage.named(name)
    if found not in graphs:
        raise UsageError(f"There is no stage called {name!r} to compare.", f"There is: {', '.join(graphs)}.")
    return found


def _lines(
    chains: Sequence[RecompileChain],
    graphs: Mapping[str, TextDifference],
    each: tuple[Asked, Mapping[str, Made]],
    args: argparse.Namespace,
    style: Style,
) -> Iterator[str]:
    yield style.bold(spent_words(chains))
    for chain in chains:
        yield ""
        yield f"{style.bold(one_line(chain.function) or '(unnamed)')}{_where(chain, style)}"
        yield from table(("", ">", "", ""), [list(_row(row, style)) for row in _rows(chain, args)], style.dim, "  ")
        told = ((row.compile_id, eager_words(row)) for row in chain.rows)
        yield from (style.bad(f"  {compile_id}: {one_line(words)}") for compile_id, words in told if words)
        yield from (style.dim(f"  {one_line(words)}") for words in (*causes(chain), *advised(chain)))
        yield from _for_what(chain, *each, style)
        for row in chain.rows:
            if row.compile_id in graphs:
                yield ""
                yield from (f"  {line}" for line in text_lines(graphs[row.compile_id], style))
            elif args.diff is not None and row in chain.again:
                yield ""
                stage = args.diff or _GRAPH
                yield f"  {row.compile_id}: nothing to compare, the {stage} stage of one of the two is not recorded"
    if not each[1]:
        yield ""
        yield style.dim(f"graphs of more than {_MOST_GRAPHS} compiles are not compared: --compile-id, for one function")


def _where(chain: RecompileChain, style: Style) -> str:
    return style.dim(f"  {where_is(chain.place)}") if chain.place is not None else ""


def _rows(chain: RecompileChain, args: argparse.Namespace) -> Iterator[tuple[CompileRow, int]]:
    """A row and which of its failed guards; -1 for none."""
    for row in chain.rows:
        if not row.failures:
            yield row, -1
        for number in range(len(row.failures) if args.all else min(1, len(row.failures))):
            yield row, number


def _row(item: tuple[CompileRow, int], style: Style) -> Iterator[PaddedCell]:
    row, number = item
    yield PaddedCell(row.compile_id if number <= 0 else "", style.name)
    yield PaddedCell(seconds(row.times.seconds) if number <= 0 and row.times.seconds else "")
    if number < 0:
        words = "the log does not say why" if row.recompiles else "compiled first"
        yield PaddedCell(words, style.dim)
        yield PaddedCell()
        return
    failure = row.failures[number]
    frame = failure.frame
    place = f"{where_is(frame)} in {frame.function}  {frame.code}" if frame is not None else failure.place
    where = ", ".join(filter(None, (f"guard of {failure.against}" if failure.against else "", place)))
    yield PaddedCell(short_failure(failure))
    yield PaddedCell(one_line(where), style.dim)


def _for_what(chain: RecompileChain, asked: Asked, made: Mapping[str, Made], style: Style) -> Iterator[str]:
    """What each compile is for, and what its graph has that not all have."""
    compiled = [row for row in chain.rows if row.compiled]
    if len(compiled) < 2:
        return
    yield "  what each is for, as far as guards tell; which call it served is not recorded, for a log holds no calls"
    for row in compiled:
        yield f"    {style.name(row.compile_id)}  {one_line(asks_words(asked.get(row.compile_id)))}"
        item = made.get(row.compile_id)
        if item is None:
            continue
        if item.words:
            yield f"      {style.warn(one_line(item.words)) if item.same_as else style.dim(one_line(item.words))}"
        if item.lines:
            where = "; ".join(f"{where_is(frame)} {one_line(frame.code)}" for frame in item.lines[:_MOST_LINES])
            more = f"; … {plural(len(item.lines) - _MOST_LINES, 'more line')}" if len(item.lines) > _MOST_LINES else ""
            yield f"      {style.dim('in its graph, not in all:')} {where}{more}"
    again = sum(bool(made[row.compile_id].same_as) for row in compiled if row.compile_id in made)
    if again:
        yield style.warn(
            f"  {again} of {plural(len(compiled) - 1, 'recompile')} made graphs that an earlier one had made"
        )


def verdicts_of(overview: Overview, chains: Sequence[RecompileChain]) -> tuple[Verdict, ...]:
    """The findings about these compiles."""
    return about((rules.recompiles(overview),), [row.compile_id for chain in chains for row in chain.rows])


def document(
    chains: Sequence[RecompileChain],
    graphs: Mapping[str, TextDifference],
    asked: Asked,
    made: Mapping[str, Made],
    verdicts: Sequence[Verdict] = (),
) -> RecompilesDocument:
    """The chains for programs; what is beside them by compile id."""
    from inspector.cli.documents.overviews import Chain, RecompilesDocument

    return RecompilesDocument(tuple(Chain.of(chain, graphs, asked, made) for chain in chains), tuple(verdicts))
