"""Say what each part of a call costs, from an instruction up to an expression of Python and a module.

The generated code is clocked statement by statement, all threads are sampled (no root, no perf; where the system
forbids it that is said, and the clocks remain), and eager's operators stand beside it. --by chooses the rows:
expressions and modules lie within one another, so a row's time holds that of the rows below it, and `by itself` does
not. What is known for several together is `shared`. TARGET may also be a bundle that holds a price; -o writes one.
--export writes a flame graph: FILE.svg, FILE.folded, FILE.speedscope.json (https://speedscope.app) or FILE.pprof.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.cli.options import add_keep, add_target_options, positive, seconds
from inspector.cli.output import add_json, show
from inspector.cli.price_text import price_lines
from inspector.cli.terminal import Style, wants_colour
from inspector.cli.verbs.profile import held, measured
from inspector.errors import UsageError
from inspector.files import check_free, write_file
from inspector.paths import there, typed_path
from inspector.regular import read_regular
from inspector.say.price import BY

if TYPE_CHECKING:
    from inspector.cli.documents.measured import PricesDocument
    from inspector.model.capture import Capture
    from inspector.price.nsight import Launch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target's options, how long to look, and in which forms to show it."""
    add_target_options(parser)
    group = parser.add_argument_group("what to measure")
    group.add_argument("--seconds", type=seconds, default=6.0, metavar="S", help="all together (default 6)")
    group.add_argument(
        "--eager", action=argparse.BooleanOptionalAction, default=True, help="eager's operators beside it (default)"
    )
    group.add_argument(
        "--ncu",
        type=typed_path,
        metavar="FILE",
        help="for a GPU: samples of instructions, printed by `ncu -i REPORT --page source --print-source sass --csv`",
    )
    out = parser.add_argument_group("what to do with it")
    out.add_argument("--by", choices=BY, default="expression", help="what a row is (default expression)")
    out.add_argument(
        "--sort",
        choices=("text", "time", "own"),
        default="text",
        help="in the text's order (default), or dearest first",
    )
    out.add_argument("--limit", type=positive, default=30, metavar="N", help="rows (default 30)")
    out.add_argument("--export", type=typed_path, metavar="FILE", help="write a flame graph or a profile of it")
    out.add_argument("-o", "--output", type=typed_path, metavar="DIR", help="write a bundle, with the price in it")
    out.add_argument("--force", action="store_true", help="replace files that are there")
    add_keep(out)
    add_json(out)


_ACTING = frozenset({"--by", "--sort", "--limit", "--export", "--force", "--ncu", "--no-eager"})
"""Options that act on a price that is read."""


def run(args: argparse.Namespace) -> int:
    """Measures, or reads a bundle, and prints."""
    from inspector.bundle import check_destination, write
    from inspector.bundle.price_export import form_of

    if args.export is not None:
        form_of(args.export)  # a form that nobody knows is refused before anything is compiled
        check_free(args.export, force=args.force)
    report = _report(args) if args.ncu is not None else ()
    bundle = held(args, "price", _ACTING, changed=bool(report))
    if bundle is not None and args.output is not None:
        check_destination(args.output, force=args.force)
    capture = bundle or measured(args, protocol.RunProfile(args.seconds, times=False, price=True, eager=args.eager))
    if not capture.prices:
        raise UsageError("Nothing was priced.", "Was it cancelled?")
    if report:
        capture = _with_samples(capture, report)
        if args.output is not None:
            write(capture, args.output, force=args.force or bundle is None)  # without the samples it is written already
    if args.export is not None:
        from inspector.bundle.price_export import exported

        write_file(args.export, exported(capture, capture.prices[-1], args.export), force=args.force)
    if not args.eager:
        capture = replace(capture, prices=tuple(replace(price, eager=None) for price in capture.prices))
    style = Style(wants_colour(sys.stdout) and not args.json)

    def document() -> PricesDocument:
        from inspector.cli.documents.measured import PriceData, PricesDocument

        return PricesDocument.made(
            capture, prices=tuple(PriceData.of(capture, price, args.by) for price in capture.prices), by=args.by
        )

    def lines(shown: Capture) -> Iterator[str]:
        for price in shown.prices:
            yield from price_lines(shown, price, args, style)

    return show(document, capture, args, lines, fit=True)


def _report(args: argparse.Namespace) -> tuple[Launch, ...]:
    """What Nsight Compute printed, read before anything is compiled.

    Raises:
        UsageError: it cannot be read, is no such report, or the target is compiled for a CPU.
    """
    from inspector.price import read_report

    try:
        text = read_regular(args.ncu).decode(errors="replace")
    except OSError as error:
        raise UsageError(f"{args.ncu} cannot be read: {error.strerror}.", "Is it the CSV that ncu printed?") from error
    found = read_report(text)
    if not (args.device or "cpu").startswith("cuda") and not there(args.target or ""):
        raise UsageError("--ncu is for prices of a GPU.", "Add --device cuda, or name a bundle that holds one.")
    return found


def _with_samples(capture: Capture, report: tuple[Launch, ...]) -> Capture:
    """The capture, its last price with the samples of a report.

    Raises:
        UsageError: the price is of a CPU.
    """
    from inspector.price import joined_with

    price = capture.prices[-1]
    if not price.gpu:
        raise UsageError("--ncu is for prices of a GPU, and this one is of a CPU.", "Its samples were taken here.")
    return replace(capture, prices=(*capture.prices[:-1], joined_with(price, capture, report)))
