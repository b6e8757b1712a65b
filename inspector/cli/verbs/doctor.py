"""Check whether this machine has what inspector needs.

Looks at Python, torch, transformers, the C++ compiler that Inductor will use, OpenMP, Python's headers, objdump, the
CPU, the GPU, the cache folder and the terminal, and says what to install where something is missing. Exit code 3 if
something is missing that inspector cannot do without.
"""

from __future__ import annotations

import argparse
import sys

from inspector.cli.output import add_json, print_json
from inspector.cli.terminal import StatusLine, Style, wants_colour
from inspector.errors import EXIT_ENVIRONMENT, EXIT_OK


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds --json."""
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Prints each check as it is done."""
    from inspector.cli.checks import all_checks
    from inspector.cli.documents.tools import Check

    style = Style(wants_colour(sys.stdout))
    status = StatusLine()
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
