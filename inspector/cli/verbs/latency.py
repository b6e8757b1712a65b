"""Time eager against compiled, in alternation, without the screen.

Compiles the target, then times pairs of calls (one eager, one compiled) and prints what they say. Stops after
--samples pairs or --seconds, whichever is given; with neither, after 200 pairs or 20 seconds. The interval says how far
the speed-up changes from block to block of the run; --restarts has it cover what changes from start to start.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.cli.options import add_keep, add_target_options, positive, request_from, seconds
from inspector.cli.output import print_json
from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError
from inspector.paths import there
from inspector.say import latency as say
from inspector.say.start import title
from inspector.say.units import plural
from inspector.work.asking import Steps, Timing

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.model.latency import LatencyRun


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's options and how long to time."""
    add_target_options(parser)
    group = parser.add_argument_group("how long to time")
    group.add_argument("--samples", type=positive, metavar="N", help="pairs of samples")
    group.add_argument("--seconds", type=seconds, metavar="S", help="stop after this long, warm-up included")
    group.add_argument(
        "--restarts",
        type=positive,
        default=1,
        metavar="N",
        help="time it in N processes, one after the other: the interval then covers what changes from start to start",
    )
    add_keep(group)
    group.add_argument("--json", action="store_true", help="print one JSON object, raw samples included")


def timing(samples: int | None, limit: float | None) -> Steps:
    """Has a worker time the target, as the options say."""
    return Steps(Timing() if samples is None and limit is None else Timing(samples, limit))


def run(args: argparse.Namespace) -> int:
    """Times the target and prints the table."""
    from inspector.cli.session import follow, keep, raise_for
    from inspector.live import OutcomeKind
    from inspector.model.latency import joined

    if "/" in (args.target or "") and not args.target.endswith(".py") and there(args.target):
        raise UsageError(
            f"latency times a target, and {args.target} is none.",
            f"`inspector show {args.target}` says what it holds; `inspector diff A B` compares two bundles.",
        )
    request = request_from(args)
    captures = []
    for _ in range(args.restarts):
        done = follow(request, timing(args.samples, args.seconds))
        captures.append(done.capture)
        if done.outcome.kind is not OutcomeKind.FINISHED:
            break
    capture = replace(captures[-1], latency=joined([item.latency for item in captures]))
    if capture.latency:
        keep(args, capture)
        if args.json:
            from inspector.cli.documents.measured import LatencyDocument

            print_json(LatencyDocument.made(capture, runs=capture.latency))
        else:
            style = Style(wants_colour(sys.stdout))
            for line in _lines(capture, style):
                print(line)
    raise_for(done.outcome)
    return 0


def _lines(capture: Capture, style: Style) -> Iterator[str]:
    mode = capture.cache_mode
    yield style.bold(title(capture)) + (style.dim(f"  caches {mode}") if mode else "")
    yield from (style.warn(one_line(words)) for words in capture.warnings)
    for run in capture.latency:
        yield ""
        yield from _table(run, style, train=capture.request is not None and capture.request.train)


def _table(run: LatencyRun, style: Style, *, train: bool) -> Iterator[str]:
    from inspector.model.latency import summarise

    summary = summarise(run)
    calls = f", {run.calls_per_sample} calls a sample" if run.calls_per_sample > 1 else ""
    yield style.bold(run.shape) + style.dim(f"  {plural(summary.pairs, 'pair')}{calls}")
    yield from item_table(say.COLUMNS, list(say.items_of(summary)), style)
    yield ""
    if words := say.speedup_words(summary):
        yield f"speed-up  {style.toned(say.verdict(summary)[0].tone)(words)}"
    yield from (style.toned(row.tone)(one_line(row.text)) for row in say.said(summary, train=train))
