"""Hold a log or a bundle against limits: for CI.

Exit code 0 if all limits are kept, 1 if one is exceeded, 4 if none is, and one cannot be checked, for the log does not
record all of what it is about: it ends early, or no time is in it. What counted is printed, worst first. Each limit
holds for every process (rank) by itself. A graph break counts once for each place in the user's code; a recompile is a
compile of a function that had been compiled before; compile time is that of all compiles together, with their backward
graphs. At least one limit must be given. In a test suite, the fixture of `inspector.testing` does the same.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields

from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback, seconds
from inspector.cli.output import add_json, print_json
from inspector.cli.printable import one_line, plain
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import EXIT_OK, EXIT_TARGET_FAILED, EXIT_UNKNOWN, UsageError
from inspector.model import limits
from inspector.model.compile_row import is_ours
from inspector.model.overview import Overview
from inspector.say.limits import SHOWN, culprits_words, finding_words
from inspector.say.units import plural


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log and the limits."""
    add_input(parser)
    most = parser.add_argument_group("limits")
    most.add_argument("--max-graph-breaks", type=whole, metavar="N", help="different places where a graph ended early")
    most.add_argument("--max-recompiles", type=whole, metavar="N", help="recompiles of all functions together")
    most.add_argument("--max-compile-time", type=seconds, metavar="SECONDS", help="all compiles together")
    most.add_argument("--max-failures", type=whole, metavar="N", help="compiles that ended with an exception")
    most.add_argument("--max-cache-misses", type=whole, metavar="N", help="compiles that had to generate code")
    most.add_argument("--max-pieces", type=whole, metavar="N", help="pieces that a server (vLLM) generated code for")
    most.add_argument("--max-given-up", type=whole, metavar="N", help="artifacts that it loaded and compiled again")
    add_json(parser)
    add_traceback(parser)


def whole(text: str) -> int:
    """A whole number from 0, for argparse."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Checks, and says what exceeded a limit."""
    given = limits.Limits(**{item.name: getattr(args, item.name) for item in fields(limits.Limits)})
    if not given.given:
        raise UsageError("No limit is given.", "Give at least one: --max-graph-breaks 0 --max-recompiles 2.")
    with open_input(args) as found:
        overview = found.overview(phases=False)
        served = any(getattr(given, name) is not None for name in limits.OF_PIECES)
        pieces = found.pieces() if served else None
    findings = limits.check(overview, given, pieces)
    if args.json:
        from inspector.cli.documents.overviews import Checked

        kept = all(item.kept for item in findings)
        print_json(Checked(kept, findings, len(overview.rows), len(overview.logs), overview.bad))
    else:
        _print(overview, findings, Style(wants_colour(sys.stdout)))
    if any(item.over for item in findings):
        return EXIT_TARGET_FAILED
    return EXIT_OK if all(item.kept for item in findings) else EXIT_UNKNOWN


def _print(overview: Overview, findings: tuple[limits.Finding, ...], style: Style) -> None:
    for item in findings:
        word = style.good("ok     ") if item.kept else style.bad("over   ") if item.over else style.warn("unknown")
        print(f"{word} {plain(finding_words(item))}")
        culprits = culprits_words(item) if item.over else []
        for culprit in culprits[:SHOWN]:
            print(f"          {one_line(culprit)}")
        if len(culprits) > SHOWN:
            print(style.dim(f"          … and {len(culprits) - SHOWN:,} more"))
    read = f" of {plural(len(overview.logs), 'log')}" if overview.logs else ""
    ours = sum(is_ours(row.compile_id) for row in overview.rows)
    rows = plural(len(overview.rows) - ours, "compile id") + (f" and {ours} without one" if ours else "")
    print(style.dim(f"looked at {rows}{read}, {plural(overview.records, 'record')}"))
