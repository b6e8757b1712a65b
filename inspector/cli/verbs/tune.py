"""Try the settings that can matter for a target, and say which make it faster beyond noise.

Candidates are chosen by what the target compiles to without any, and by the device; what is left out is said with its
reason. Each is compiled in a process of its own, its numbers are held against eager and float64, and it is raced
against what there is, in turn: all shortly, the better half longer, the last ones in new starts of both, from which
the verdict comes. What pays is told with the lines for one's program, which are run to see that they do the same.
Nothing is recommended that is not faster beyond noise, or whose numbers are wrong.
Factors: freezing, autotune, epilogue, grouped, vectors, threads, chunks, math, tanh, wrapper, layout, dynamic; on a
GPU descent, cudagraphs and combo.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.cli.options import TARGET_HELP, add_compile_options, request_from, seconds
from inspector.cli.output import print_json
from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.cli.verbs.numerics import tolerance
from inspector.errors import EXIT_OK, UsageError
from inspector.paths import typed_path
from inspector.say import tune as say
from inspector.say.start import title

if TYPE_CHECKING:
    from inspector.model.tune import Tuning
    from inspector.study.tune.search import TuneUpdate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's options, what to try, and how to tell."""
    parser.add_argument("target", nargs="?", metavar="TARGET", help=TARGET_HELP)
    from inspector.study.tune.candidates import FACTORS

    add_compile_options(parser, caches=False)
    group = parser.add_argument_group("what to try")
    for name, words in (("--only", "try nothing else; repeatable"), ("--skip", "try all but this; repeatable")):
        group.add_argument(name, action="append", default=[], choices=list(FACTORS), metavar="FACTOR", help=words)
    group.add_argument(
        "--budget", type=seconds, default=600.0, metavar="SECONDS", help="for the whole search (default 600)"
    )
    group.add_argument(
        "--tolerance",
        type=tolerance,
        metavar="X",
        help="largest relative deviation from eager (default: of each dtype)",
    )
    group.add_argument(
        "--fresh", action="store_true", help="a new process each time, not one forked from a parent: slower"
    )
    out = parser.add_argument_group("how to tell it")
    out.add_argument(
        "-o", "--report", type=typed_path, metavar="FILE", help="write it: .html, .md, .txt, .csv or .json"
    )
    out.add_argument("--force", action="store_true", help="replace a file that is there")
    out.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Searches, and prints what pays."""
    from inspector.files import check_free
    from inspector.study.written import format_of, rendered, write_text

    if args.report is not None:
        format_of(args.report)
        check_free(args.report, force=args.force)
    tuning = _searched(args)
    if args.report is not None:
        from inspector.study.tune.report import tune_report

        write_text(args.report, rendered(format_of(args.report), tune_report(tuning)), force=args.force)
    if args.json:
        from inspector.cli.documents.tuned import TuneDocument

        print_json(TuneDocument.of(tuning))
    else:
        style = Style(wants_colour(sys.stdout))
        print("\n".join(_lines(tuning, style)))
        if args.report is not None:
            print(f"Written: {args.report}")
    return EXIT_OK


def _searched(args: argparse.Namespace) -> Tuning:
    from inspector.cli.signals import stop_signals
    from inspector.cli.terminal import ProgressLine
    from inspector.model.tune import TrialDone
    from inspector.study.tune.search import TuneOptions
    from inspector.study.tune.tuning import tune

    if both := [factor for factor in args.only if factor in args.skip]:
        raise UsageError(f"--only {both[0]} and --skip {both[0]} leave nothing of it to try.", "Leave one out.")
    request = request_from(args)
    options = TuneOptions(args.budget, tuple(args.only), tuple(args.skip), tolerance=args.tolerance)
    status = ProgressLine()

    def tell(update: TuneUpdate) -> None:
        if isinstance(update, TrialDone):
            status.clear()
            print(one_line(say.trial_words(update.trial)), file=sys.stderr, flush=True)
        else:
            status.show(say.progress_words(update))

    with stop_signals() as stop:
        try:
            return tune(request, options, tell, stop.check, fresh=args.fresh)
        finally:
            status.clear()


def _lines(tuning: Tuning, style: Style) -> Iterator[str]:
    yield style.bold(title(tuning.capture))
    yield ""
    yield from item_table(say.COLUMNS, list(say.items(tuning)), style)
    yield ""
    for row in say.verdict(tuning):
        yield style.toned(row.tone)(one_line(row.text))
    for trial in tuning.finalists:
        yield ""
        yield style.bold(f"What {trial.candidate.name} changes")
        for row in say.why(trial):
            label = f"{style.dim(row.label)}  " if row.label else ""
            yield f"{'  ' * (row.depth + 1)}{label}{style.toned(row.tone)(one_line(row.text))}"
    if tuning.lines:
        yield ""
        yield style.bold(say.lines_title(tuning))
        yield from (f"  {line}" for line in tuning.lines)
        if tuning.check is not None:
            paint = style.good if tuning.check.same else style.bad
            yield f"  {paint(f'tried: {one_line(tuning.check.words)}')}"
    yield ""
    yield style.dim("Left out")
    width = max((len(item.factor) for item in tuning.left_out), default=0)
    yield from (style.dim(f"  {item.factor:<{width}}  {one_line(item.why)}") for item in tuning.left_out)
    yield from (style.toned(row.tone)(one_line(row.text)) for row in say.notes(tuning))
