"""Say how far compiled results are from eager's, and both from the same calculation in float64.

Each side is called once from the same inputs, weights, objects and random numbers. For each output, for what a call
writes, and with --train for each gradient: how many elements differ, the largest absolute difference, the largest
relative to the largest value of its tensor, and in units in the last place. The tolerance is the one that
torch.testing.assert_close has for the dtype, or --tolerance. --nodes compares every ATen node as well, each compiled
with all it is made from, and names the first one beyond the tolerance, with its line and the line of Python that it
comes from. TARGET may also be a bundle that holds such a comparison.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.cli.options import add_keep, add_target_options, positive
from inspector.cli.output import show
from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.cli.verbs.profile import held, measured
from inspector.errors import EXIT_OK, EXIT_UNKNOWN
from inspector.paths import typed_path
from inspector.say import numerics as say

if TYPE_CHECKING:
    from inspector.cli.documents.measured import Deviations
    from inspector.model.numerics import Numerics


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's options, and what to compare."""
    add_target_options(parser)
    group = parser.add_argument_group("what to compare")
    group.add_argument("--nodes", action="store_true", help="every ATen node too; the first that passes the tolerance")
    group.add_argument(
        "--tolerance",
        type=tolerance,
        metavar="X",
        help="largest difference relative to the tensor's largest value (default: torch.testing's for the dtype)",
    )
    out = parser.add_argument_group("what to do with it")
    out.add_argument("--top", type=positive, default=20, metavar="N", help="outputs and nodes to print (default 20)")
    out.add_argument("-o", "--output", type=typed_path, metavar="DIR", help="write a bundle, with the numerics in it")
    out.add_argument("--force", action="store_true", help="replace a bundle that is there")
    add_keep(out)
    out.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compiles, compares and prints."""
    asked = protocol.RunProfile(numerics=True, tolerance=args.tolerance, nodes=args.nodes, times=False)
    capture = held(args, "numerics", {"--top"}) or measured(args, asked)
    found = capture.numerics[-1]
    style = Style(wants_colour(sys.stdout) and not args.json)
    said = [words for words in capture.warnings if words not in found.note]

    def document() -> Deviations:
        from inspector.cli.documents.measured import Deviations

        return Deviations.made(capture, numerics=capture.numerics)

    show(document, found, args, lambda safe: _lines(safe, said, style, args.top), fit=True)
    return EXIT_UNKNOWN if found.first is None and found.graphs_left else EXIT_OK


def tolerance(text: str) -> float:
    """A number from 0, for argparse."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return number


def _lines(found: Numerics, warnings: Sequence[str], style: Style, most: int) -> Iterator[str]:
    yield style.bold(one_line(found.shape))
    for words in warnings:
        yield style.warn(one_line(words))
    verdict = say.verdict_row(found)
    yield from (style.toned(verdict.tone)(one_line(words)) for words in [verdict.text] if words)
    yield from map(one_line, say.said(found))
    shown = found.outputs[:most]
    yield from item_table(say.COLUMNS, [item for output in shown for item in say.output_items(output)], style)
    if len(found.outputs) > most:
        yield style.dim(f"… and {len(found.outputs) - most} more: --top")
    if found.note:
        yield style.warn(one_line(found.note))
    if found.nodes or found.graphs_left:
        yield ""
        yield from _nodes(found, style, most)


def _nodes(found: Numerics, style: Style, most: int) -> Iterator[str]:
    """The first node beyond the tolerance, and those that are furthest apart, graph by graph."""
    if (row := say.nodes_row(found)) is not None:
        yield style.toned(row.tone)(one_line(row.text))
    if found.first is not None and (source := found.first.source) is not None:
        yield f"  from {style.name(one_line(f'{source.file}:{source.line}'))}  {style.dim(one_line(source.code))}"
    if left := say.nodes_left(found):
        yield style.warn(one_line(left))
    for sentence in (*found.asides, *dict.fromkeys(f"{say.graph_note(graph)}." for graph in found.node_graphs)):
        yield style.dim(one_line(sentence))
    for graph in found.node_graphs:
        items = say.node_items(found, graph, say.RELATIVE)
        yield f"{style.bold(one_line(graph.name))}{style.dim('  the largest differences first')}"
        yield from item_table(say.COLUMNS, items[:most], style)
        if len(items) > most:
            yield style.dim(f"… and {len(items) - most} more: --top")
