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
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.cli.options import add_target_options, positive
from inspector.cli.output import show
from inspector.cli.printable import one_line
from inspector.cli.tables import Cell, table
from inspector.cli.terminal import Style, wants_colour
from inspector.cli.verbs.profile import held, measured
from inspector.errors import EXIT_OK, EXIT_UNKNOWN
from inspector.paths import typed_path

if TYPE_CHECKING:
    from inspector.model.numerics import Deviation, NodeNumerics, Numerics


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
    out.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compiles, compares and prints."""
    asked = protocol.RunProfile(numerics=True, tolerance=args.tolerance, nodes=args.nodes, times=False)
    capture = held(args, "numerics") or measured(args, asked)
    found = capture.numerics[-1]
    style = Style(wants_colour(sys.stdout) and not args.json)
    said = [words for words in capture.warnings if words not in found.note]
    data = {
        "target": capture.target,
        "environment": capture.environment,
        **asdict(found),
        "first": asdict(found.first) if found.first is not None else None,
        "verdict": found.verdict,
        "closer": found.closer,
        "notes": said,
    }
    show(data, found, args, lambda safe: _lines(safe, said, style, args.top), fit=True)
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
    yield from _said(found, style, most)
    rows = []
    for output in found.outputs[:most]:
        named = f"{output.name}  {output.dtype}{list(output.shape)}"
        for words, value in (
            ("compiled − eager", output.compiled_eager),
            ("compiled − float64", output.compiled_double),
            ("eager − float64", output.eager_double),
        ):
            if value is not None:
                rows.append([Cell(one_line(named)), Cell(words), *_cells(value)])
                named = ""
    if rows:
        yield from table(("", "", ">differing", ">absolute", ">relative", ">ULP"), rows, style.dim)
    if len(found.outputs) > most:
        yield style.dim(f"… and {len(found.outputs) - most} more: --top")
    if found.note:
        yield style.warn(one_line(found.note))
    if found.nodes or found.nodes_left:
        yield ""
        yield from _nodes(found, style, most)


def _said(found: Numerics, style: Style, most: int) -> Iterator[str]:
    """What it comes to, in sentences."""
    if found.verdict:
        paint = style.bad if found.wrong else style.warn if found.doubtful else style.good
        yield paint(f"{one_line(found.verdict)}.")
    for sentence in filter(None, (found.closer, found.rounding, found.writing)):
        yield f"{one_line(sentence[0].upper() + sentence[1:])}."
    for output in found.outputs[:most]:
        if spread := output.compiled_eager.spread("eager"):
            yield f"{one_line(output.name)}: {spread}"


def _nodes(found: Numerics, style: Style, most: int) -> Iterator[str]:
    """The first node beyond the tolerance, and those that are furthest apart, of all graphs."""
    first, graphs = found.first, found.node_graphs
    if first is not None:
        whose = next(graph.name for graph in graphs if first in graph.nodes)
        at = f", line {first.line}" if first.line is not None else ""
        called = f" ({one_line(first.calls)})" if first.calls else ""
        yield style.bad(f"{one_line(first.node)}{called} is the first beyond {found.tolerance_words}: {whose}{at}")
        if first.source is not None:
            where = one_line(f"{first.source.file}:{first.source.line}")
            yield f"  from {style.name(where)}  {style.dim(one_line(first.source.code))}"
    elif graphs:
        yield (style.good if found.nodes_compared else style.warn)(f"{found.nodes_agree}.")
    if found.nodes_left:
        yield style.warn(f"{one_line(found.nodes_left)}.")
    for sentence in (*found.asides, *dict.fromkeys(f"{graph.note}." for graph in graphs)):
        yield style.dim(one_line(sentence))
    worst = sorted(
        ((graph, node) for graph in graphs for node in graph.nodes), key=lambda item: -_size(item[1].deviation.relative)
    )
    rows = [
        [
            Cell(one_line(node.node)),
            *([Cell(f"{graph.compile_id}{' backward' if graph.backward else ''}")] if len(graphs) > 1 else []),
            Cell(str(node.line or "")),
            *_cells(node.deviation),
            Cell(_from(node), style.dim),
        ]
        for graph, node in worst[:most]
    ]
    heads = ("the largest", *(["graph"] if len(graphs) > 1 else []), ">line", ">differing", ">absolute", ">relative")
    if rows:
        yield from table((*heads, ">ULP", "from"), rows, style.dim)
        if len(worst) > most:
            yield style.dim(f"… and {len(worst) - most} more: --top")


def _from(node: NodeNumerics) -> str:
    """`modeling_llama.py:164`; empty where no link leads to Python."""
    if node.source is None:
        return ""
    return one_line(f"{PurePosixPath(node.source.file).name}:{node.source.line}")


def _cells(value: Deviation) -> list[Cell]:
    count = "" if value.elements is None else f"{value.differing:,} of {value.elements:,}"
    return [Cell(count), Cell(f"{value.absolute:.3g}"), Cell(f"{value.relative:.3g}"), Cell(f"{value.ulp:,.4g}")]


def _size(value: float) -> float:
    """For sorting: NaN is the worst."""
    return float("inf") if math.isnan(value) else value
