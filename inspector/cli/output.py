"""One way out for what a verb found: JSON for a program, lines for a person."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from inspector.cli.printable import printable

T = TypeVar("T")

_COLOUR = re.compile("(\x1b\\[[0-9;]*m)")


def add_json(parser: argparse._ActionsContainer) -> None:
    """Adds --json."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def show(
    data: dict[str, Any], value: T, args: argparse.Namespace, lines: Callable[[T], Iterable[str]], *, fit: bool = False
) -> int:
    """Prints, and returns exit code 0.

    Args:
        data: for `--json`: as it is in the log, JSON escapes what terminals act on.
        value: what the lines are made of; they get it made printable.
        args: with `json`.
        lines: makes the lines.
        fit: whether to cut lines at the edge of a terminal: those of a table, not those of a text.
    """
    if args.json:
        print(json.dumps(data, indent=2, default=str))
        return 0
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
