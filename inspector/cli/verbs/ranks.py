"""Compare the ranks of one job: compile ids, graphs, caches, collectives in code, tensors, execution order, run time.

Takes the folder that holds every rank's log. Where ranks differ, the first entry that differs is named and the two
listings are shown as a difference. With --exit-code it ends with 1 where the ranks disagree.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace

from inspector.cli.diff_text import row_lines, text_lines
from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import ProgressLine, Style, wants_colour
from inspector.cli.verdict_text import verdict_lines
from inspector.errors import EXIT_OK, EXIT_USAGE
from inspector.model.rank_report import Divergence, RankAspect, RankReport
from inspector.say import ranks as say
from inspector.say.difference_caches import cache_rows
from inspector.why import rules
from inspector.why.verdict import Verdict
from inspector.why.words import about
from inspector.work.opening import Opened


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the folder."""
    add_input(parser)
    names = ", ".join(aspect.value for aspect in RankAspect)
    parser.add_argument(
        "--aspect", choices=[aspect.value for aspect in RankAspect], metavar="ASPECT", help=f"only {names}"
    )
    parser.add_argument("--context", type=int, default=3, metavar="N", help="lines around each difference (default 3)")
    parser.add_argument(
        "--exit-code", action="store_true", help="end with 1 where the ranks disagree, with 2 where nothing is recorded"
    )
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Compares and prints."""
    with open_input(args) as found:
        report = _compared(found)
    style = Style(wants_colour(sys.stdout) and not args.json)
    from inspector.cli.documents.overviews import RanksDocument

    verdicts = about((rules.ranks(report),))
    show(lambda: RanksDocument.of(report, verdicts), (report, verdicts), args, lambda safe: _lines(*safe, args, style))
    if not args.exit_code:
        return EXIT_OK
    return int(report.diverges) if report.compared else EXIT_USAGE


def _compared(found: Opened) -> RankReport:
    """The ranks of a log, read one after the other with progress on stderr, or those of a bundle."""
    if found.bundle is not None:
        from inspector.compare import compare_ranks

        return compare_ranks(found.bundle)
    from inspector.work.comparing import rank_report

    assert found.log is not None
    status = ProgressLine()
    try:
        return rank_report(found.log, None, status.show)
    finally:
        status.clear()


def _lines(report: RankReport, verdicts: tuple[Verdict, ...], args: argparse.Namespace, style: Style) -> Iterator[str]:
    yield from verdict_lines(verdicts, style)
    columns = (replace(say.COLUMNS[0], title="rank"), *say.COLUMNS[1:])
    yield from item_table(columns, [replace(item, depth=0) for item in say.rank_items(report)], style)
    if any(rank.collectives or rank.waits for rank in report.ranks):
        yield style.dim(say.CALLS_IN_CODE)
    yield from (one_line(row.text) for row in say.taken_rows(report))
    for item in report.aspects:
        if args.aspect in (None, item.aspect.value):
            yield ""
            yield from _aspect(item, style, max(0, args.context))


def _aspect(item: Divergence, style: Style, context: int) -> Iterator[str]:
    row = say.aspect_row(item)
    yield f"{style.bold(item.aspect.heading[:1].upper() + item.aspect.heading[1:])}  {style.toned(row.tone)(row.text)}"
    yield from (f"  {reason}" for reason in item.reasons)
    yield from (f"  {row.label}: {row.text}" for row in say.group_rows(item))
    yield from (f"  {style.dim(remark)}" for remark in item.remarks)
    for text in item.differences:
        label = f"{text.a.label if text.a else ''} ↔ {text.b.label if text.b else ''}"
        yield style.dim(f"  {label}")
        yield from (f"  {line}" for line in text_lines(text, style, context=context))
    for cache in item.caches:
        yield from row_lines(tuple(cache_rows(cache)), style, every=True, indent="  ")
