"""Say where the time of one call goes, eager and compiled side by side, and how near each part is to the limit.

A row is an ATen operator or a fused kernel under its name in the capture. The limit is a roofline: bytes and
floating-point operations from the shapes, against this machine's bandwidth and matrix products, which are measured
once and kept (--ceilings measures them anew; alone, it prints them). TARGET may also be a bundle that holds a
profile. --chrome-trace writes some calls for https://ui.perfetto.dev, --roofline the picture as SVG, -o the bundle.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.cli.options import add_keep, add_target_options, positive, request_from, seconds
from inspector.cli.output import show
from inspector.cli.profile_text import profile_lines, roofline_lines
from inspector.cli.terminal import Style, wants_colour
from inspector.cli.verdict_text import verdict_lines
from inspector.errors import UsageError, from_exit_code
from inspector.files import check_free, write_file
from inspector.paths import there, typed_path
from inspector.why.measured import calls
from inspector.why.words import about
from inspector.work.asking import Steps
from inspector.work.opening import open_path

if TYPE_CHECKING:
    from inspector.cli.documents.measured import ProfilesDocument
    from inspector.model.capture import Capture
    from inspector.model.profile import Profile
    from inspector.why.verdict import Verdict


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's options, how long to look, and in which forms to show it."""
    add_target_options(parser)
    group = parser.add_argument_group("what to measure")
    group.add_argument("--seconds", type=seconds, default=4.0, metavar="S", help="both sides together (default 4)")
    group.add_argument("--ceilings", action="store_true", help="measure this machine's ceilings anew")
    out = parser.add_argument_group("what to do with it")
    out.add_argument("--top", type=positive, default=15, metavar="N", help="rows of each side (default 15)")
    out.add_argument("--chrome-trace", type=typed_path, metavar="FILE", help="write three calls of each side")
    out.add_argument("--roofline", type=typed_path, metavar="FILE", help="write the roofline as SVG")
    out.add_argument("-o", "--output", type=typed_path, metavar="DIR", help="write a bundle, with the profile in it")
    out.add_argument("--force", action="store_true", help="replace files that are there")
    add_keep(out)
    out.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Measures, or reads a bundle, and prints."""
    for path in (args.chrome_trace, args.roofline):
        check_free(path, force=args.force)
    capture = held(args, "profile", {"--top", "--roofline", "--force"}) or measured(
        args,
        protocol.RunProfile(
            args.seconds, str(args.chrome_trace.resolve()) if args.chrome_trace else "", ceilings=args.ceilings
        ),
    )
    if args.roofline is not None:
        from inspector.bundle.roofline import roofline_svg

        write_file(args.roofline, roofline_svg(capture.profiles[-1]).encode(), force=args.force)
    style = Style(wants_colour(sys.stdout) and not args.json)
    verdicts = about((calls(capture),))

    def document() -> ProfilesDocument:
        from inspector.cli.documents.measured import ProfileData, ProfilesDocument

        profiles = tuple(map(ProfileData.of, capture.profiles))
        return ProfilesDocument.made(capture, profiles=profiles, verdicts=verdicts)

    def lines(safe: tuple[tuple[Verdict, ...], tuple[Profile, ...]]) -> Iterator[str]:
        verdicts, profiles = safe
        yield from verdict_lines(verdicts, style)
        for profile in profiles:
            yield from profile_lines(profile, style, args.top, capture.warnings)
            yield ""
            yield from roofline_lines(profile, style, args.top)

    return show(document, (verdicts, capture.profiles), args, lines, fit=True)


def measured(args: argparse.Namespace, request: protocol.RunProfile) -> Capture:
    """Compiles the target, has the worker carry out `request`, and writes the bundle that is asked for.

    Raises:
        InspectorError: it did not end well.
    """
    from inspector.bundle import check_destination, write
    from inspector.cli.session import follow, keep, raise_for

    if args.output is not None:
        check_destination(args.output, force=args.force)
    asked = Steps(None, (request,))
    done = follow(request_from(args), asked)
    if args.output is not None and done.compiled is not None:
        write(done.capture, args.output, force=args.force)
    raise_for(done.outcome)
    for event in asked.failed:
        raise from_exit_code(event.exit_code, event.message, event.hint, detail=event.traceback)
    keep(args, done.capture)
    return done.capture


def held(args: argparse.Namespace, verb: str, acting: Set[str], *, changed: bool = False) -> Capture | None:
    """The capture in a bundle that was named in place of a target; None of a target. What is on disk is read.

    Args:
        args: with `target`, and the options that were `given`.
        verb: what has to be in it, `profile`, `numerics` or `price`.
        acting: the verb's options that act on what is read; --json and --traceback always do.
        changed: whether something is added to it, so that there is something to write.

    Raises:
        UsageError: it holds none, as no log does; or an option is for what is measured.
    """
    if args.target is None or args.target.endswith(".py") or not there(args.target):
        return None
    acting = acting | {"--json", "--traceback", *(["--output"] if changed else [])}
    idle = [*(["-o"] if args.output is not None and not changed else []), *(set(args.given) - acting)]
    if idle:
        option = min(idle)
        keep = f"; `inspector library add {args.target}` keeps it" if option == "--keep" else ""
        raise UsageError(
            f"{option} is for what is measured, and {args.target} is only read.",
            f"Name a target to measure, or leave {option} out{keep}.",
        )
    with open_path(args.target) as opened:
        capture = opened.bundle
    what = {"profile": "profile", "numerics": "comparison of results", "price": "price"}[verb]
    found = capture and {"profile": capture.profiles, "numerics": capture.numerics, "price": capture.prices}[verb]
    if not found:
        raise UsageError(f"{args.target} holds no {what}.", f"`inspector {verb} TARGET -o NAME` writes one that does.")
    return capture
