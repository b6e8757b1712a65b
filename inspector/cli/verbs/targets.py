"""List the built-in targets.

One line each: the name to type after `inspector`, and what it is. Own code needs no entry here: name it as
`path/to/file.py:name` or `package.module:name`, or build any transformers model with --model.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap

from inspector.cli.output import add_json, print_json
from inspector.cli.terminal import Style, wants_colour


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --json."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Prints the gallery."""
    from inspector.targets import catalog

    infos = catalog()
    if args.json:
        from inspector.cli.documents.tools import TargetData, Targets

        print_json(
            Targets(
                tuple(
                    TargetData(info.name, info.summary, info.description, info.batch, info.seq, info.warning)
                    for info in infos
                )
            )
        )
        return 0
    style = Style(wants_colour(sys.stdout))
    width = max(len(info.name) for info in infos) + 2
    room = max(shutil.get_terminal_size().columns - width - 1, 30) if sys.stdout.isatty() else 1000
    for info in infos:
        first, *rest = textwrap.wrap(info.summary, room)
        print(style.name(info.name.ljust(width)) + first)
        for line in rest:
            print(" " * width + line)
        for line in textwrap.wrap(info.warning, room):
            print(" " * width + style.warn(line))
    print()
    print(style.dim("Start one with `inspector NAME`; your own code with `inspector path/to/file.py:name`."))
    return 0
