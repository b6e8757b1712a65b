"""Hold a log, a bundle or a target against limits, or against a baseline: for CI.

  inspector check LOG --max-graph-breaks 0 --max-recompiles 2
  inspector check new/*.inspector --baseline old/*.inspector        several starts of each side
  inspector check llama-mlp --starts 4 --baseline library           a target is compiled and timed here
  inspector check new.inspector --baseline library:tag=nightly --markdown comment.md

Exit code 0 if all is kept, 1 if a limit is exceeded or something grew, 4 if neither is so, and something cannot be
told: the log does not record all of it, or a time has no interval. What counted is printed, worst first. Each limit
holds for every process (rank) by itself. A graph break counts once for each place in the user's code; a recompile is a
compile of a function that had been compiled before; compile time is that of all compiles together, with their backward
graphs. In a test suite, the fixture of `inspector.testing` does the same with limits.

--baseline takes bundles, logs, folders of bundles, or the library: what it kept of the same target, made most alike,
since anything last changed (`library:ID`, `library:tag=nightly,torch=2.13`). Counts (breaks, recompiles, failures,
kernels, shapes with wrong results) may not be more; a time may not be longer beyond its noise and --tolerance. Times
are compared from two starts of each side on, and only where torch, machine, target, inputs and options are the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli.load import INPUT_HELP
from inspector.cli.options import add_compile_options, add_keep, compile_options_given, positive, seconds
from inspector.cli.output import print_json
from inspector.cli.printable import one_line, plain
from inspector.cli.terminal import ProgressLine, Style, wants_colour
from inspector.errors import EXIT_OK, EXIT_TARGET_FAILED, EXIT_UNKNOWN, UsageError
from inspector.files import check_free, write_file
from inspector.model import limits
from inspector.model.compile_row import is_ours
from inspector.paths import typed_path
from inspector.say.limits import SHOWN, culprits_words, finding_words
from inspector.say.units import plural
from inspector.targets.nearest import did_you_mean

if TYPE_CHECKING:
    from inspector.model.baseline import BaselineReport
    from inspector.model.difference import CaptureDifference
    from inspector.model.pieces import Pieces
    from inspector.study.baseline import StartOf

_LIBRARY = "library"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what is checked, the limits and the baseline."""
    parser.add_argument("input", nargs="+", metavar="LOG", help=f"{INPUT_HELP}; or a target, which is compiled")
    parser.add_argument("--latest", action="store_true", help="of a folder, only the log that was written last")
    most = parser.add_argument_group("limits")
    most.add_argument("--max-graph-breaks", type=whole, metavar="N", help="different places where a graph ended early")
    most.add_argument("--max-recompiles", type=whole, metavar="N", help="recompiles of all functions together")
    most.add_argument("--max-compile-time", type=seconds, metavar="SECONDS", help="all compiles together")
    most.add_argument("--max-failures", type=whole, metavar="N", help="compiles that ended with an exception")
    most.add_argument("--max-cache-misses", type=whole, metavar="N", help="compiles that had to generate code")
    most.add_argument("--max-pieces", type=whole, metavar="N", help="pieces that a server (vLLM) generated code for")
    most.add_argument("--max-given-up", type=whole, metavar="N", help="artifacts that it loaded and compiled again")
    base = parser.add_argument_group("a baseline")
    base.add_argument(
        "--baseline", nargs="+", metavar="BASE", help="bundles, logs, folders of bundles; library[:QUERY]"
    )
    base.add_argument(
        "--of",
        type=_listed,
        metavar="A,B",
        help="of breaks, recompiles, failures, kernels, guards, wrong, compile, latency (default: all but guards)",
    )
    base.add_argument("--tolerance", type=_percent, metavar="PERCENT", help="how much longer a time may be (default 5)")
    here = parser.add_argument_group("a target that is compiled here")
    here.add_argument("--starts", type=positive, metavar="N", help="in N processes, one after the other (default 1)")
    here.add_argument("--seconds", type=seconds, metavar="S", help="end timing after this long (default 20)")
    here.add_argument("-o", "--output", type=typed_path, metavar="FOLDER", help="write each start's bundle there")
    add_keep(here)
    out = parser.add_argument_group("what to say")
    out.add_argument("--markdown", type=typed_path, metavar="FILE", help="also write it for a pull request")
    out.add_argument("--force", action="store_true", help="replace a file that is there")
    out.add_argument("--json", action="store_true", help="print one JSON object")
    add_compile_options(parser)


