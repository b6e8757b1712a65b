"""Make the paper's tables and figures of results.

RESULTS are results files of `inspector study`, the paper's raw JSON files, or folders of either; `NAME=PATH` gives a
set a name. Two sets or more are compared: `inspector study report paper=their/files mine.jsonl`.
"""

from __future__ import annotations

import argparse
import sys

from inspector.cli.options import add_traceback
from inspector.cli.studies.following import require_terminal
from inspector.errors import EXIT_OK, UsageError
from inspector.paths import typed_path

_FORMATS = {
    "text": "aligned tables (default)",
    "markdown": "the same for a page or a pull request",
    "html": "one file with the figures, nothing loaded from elsewhere",
    "csv": "every number in full precision, a line each",
    "json": "the same as JSON",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the results and the format."""
    parser.add_argument("results", nargs="+", metavar="RESULTS", help="a file or folder, or NAME=PATH")
    kinds = parser.add_mutually_exclusive_group()
    for name, words in _FORMATS.items():
        kinds.add_argument(f"--{name}", dest="format", action="store_const", const=name, help=words)
    kinds.add_argument("--tui", action="store_true", help="on the screen: the same charts and tables")
    parser.add_argument(
        "-o", "--output", type=typed_path, metavar="FILE", help="write it; the ending says how: .html, .md, .csv, …"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Prints or writes the report."""
    from inspector.study.report import make_report
    from inspector.study.sources import open_results
    from inspector.study.written import ENDINGS, check_form, rendered, write_text

    if args.tui:
        if args.output is not None:
            raise UsageError("--tui shows it, and -o writes it.", "Leave one out; E on the screen writes it.")
        require_terminal("inspector study report")
    if args.output is not None:
        check_form(args.output, args.format)
    form = args.format or (ENDINGS.get(args.output.suffix) if args.output is not None else None) or "text"
    opened = open_results(args.results)
    if args.tui:
        from inspector.tui.study import run_results

        return run_results(opened, " ".join(item.name for item in opened.sets))
    report = make_report(opened.sets, opened.notes)
    content = rendered(form, report)
    if args.output is not None:
        write_text(args.output, content, force=args.force)
        for note in opened.notes:
            print(note, file=sys.stderr)
        print(f"Written: {args.output}")
    else:
        print(content, end="")
    return EXIT_OK
