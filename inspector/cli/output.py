"""One way out for what a verb found: JSON for a program, lines for a person."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TypeVar

from inspector.cli.printable import printable

T = TypeVar("T")

_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")


def add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def print_json(document: object) -> None:
    """Prints one of `inspector.cli.documents`; JSON escapes what terminals act on."""
    from inspector.cli.documents.register import as_json

    print(as_json(document))


def show(
    document: Callable[[], object],
    value: T,
    args: argparse.Namespace,
    lines: Callable[[T], Iterable[str]],
    *,
    fit: bool = False,
) -> int:
    """Prints, and returns exit code 0.

    Args:
        document: makes the document for `--json`.
        value: what the lines are made of; they get it made printable.
        args: with `json`.
        lines: makes the lines.
        fit: whether to cut lines at the edge of a terminal: those of a table, not those of a text.
    """
    if args.json:
        print_json(document())
        return 0
    return show_lines(value, lines, fit=fit)


def show_lines(value: T, lines: Callable[[T], Iterable[str]], *, fit: bool = False) -> int:
    """The same for a person alone."""
    width = shutil.get_terminal_size().columns if fit and sys.stdout.isatty() else None
    for line in lines(printable(value)):
        print(line if width is None else cut(line, width))
    return 0


def cut(line: str, width: int) -> str:
    """A line at most `width` characters wide, its colours ended; `…` where something is missing."""
    if len(_COLOUR.sub("", line)) <= width:
        return line
    kept, left = [], width - 1
    for piece in _COLOUR.split(line):
        if _COLOUR.fullmatch(piece):
            kept.append(piece)
        else:
            kept.append(piece[:left])
            left -= min(left, len(piece))
    return "".join((*kept, "…"))
