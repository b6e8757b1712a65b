"""Compile a target anew whenever its file is saved, and say what that changed.

Edit path/to/file.py in any editor while this runs: each save is compiled, its code is compared by meaning with the
version before (renamed buffers are no change), both are timed in turn, and what a call comes to is held against what it
came to before. A version that does not compile says why, and the last good one stays. On a terminal all panes show it;
elsewhere, or with --plain, a line is printed for each version. Ctrl-C ends it.
With --versions a line is printed too, and it ends by itself, with 1 where the last version did not compile.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.cli.options import TARGET_HELP, add_compile_options, positive, request_from
from inspector.cli.printable import one_line
from inspector.cli.signals import stop_signals
from inspector.cli.terminal import Style, interactive, wants_colour
from inspector.errors import EXIT_OK, EXIT_TARGET_FAILED
from inspector.model.version import NOT_YET, Standing, Version
from inspector.say import version as say

if TYPE_CHECKING:
    from inspector.live import Update


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's options and how to show it."""
    parser.add_argument("target", nargs="?", metavar="TARGET", help=TARGET_HELP)
    add_compile_options(parser, caches=False)
    group = parser.add_argument_group("how to show it")
    group.add_argument("--plain", action="store_true", help="print a line for each version, on a terminal too")
    group.add_argument("--versions", type=positive, metavar="N", help="as --plain, and end after so many versions")


def run(args: argparse.Namespace) -> int:
    """Watches until it is told to stop."""
    from inspector.client.toolchain import require_compiler

    request = request_from(args)
    require_compiler()
    if interactive() and not args.plain and args.versions is None:
        from inspector.tui import run_live

        return run_live(request, watches=True)
    from inspector.work.versions import Versions

    with stop_signals() as stop:
        printer = _Printer(Style(wants_colour(sys.stdout)), args.versions)
        Versions(request, printer.tell, _remark).run(lambda: stop.asked or printer.enough)
        stop.check()
    return EXIT_TARGET_FAILED if printer.failed else EXIT_OK


def _remark(update: Update) -> None:
    """What inspector itself has to say; what workers print would bury the versions."""
    from inspector.live import LogText

    if isinstance(update, LogText) and update.stream == "inspector":
        print(f"inspector: {one_line(update.text.strip())}", file=sys.stderr, flush=True)


class _Printer:
    """Prints what each version has come to, once."""

    def __init__(self, style: Style, most: int | None) -> None:
        self._style, self._most = style, most
        self._told: set[int] = set()
        self.failed = False
        """Whether the last one did not compile."""

    @property
    def enough(self) -> bool:
        """Whether as many have been printed as were asked for."""
        return self._most is not None and len(self._told) >= self._most

    def tell(self, version: Version) -> None:
        """Prints it, where it is settled."""
        if version.number in self._told or not _settled(version):
            return
        self._told.add(version.number)
        self.failed = version.standing is Standing.FAILED
        for line in _lines(version, self._style):
            print(line, flush=True)


def _settled(version: Version) -> bool:
    if version.standing is not Standing.GOOD:
        return version.standing is not Standing.COMPILING
    return version.uncompared != NOT_YET and (version.before is None or version.unraced != NOT_YET)


def _lines(version: Version, style: Style) -> Iterator[str]:
    name = style.bold(f"version {version.number}")
    against = f" against {version.before}" if version.before is not None else ""
    if version.standing is Standing.FAILED:
        yield f"{name}  {style.bad(one_line(say.headline(version)))}"
        if version.hint:
            yield f"  {one_line(version.hint)}"
        if version.before is not None:
            yield style.dim(f"  version {version.before} stays")
        return
    clauses = list(say.clauses(version))
    words = ", ".join(style.toned(row.tone)(one_line(row.text)) for row in clauses) or one_line(say.headline(version))
    yield f"{name}{style.dim(against)}  {words}"
    if said := say.times(version):
        yield style.dim(f"  after the save: {said}")
