"""Say how far compiled results are from eager's, and both from the same calculation in float64.

For each output (with --train each gradient too) the largest absolute difference, the largest relative to the largest
value of its tensor, and the largest in units in the last place. --nodes compares every ATen node as well, each
compiled with all it is made from, and names the first one whose relative difference passes --tolerance, with its line.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.cli.options import add_target_options, positive
from inspector.cli.output import show
from inspector.cli.printable import one_line
from inspector.cli.tables import Cell, table
from inspector.cli.terminal import Style, wants_colour
from inspector.cli.verbs.profile import measured

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.model.numerics import Deviation, NodeNumerics, Numerics


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's options, and what to compare."""
    add_target_options(parser)
    group = parser.add_argument_group("what to compare")
    group.add_argument("--nodes", action="store_true", help="every ATen node too; the first that passes the tolerance")
    group.add_argument(
        "--tolerance",
        type=tolerance,
        default=1e-5,
        metavar="X",
        help="largest relative difference that is let pass (default 1e-5)",
    )
    out = parser.add_argument_group("what to do with it")
    out.add_argument("--top", type=positive, default=20, metavar="N", help="outputs and nodes to print (default 20)")
    out.add_argument("-o", "--output", type=Path, metavar="DIR", help="write a bundle, with the numerics in it")
    out.add_argument("--force", action="store_true", help="replace a bundle that is there")
    out.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compiles, compares and prints."""
    asked = protocol.RunProfile(numerics=True, tolerance=args.tolerance, nodes=args.nodes, times=False)
    capture = measured(args, asked)
    found = capture.numerics[-1]
    found = replace(found, nodes=tuple(_placed(capture, found)))
    style = Style(wants_colour(sys.stdout) and not args.json)
    data = {
        "target": capture.target,
        "environment": capture.environment,
        **asdict(found),
        "first": asdict(found.first) if found.first is not None else None,
    }
    return show(data, found, args, lambda safe: _lines(safe, style, args.top), fit=True)


def tolerance(text: str) -> float:
    """A number from 0, for argparse."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return number


def _placed(capture: Capture, numerics: Numerics) -> Iterator[NodeNumerics]:
    """The nodes with the lines that define them."""
    from inspector.link.numerics import lines_of_nodes

    lines = lines_of_nodes(capture, numerics.compile_id, {node.node for node in numerics.nodes})
    for node in numerics.nodes:
        yield replace(node, line=lines.get(node.node))


def _lines(found: Numerics, style: Style, most: int) -> Iterator[str]:
    yield style.bold(one_line(found.shape))
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
    yield from table(("", "", ">absolute", ">relative", ">ULP"), rows, style.dim)
    if len(found.outputs) > most:
        yield style.dim(f"… and {len(found.outputs) - most} more: --top")
    if found.note:
        yield style.warn(one_line(found.note))
    if not found.nodes:
        return
    yield ""
    first = found.first
    if first is None:
        yield style.good(f"All {len(found.nodes)} ATen nodes of {found.compile_id} are within {found.tolerance:g}.")
    else:
        at = f", line {first.line} of its ATen graph" if first.line is not None else ""
        yield style.bad(f"{one_line(first.node)} is the first beyond {found.tolerance:g}: {found.compile_id}{at}")
    worst = sorted(found.nodes, key=lambda node: -_size(node.deviation.relative))[:most]
    rows = [[Cell(one_line(node.node)), Cell(str(node.line or "")), *_cells(node.deviation)] for node in worst]
    yield from table(("the largest", ">line", ">absolute", ">relative", ">ULP"), rows, style.dim)


def _cells(value: Deviation) -> list[Cell]:
    return [Cell(f"{value.absolute:.3g}"), Cell(f"{value.relative:.3g}"), Cell(f"{value.ulp:.4g}")]


def _size(value: float) -> float:
    """For sorting: NaN is the worst."""
    return float("inf") if math.isnan(value) else value
