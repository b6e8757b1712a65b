"""`inspector show FILE` of what llama.cpp printed with GGML_SCHED_DEBUG=2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from inspector.cli import output
from inspector.cli.doc_text import row_lines
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError
from inspector.model.ggml import GgmlGraph, GgmlLog
from inspector.say import ggml as say
from inspector.trace.files import unreadable
from inspector.trace.ggml import is_ggml, read_ggml

__all__ = ["is_ggml", "show_ggml"]


def show_ggml(args: argparse.Namespace) -> int:
    """Prints the graphs that an output tells of, or one of them, `--compile-id NUMBER`.

    Raises:
        UsageError: there is no such graph, or it cannot be read.
    """
    path = Path(args.input)
    try:
        log = read_ggml(path)
    except OSError as error:
        raise unreadable(path, error) from error
    style = Style(wants_colour(sys.stdout))
    if args.json or args.compile_id is None:
        return output.show(lambda: log, log, args, lambda safe: _lines(safe, style))
    graph = _graph(log, args.compile_id)
    return output.show_lines(graph, say.graph_lines)


def _graph(log: GgmlLog, number: str) -> GgmlGraph:
    if number.isdecimal() and len(number) < 9 and int(number) < len(log.graphs):
        return log.graphs[int(number)]
    raise UsageError(f"There is no graph {number!r}.", f"They are numbered 0 to {len(log.graphs) - 1}.")


def _lines(log: GgmlLog, style: Style) -> Iterator[str]:
    yield style.bold("llama.cpp's graphs, as its scheduler splits them")
    yield from row_lines(say.summary(log), style)
    yield ""
    columns, items = say.table(log)
    yield from item_table(columns, items, style, "  ")
    yield style.dim("  --compile-id NUMBER prints one; names are cut at 20 characters by llama.cpp")
