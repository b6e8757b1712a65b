"""Check whether this machine has what inspector needs.

Looks at Python, torch, transformers, the C++ compiler that Inductor will use, OpenMP, Python's headers, objdump, the
CPU, the GPU, the cache folder and the terminal, and says what to install where something is missing. With --torch,
which of torch's private parts that inspector uses are as it knows them, and what a capture loses where one is not.
Exit code 3 if something is missing that inspector cannot do without.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.cli.output import add_json, print_json
from inspector.cli.terminal import ProgressLine, Style, wants_colour
from inspector.errors import EXIT_ENVIRONMENT, EXIT_OK
from inspector.say.units import plural

if TYPE_CHECKING:
    from inspector.cli.documents.tools import PrivateParts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --torch and --json."""
    parser.add_argument("--torch", action="store_true", help="which of torch's private parts hold on the torch at hand")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Prints each check as it is done."""
    if args.torch:
        return _torch(args)
    from inspector.cli.checks import all_checks
    from inspector.cli.documents.tools import Check

    style = Style(wants_colour(sys.stdout))
    status = ProgressLine()
    checks: list[Check] = []
    status.show("looking…")
    for check in all_checks():
        checks.append(check)
        status.clear()
        if not args.json:
            word = style.good("ok     ") if check.ok else (style.bad if check.required else style.warn)("missing")
            print(f"{word}  {check.name:<14} {check.detail}")
            if not check.ok and check.advice:
                print(f"{'':<24} {check.advice}")
            sys.stdout.flush()
        status.show("looking…")
    status.clear()
    lacking = [check.name for check in checks if check.required and not check.ok]
    if args.json:
        from inspector.cli.documents.tools import Doctor

        print_json(Doctor(not lacking, tuple(checks)))
    else:
        print()
        print(f"Missing: {', '.join(lacking)}." if lacking else "inspector has what it needs.")
    return EXIT_ENVIRONMENT if lacking else EXIT_OK


def _torch(args: argparse.Namespace) -> int:
    """Prints which private parts hold.

    Raises:
        EnvironmentLacking: torch cannot be imported.
    """
    from inspector.cli.checks import private_parts

    status = ProgressLine()
    status.show("importing torch…")
    try:
        found = private_parts()
    finally:
        status.clear()
    if args.json:
        print_json(found)
    else:
        for line in _torch_lines(found, Style(wants_colour(sys.stdout))):
            print(line)
    return EXIT_OK if found.ok else EXIT_ENVIRONMENT


def _torch_lines(found: PrivateParts, style: Style) -> Iterator[str]:
    known = "" if found.known else style.warn("  none of the releases that inspector was made with")
    yield f"{style.bold(f'torch {found.torch}')}{known}"
    for use in found.uses:
        word = style.good("holds  ") if not use.changed else (style.warn if use.test else style.bad)("changed")
        yield f"{word}  {use.name:<24} {style.dim(f'without: {use.lost}')}"
        yield from (f"{'':<9}torch {words}: {', '.join(use.files)}" for words in use.changed)
    changed = [use for use in found.uses if use.changed]
    every, parts = plural(len(found.uses), "use"), plural(sum(len(use.parts) for use in found.uses), "private part")
    yield ""
    yield (
        f"{plural(len(changed), 'use')} of {len(found.uses)} found torch changed."
        if changed
        else (f"All {every} of {parts} hold.")
    )
