"""Time eager against compiled, in alternation, without the screen.

Compiles the target, then times pairs of calls (one eager, one compiled) and prints what they say. Stops after
--samples pairs or --seconds, whichever is given; with neither, after 200 pairs or 20 seconds. The interval says how far
the speed-up changes from block to block of the run; --restarts has it cover what changes from start to start.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.cli.options import add_target_options, positive, request_from, seconds
from inspector.cli.output import print_json
from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.model.busy import disturbed
from inspector.say import latency as say
from inspector.say import units
from inspector.say.start import title
from inspector.say.units import plural

if TYPE_CHECKING:
    from inspector.live import LiveCapture
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
    group.add_argument("--json", action="store_true", help="print one JSON object, raw samples included")


class Runner:
    """Starts the runner once the target is compiled, and ends it when enough is measured."""

    def __init__(self, samples: int | None, limit: float | None) -> None:
        unbounded = samples is None and limit is None
        self._samples = 200 if unbounded else samples
        self._limit = 20.0 if unbounded else limit
        self._begun: float | None = None
        self._taken = 0
        self._over = False

    def on_event(self, live: LiveCapture, event: protocol.Message) -> None:
        """On the capture's thread."""
        if isinstance(event, protocol.Compiled):
            self._begun = time.monotonic()
            live.send(protocol.RunLatency(self._samples))
        elif isinstance(event, protocol.Samples):
            self._taken += len(event.eager)
            if self._samples is not None and self._taken >= self._samples:
                self._end(live)

    def on_tick(self, live: LiveCapture) -> str:
        """On the main thread: words for the status line, once there are any."""
        if self._begun is None:
            return ""
        # At least one pair, however slow the target is.
        if self._limit is not None and self._taken and time.monotonic() - self._begun > self._limit:
            self._end(live)
        runs = live.capture.latency
        if not runs:
            return "warming up"
        eager, compiled = (statistics.median(samples) for samples in (runs[-1].eager, runs[-1].compiled))
        count = f"{self._taken}{f'/{self._samples}' if self._samples else ''} pairs"
        ratio = "the machine is busy" if disturbed(runs[-1].busy) else f"{eager / compiled:.2f}×"
        return f"{count}  eager {units.seconds(eager)}  compiled {units.seconds(compiled)}  {ratio}"

    def _end(self, live: LiveCapture) -> None:
        if not self._over:
            self._over = True
            live.send(protocol.PauseLatency())
            live.send(protocol.Shutdown())


def run(args: argparse.Namespace) -> int:
    """Times the target and prints the table."""
    from inspector.cli.session import follow, raise_for
    from inspector.live import OutcomeKind
    from inspector.model.latency import joined

    request = request_from(args)
    captures = []
    for _ in range(args.restarts):
        runner = Runner(args.samples, args.seconds)
        done = follow(request, runner)
        captures.append(done.capture)
        if done.outcome.kind is not OutcomeKind.FINISHED:
            break
    capture = replace(captures[-1], latency=joined([item.latency for item in captures]))
    if capture.latency:
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
