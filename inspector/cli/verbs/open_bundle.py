"""Look at a bundle in the terminal, without torch.

Takes a bundle's folder or a NAME.inspector file. In a pipe, use `inspector show`.
"""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from inspector.cli.options import add_traceback
from inspector.cli.terminal import interactive
from inspector.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the bundle."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="a bundle's folder, or NAME.inspector")
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Shows the bundle until the person quits."""
    from inspector.bundle import read

    capture = read(args.bundle)
    if not interactive():
        raise UsageError(
            "`inspector open` needs a real terminal: stdin and stdout on one, and TERM neither empty nor dumb.",
            f"Print from it with `inspector show {shlex.quote(str(args.bundle))}`.",
        )
    from inspector.tui import run_capture

    return run_capture(capture, args.bundle.resolve().name)
