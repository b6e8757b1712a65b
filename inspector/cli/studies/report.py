"""Make the paper's tables and figures of results.

RESULTS are results files of `inspector study`, the paper's raw JSON files, or folders of either; `NAME=PATH` gives a
set a name. Two sets or more are compared: `inspector study report paper=their/files mine.jsonl`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from inspector.cli.options import add_traceback
from inspector.cli.studies.output import write_text
from inspector.errors import EXIT_OK

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
        kinds.add_argument(f"--{name}", dest="format", action="store_const", const=name, default="text", help=words)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file instead of stdout")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Prints or writes the report."""
    from inspector.study.report import make_report
    from inspector.study.sources import open_results

    opened = open_results(args.results)
    report = make_report(opened.sets, opened.notes)
    content = _rendered(args.format, report)
    if args.output is not None:
        write_text(args.output, content, force=args.force)
        for note in opened.notes:
            print(note, file=sys.stderr)
        print(f"Written: {args.output}")
    else:
        print(content, end="")
    return EXIT_OK


def _rendered(kind: str, report: object) -> str:
    from inspector.study import render
    from inspector.study.document import Report

    assert isinstance(report, Report)
    match kind:
        case "markdown":
            return render.markdown(report)
        case "csv":
            return render.as_csv(report)
        case "json":
            return render.as_json(report)
        case "html":
            from inspector.study.html import page

            return page(report)
        case _:
            return render.text(report)
