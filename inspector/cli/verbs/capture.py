"""Compile a target and write everything the compiler made of it to a bundle.

Without -o the bundle goes to a new folder `inspector-TARGET` in the current one (`inspector-TARGET-2`, … where that is
taken; with --force it is replaced). Prints a short summary, or one JSON object with --json; progress goes to stderr.
What arrived before a failure is written all the same, unless nothing was compiled yet; on Ctrl-C only where -o was
given.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path

from inspector.cli import report
from inspector.cli.details import failures_told
from inspector.cli.options import add_keep, add_output_options, add_target_options, request_from
from inspector.cli.output import print_json
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import EXIT_TARGET_FAILED
from inspector.model.overview_of import overview_of
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.paths import free_path
from inspector.say.eager import eager_words

_LONGEST = 60
"""Characters of a name that is made up."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's and the output's options."""
    add_target_options(parser)
    add_output_options(parser)
    add_keep(parser)


def run(args: argparse.Namespace) -> int:
    """Captures, writes, sums up."""
    return capture_to_bundle(args, request_from(args))


def capture_to_bundle(args: argparse.Namespace, request: CaptureRequest) -> int:
    """Captures `request` and writes the bundle that the options ask for; returns the exit code.

    Raises:
        InspectorError: it did not end well; what arrived has been written by then.
    """
    from inspector.bundle import check_destination, write
    from inspector.cli.session import follow, keep, raise_for
    from inspector.live import Outcome, OutcomeKind

    destination: Path = args.output or default_destination(request, replace=args.force)
    check_destination(destination, force=args.force)

    done = follow(request)
    ended = done.outcome
    compiled = any(item.stage is not Stage.SOURCE for item in done.capture.artifacts)
    compiled = compiled and done.capture.target.get("graphs") != 0
    if ended.kind is OutcomeKind.FINISHED and not compiled:
        rows = overview_of(done.capture).rows
        eager = [f"{row.compile_id} {row.function}: {words}." for row in rows if (words := eager_words(row))]
        warnings = " ".join(eager or done.capture.warnings)
        ended = Outcome(OutcomeKind.FAILED, "Nothing was compiled.", warnings, exit_code=EXIT_TARGET_FAILED)
    cancelled = ended.kind is OutcomeKind.CANCELLED
    written = None
    if compiled and (args.output is not None or not cancelled):
        written = write(done.capture, destination, force=args.force)
        keep(args, done.capture)
    if args.json:
        from inspector.cli.documents import captures

        print_json(
            captures.CaptureData.made(
                overview_of(done.capture),
                done.capture,
                title=request.title,
                cache=done.capture.cache_mode,
                first_call_seconds=done.compiled.seconds if done.compiled is not None else None,
                outcome=captures.OutcomeData(ended.kind.value, ended.message, ended.hint),
                bundle=str(written) if written is not None else None,
            )
        )
    elif written is not None:
        style = Style(wants_colour(sys.stdout))
        if ended.kind is OutcomeKind.FINISHED:
            for line in report.overview(done.capture, style, seconds=done.compiled.seconds if done.compiled else None):
                print(line)
            print()
        print(f"{'Bundle' if done.capture.finished else 'What arrived is'} in {style.name(str(written))}")
        if any(not item.restarted for item in done.capture.failures):
            print("\n".join([*failures_told(done.capture, style), ""]))
        place = shlex.quote(str(written))
        print(style.dim(f"Look at it with `inspector open {place}`, or `inspector show {place} --stage aten`."))
    elif ended is done.outcome and done.capture.artifacts and not cancelled:
        print("No bundle is written, as nothing was compiled.", file=sys.stderr)
    raise_for(ended)
    return 0


def default_destination(request: CaptureRequest, *, replace: bool = False) -> Path:
    """`inspector-llama-mlp` in the current folder; with a number where that is taken, unless it is to be replaced."""
    part = _name(request.submodule or "", _LONGEST // 2)
    whole = _name((request.model or request.target or "").removesuffix(".py"), _LONGEST - len(part))
    name = "-".join(filter(None, (whole, part))) or "capture"
    return Path(f"inspector-{name}") if replace else free_path(Path(), f"inspector-{name}")


def _name(text: str, longest: int) -> str:
    """What a file may be called that is about `text`: cut between words, or inside the first if it is too long."""
    name = re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")
    if len(name) > longest:
        name = name[: longest + 1].rpartition("-")[0] or name[:longest]
    return name.strip("-.")
