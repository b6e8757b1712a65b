"""Look at a log or a bundle in the terminal, without torch.

Takes a log that TORCH_TRACE wrote (plain, gzip or zstd), a folder of logs of one process or of many ranks, the output
folder of tlparse, a torch_compile_debug folder, a bundle's folder or NAME.inspector, a results file of `inspector
study`, or - for a log on standard input; which of them it is, it finds out. The first screen comes while a large log is
still being indexed. With --follow, a log that is still being written, even one that is not there yet. In a pipe, use
`inspector show`.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.cli.load import add_input
from inspector.cli.options import add_traceback
from inspector.cli.terminal import interactive
from inspector.errors import UsageError
from inspector.work.opening import Opened, open_path

_STDIN = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log."""
    add_input(parser)
    parser.add_argument("--follow", action="store_true", help="go on reading what is written to it")
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Shows it until the person quits."""
    if args.input == _STDIN:
        with open_path(_STDIN) as found, _keys_from_the_terminal():
            return _show(found, args)
    from inspector.study.sources import holds_results

    if holds_results(Path(args.input)):
        return _show_results(args.input)
    with open_path(args.input, latest=args.latest, follow=args.follow) as found:
        return _show(found, args)


def _show_results(path: str) -> int:
    if not interactive():
        raise _no_terminal(f"inspector study report {shlex.quote(path)}")
    from inspector.study.sources import open_results
    from inspector.tui.study import run_results

    return run_results(open_results([path]), Path(path).name)


def _no_terminal(instead: str) -> UsageError:
    return UsageError(
        "`inspector open` needs a real terminal: stdin and stdout on one, and TERM neither empty nor dumb.",
        f"Print from it with `{instead}`.",
    )


def _show(found: Opened, args: argparse.Namespace) -> int:
    if not interactive():
        raise _no_terminal(f"inspector show {shlex.quote(args.input)}")
    if found.bundle is not None:
        from inspector.tui import run_capture

        return run_capture(found.bundle, found.title, Path(args.input).resolve())
    from inspector.tui import run_log

    assert found.log is not None
    return run_log(found.log, found.title, follow=args.follow)


@contextmanager
def _keys_from_the_terminal() -> Iterator[None]:
    """Standard input is the log, and its descriptor is kept by who reads it; keys come from the terminal itself."""
    try:
        terminal = os.open(Path("/dev/tty"), os.O_RDWR)
    except OSError:  # no terminal at all, which is told as for any other input
        yield
        return
    pipe = os.dup(sys.stdin.fileno())
    try:
        os.dup2(terminal, sys.stdin.fileno())
        yield
    finally:
        os.dup2(pipe, sys.stdin.fileno())
        os.close(pipe)
        os.close(terminal)
