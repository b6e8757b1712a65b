"""What a person points at, opened with progress on stderr.

with open_input(args) as found:
    overview = found.overview()
"""

from __future__ import annotations

import argparse

from inspector.cli.terminal import ProgressLine
from inspector.work.opening import Opened, open_path

INPUT_HELP = "a log that TORCH_TRACE wrote (plain, gzip, zstd), a folder of logs, a bundle, or - for standard input"


def add_input(
    parser: argparse.ArgumentParser, *, metavar: str = "LOG", says: str = INPUT_HELP, required: bool = True
) -> None:
    """Adds LOG and what belongs to it.

    Args:
        metavar: what to call it.
        says: its line of help.
        required: an error without it; else it is None.
    """
    parser.add_argument("input", nargs=None if required else "?", metavar=metavar, help=says)
    parser.add_argument("--latest", action="store_true", help="of a folder, only the log that was written last")


def open_input(args: argparse.Namespace) -> Opened:
    """Opens what `add_input` asked for.

    Raises:
        UsageError: there is no such thing, it cannot be read, or it is neither.
    """
    return open_path(args.input, latest=args.latest, tell=ProgressLine().show)