def whole(text: str) -> int:
    """A whole number from 0, for argparse."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _percent(text: str) -> float:
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1.0
    if not 0 <= number < 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of percent from 0")
    return number / 100


def _listed(text: str) -> list[str]:
    from inspector.study.baseline import QUANTITIES

    found = [item.strip() for item in text.split(",") if item.strip()]
    for item in found:
        if item not in QUANTITIES:
            near = did_you_mean(item, QUANTITIES).strip()
            raise argparse.ArgumentTypeError(f"{item!r} is none of {', '.join(QUANTITIES)}. {near}".rstrip(" ."))
    if not found:
        raise argparse.ArgumentTypeError("nothing is named")
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class CheckInput:
    """One thing that is checked."""

    start: StartOf
    pieces: Pieces | None = None
    """What a server compiled, where a limit is about that."""


def run(args: argparse.Namespace) -> int:
    """Checks, and says what exceeded a limit or grew."""
    given = limits.Limits(**{item.name: getattr(args, item.name) for item in fields(limits.Limits)})
    _refuse(args, given)
    found = list(_inputs(args, given))
    starts = [item.start for item in found]
    findings = [finding for item in found for finding in _limits(item, given, named=len(found) > 1)]
    report, difference = _held(args, starts)
    if args.markdown is not None:
        from inspector.bundle.comment import comment

        page = comment(" ".join(args.input), findings, report, difference, looked=_looked(starts))
        write_file(args.markdown, page.encode(errors="replace"), force=args.force)
    if args.json:
        _print_json(starts, findings, report)
    else:
        _print(starts, findings, report, Style(wants_colour(sys.stdout)))
    if any(item.over for item in findings) or (report is not None and report.grew):
        return EXIT_TARGET_FAILED
    kept = all(item.kept for item in findings) and (report is None or report.kept)
    return EXIT_OK if kept else EXIT_UNKNOWN


def _refuse(args: argparse.Namespace, given: limits.Limits) -> None:
    """Options that say nothing here, before anything long is done.

    Raises:
        UsageError: there are some, or there is neither a limit nor a baseline.
    """
    if not given.given and args.baseline is None:
        raise UsageError(
            "No limit is given, and no baseline.",
            "Give at least one: --max-graph-breaks 0 --max-recompiles 2, or --baseline BUNDLE.",
        )
    if args.baseline is None:
        for name in ("of", "tolerance"):
            if getattr(args, name) is not None:
                raise UsageError(f"--{name} is of a --baseline, which is not given.", "Add --baseline BUNDLE.")
    if not any(_is_target(word) for word in args.input):
        options = [f"--{name}" for name in ("starts", "seconds") if getattr(args, name) is not None]
        options += ["-o"] if args.output is not None else []
        options += ["--keep"] if "--keep" in args.given else []
        if options := [*options, *compile_options_given(args)]:
            raise UsageError(
                f"{options[0]} is of a target that is compiled here, and {args.input[0]} is read.", "Leave one out."
            )
    check_free(args.markdown, force=args.force)


# --- what is checked ----------------------------------------------------------------------------------------


def _is_target(word: str) -> bool:
    """Whether it is to be compiled: whatever is no path that is there."""
    return word != "-" and not Path(word).exists()


def _inputs(args: argparse.Namespace, given: limits.Limits) -> Iterator[CheckInput]:
    for word in args.input:
        if _is_target(word):
            yield from (CheckInput(start) for start in _compiled(word, args))
        else:
            for path in _paths(word):
                yield _read(path, args, given)


def _paths(word: str) -> list[str]:
    """A path, or the bundles in a folder that holds nothing but them."""
    from inspector.trace.files import Input as Kind
    from inspector.trace.files import input_at

    if word == "-" or input_at(word) is not Kind.LOGS:
        return [word]
    bundles = [path for path in sorted(Path(word).iterdir()) if _is_bundle(path)]
    return list(map(str, bundles)) or [word]


def _is_bundle(path: Path) -> bool:
    from inspector.trace.files import Input as Kind
    from inspector.trace.files import input_at

    return not path.name.startswith(".") and input_at(path) is Kind.BUNDLE


def _read(path: str, args: argparse.Namespace, given: limits.Limits) -> CheckInput:
    from inspector.model.capture import Capture
    from inspector.study.baseline import StartOf
    from inspector.work.opening import open_path

    with open_path(path, latest=args.latest, tell=ProgressLine().show) as found:
        served = any(getattr(given, name) is not None for name in limits.OF_PIECES)
        # Limits need a log's overview alone, which of gigabytes is there long before its texts.
        capture = found.capture() if args.baseline is not None else Capture()
        title = path if path != "-" else found.title
        return CheckInput(
            StartOf(title, capture, found.overview(phases=False)), pieces=found.pieces() if served else None
        )


def _compiled(word: str, args: argparse.Namespace) -> Iterator[StartOf]:
    """A target, compiled and timed in as many processes as are asked for."""
    from inspector.bundle import check_destination, write
    from inspector.cli.options import request_from
    from inspector.cli.session import follow, keep, raise_for
    from inspector.model.overview_of import overview_of
    from inspector.study.baseline import USUAL, StartOf
    from inspector.work.asking import Steps, Timing

    args.target = word
    request = request_from(args)
    wanted = (
        args.baseline is not None or args.output is not None or args.keep
    )  # a baseline of another day has its times
    timed = wanted and {"latency", "wrong"} & {*(args.of or USUAL)}
    places = [
        None if args.output is None else args.output / f"start-{number + 1}.inspector"
        for number in range(args.starts or 1)
    ]
    for place in filter(None, places):
        check_destination(place, force=args.force)
    for number, place in enumerate(places):
        done = follow(request, Steps(Timing(seconds=args.seconds or Timing.seconds)) if timed else None)
        raise_for(done.outcome)
        if place is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            write(done.capture, place, force=args.force)
        keep(args, done.capture)
        yield StartOf(f"{request.title}, start {number + 1}", done.capture, overview_of(done.capture))


# --- limits and baseline ------------------------------------------------------------------------------------


def _limits(item: CheckInput, given: limits.Limits, *, named: bool) -> Iterator[limits.Finding]:
    for finding in limits.check(item.start.overview, given, item.pieces) if given.given else ():
        process = f"{item.start.title} {finding.process}".rstrip() if named else finding.process
        yield replace(finding, process=process)


def _held(
    args: argparse.Namespace, starts: Sequence[StartOf]
) -> tuple[BaselineReport | None, CaptureDifference | None]:
    """What the baseline was held against, and how its newest start differs where that is to be written."""
    if args.baseline is None:
        return None, None
    from inspector.study.baseline import TOLERANCE, hold

    baseline = list(_baseline(args, starts))
    report = hold(baseline, starts, of=args.of, tolerance=TOLERANCE if args.tolerance is None else args.tolerance)
    if args.markdown is None:
        return report, None
    from inspector.compare import compare_captures

    titles = (baseline[-1].title, starts[0].title)
    return report, compare_captures(baseline[-1].capture, starts[0].capture, titles)


def _baseline(args: argparse.Namespace, starts: Sequence[StartOf]) -> Iterator[StartOf]:
    for word in args.baseline:
        name, _, query = word.partition(":")
        if name == _LIBRARY and not Path(word).exists():
            from inspector.library import Library
            from inspector.study.kept_baseline import kept_baseline

            library = Library()
            yield from kept_baseline(library, query, starts)
            for note in library.notes:
                print(note, file=sys.stderr)
        elif word == "-":
            raise UsageError("A baseline is not read from standard input.", "Name a bundle, a log, or library.")
        else:
            yield from (_read(path, args, limits.Limits()).start for path in _paths(word))


# --- what is said -------------------------------------------------------------------------------------------


def _print_json(starts: Sequence[StartOf], findings: Sequence[limits.Finding], report: BaselineReport | None) -> None:
    from inspector.cli.documents.overviews import Checked

    kept = all(item.kept for item in findings) and (report is None or report.kept)
    overviews = [item.overview for item in starts]
    print_json(
        Checked(
            kept,
            tuple(findings),
            sum(len(item.rows) for item in overviews),
            sum(item.files for item in overviews),
            sum(item.bad for item in overviews),
            report,
        )
    )


def _print(
    starts: Sequence[StartOf], findings: Sequence[limits.Finding], report: BaselineReport | None, style: Style
) -> None:
    for item in findings:
        word = style.good("ok     ") if item.kept else style.bad("over   ") if item.over else style.warn("unknown")
        print(f"{word} {plain(finding_words(item))}")
        culprits = culprits_words(item) if item.over else []
        for culprit in culprits[:SHOWN]:
            print(f"          {one_line(culprit)}")
        if len(culprits) > SHOWN:
            print(style.dim(f"          … and {len(culprits) - SHOWN:,} more"))
    if report is not None:
        for line in _report_lines(report, style):
            print(line)
    print(style.dim(_looked(starts)))


def _looked(starts: Sequence[StartOf]) -> str:
    """Of how much the verdicts are."""
    overviews = [item.overview for item in starts]
    logs, records = (sum(counts) for counts in zip(*((item.files, item.records) for item in overviews), strict=True))
    read = f" of {plural(logs, 'log')}" if any(item.logs for item in overviews) else ""
    ours = sum(is_ours(row.compile_id) for item in overviews for row in item.rows)
    count = sum(len(item.rows) for item in overviews)
    rows = plural(count - ours, "compile id") + (f" and {ours} without one" if ours else "")
    return f"looked at {rows}{read}, {plural(records, 'record')}"


def _report_lines(report: BaselineReport, style: Style) -> Iterator[str]:
    from inspector.say import baseline as say

    for item in report.findings:
        word, tone = say.MARKS[item.growth]
        yield f"{style.toned(tone)(f'{word:<7}')} {one_line(say.finding_words(item, report.tolerance))}"
    for fact in report.unlike:
        yield f"{style.warn('unlike ')} {one_line(say.unlike_words(fact))}"
    yield one_line(say.verdict_words(report))
    yield from (style.dim(words) for words in say.advice_words(report))
    against = f"{report.baseline[-1]}" if len(report.baseline) == 1 else f"{plural(len(report.baseline), 'start')}"
    yield style.dim(f"held against {one_line(against)}")
