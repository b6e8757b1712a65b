"""Compile a target and write everything the compiler made of it to a bundle.

Without -o the bundle goes to a new folder `inspector-TARGET` in the current one (`inspector-TARGET-2`, … where that is
taken). Prints a short summary, or one JSON object with --json; progress goes to stderr. What arrived before a failure
is written all the same, and the summary says so; on Ctrl-C only where -o was given.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from inspector import protocol
from inspector.cli import report
from inspector.cli.options import add_output_options, add_target_options, request_from
from inspector.cli.terminal import Style, wants_colour
from inspector.model.request import CaptureRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's and the output's options."""
    add_target_options(parser)
    add_output_options(parser)


def run(args: argparse.Namespace) -> int:
    """Captures, writes, sums up."""
    return capture_to_bundle(args, request_from(args))


def capture_to_bundle(args: argparse.Namespace, request: CaptureRequest) -> int:
    """Captures `request` and writes the bundle that the options ask for; returns the exit code.

    Raises:
        InspectorError: it did not end well; what arrived has been written by then.
    """
    from inspector.bundle import check_destination, write
    from inspector.cli.session import follow, raise_for
    from inspector.live import LiveCapture, OutcomeKind

    destination: Path = args.output or default_destination(request)
    check_destination(destination, force=args.force)

    def on_event(live: LiveCapture, event: protocol.Message) -> None:
        if isinstance(event, protocol.Compiled):
            live.send(protocol.Shutdown())

    done = follow(request, on_event=on_event)
    cancelled = done.outcome.kind is OutcomeKind.CANCELLED
    written = None
    if done.capture.artifacts and (args.output is not None or not cancelled):
        written = write(done.capture, destination, force=args.force)
    if args.json:
        outcome = {"kind": done.outcome.kind.value, "message": done.outcome.message, "hint": done.outcome.hint}
        summary = report.as_json(done.capture) | {
            "seconds": done.compiled.seconds if done.compiled is not None else None,
            "outcome": outcome,
            "bundle": str(written) if written is not None else None,
        }
        print(json.dumps(summary, indent=2, default=str))
    elif written is not None:
        style = Style(wants_colour(sys.stdout))
        for line in report.overview(done.capture, style, seconds=done.compiled.seconds if done.compiled else None):
            print(line)
        print()
        print(f"{'Bundle' if done.capture.finished else 'What arrived is'} in {style.name(str(written))}")
        print(style.dim(f"Look at it with `inspector open {written}`, or `inspector show {written} --stage aten`."))
    raise_for(done.outcome)
    return 0


def default_destination(request: CaptureRequest) -> Path:
    """`inspector-llama-mlp` in the current folder, with a number where that is taken."""
    name = re.sub(r"[^A-Za-z0-9.]+", "-", request.title.removesuffix(".py")).strip("-.")[:60] or "capture"
    path = Path(f"inspector-{name}")
    number = 2
    while path.exists():
        path = Path(f"inspector-{name}-{number}")
        number += 1
    return path
