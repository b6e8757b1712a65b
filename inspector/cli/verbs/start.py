"""Take a program's start apart: every process and phase, from its start to its first output or its end.

    inspector start serve.py                       inspector start --cold --again python generate.py
    inspector start --until "startup complete" --stop vllm serve MODEL

The program runs as it is: its arguments, streams, files and exit code are its own. Imports are told by package, torch's
phases by its own events, steps of servers that are known by name, and what each process uses by looking at it forty
times a second. --cold gives it an empty home, temporary folder and caches; --again starts it a second time with what
the first start left, and tells what that spared. The report goes to standard error; with --json it is the only thing on
standard output.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from inspector.cli.doc_text import section_lines
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, print_json
from inspector.cli.printable import printable
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.client.script import script_command
from inspector.errors import UsageError
from inspector.files import check_free, write_file
from inspector.model.startup import ProgramStart
from inspector.paths import typed_path
from inspector.say import startup as say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds our options; everything from the command on is the program's."""
    parser.add_argument("--cold", action="store_true", help="with an empty home, temporary folder and caches")
    parser.add_argument("--again", action="store_true", help="start it a second time, with what the first start left")
    parser.add_argument("--until", default="", metavar="WORDS", help="tell when its output holds these words")
    parser.add_argument("--stop", action="store_true", help="with --until: end it then, by SIGTERM")
    parser.add_argument("--html", type=typed_path, metavar="FILE", help="write the report as a page")
    parser.add_argument("--force", action="store_true", help="with --html: replace a file that is there")
    add_json(parser)
    add_traceback(parser)
    parser.add_argument("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="what to start, and its arguments")


def run(args: argparse.Namespace) -> int:
    """Runs it, reports; returns its exit code, of the first start that failed."""
    from inspector.work.starting import new_home, started

    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    command = script_command(words, args.module, verb="start")
    if args.stop and not args.until:
        raise UsageError("--stop ends the program once --until has come.", "Give --until WORDS with it.")
    check_free(args.html, force=args.force)
    starts = []
    with ExitStack() as stack:
        changed = stack.enter_context(new_home()) if args.cold else {}
        for name in ("cold" if args.cold else "as it is", *(("again",) if args.again else ())):
            starts.append(started(command, name, changed, until=args.until, stop=args.stop, aside=args.json))
            if args.until and starts[-1].until is None:
                print(f"inspector: the words {args.until!r} never came.", file=sys.stderr)
            if starts[-1].exit_code and not args.stop:
                break
    if args.html is not None:
        _write_page(starts, args.html, force=args.force)
    if args.json:
        from inspector.cli.documents.served import StartsDocument

        print_json(StartsDocument(tuple(starts)))
    else:
        style = Style(wants_colour(sys.stderr))
        for line in lines(printable(tuple(starts)), style):
            print(line, file=sys.stderr)
    return next((start.exit_code for start in starts if start.exit_code), 0)


def lines(starts: Sequence[ProgramStart], style: Style) -> Iterator[str]:
    """The report."""
    for start in starts:
        yield ""
        yield from section_lines(say.facts(start), style)
        yield ""
        yield from item_table(*say.axis_table(start), style)
    yield style.dim(say.LEGEND)
    yield ""
    yield from item_table(*say.parts_table(starts), style)
    for process in say.others(starts[0]):
        yield ""
        yield from item_table(*say.process_table(process), style)
    if starts[0].processes and starts[0].processes[0].imports:
        yield ""
        yield from item_table(*say.imports_table(starts[0].processes[0]), style)
    if len(starts) > 1:
        yield ""
        yield say.spared_words(starts[0], starts[1])


def _write_page(starts: Sequence[ProgramStart], path: Path, *, force: bool) -> None:
    from inspector.study.html import page
    from inspector.study.start_report import start_report

    write_file(path, page(start_report(starts)).encode(), force=force)
    print(f"inspector: the report is in {path}.", file=sys.stderr)
