"""Compare two captures, two compile ids, or two ways to compile one target.

    inspector diff A B                          bundles or logs
    inspector diff LOG 0/0 0/1                  two compile ids of one, or more: each against the one before
    inspector diff LOG 0/0:0 0/0:2              two pieces that were compiled under one id
    inspector diff llama-mlp --b --dynamic      one target, compiled twice: the options after --b are B's alone

Everything is aligned by meaning, by what computes what and where it comes from in the source: not by names such as
buf3 or tmp7. What differs in names only is called identical up to names. On a terminal it opens in two columns;
elsewhere, or with --text, a summary is printed, and with --stage or --kernel the lines that differ.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from inspector.cli.diff_text import capture_lines, text_lines
from inspector.cli.options import add_target_options, request_from, seconds
from inspector.cli.output import add_json, show
from inspector.cli.terminal import ProgressLine, Style, interactive, wants_colour
from inspector.errors import EXIT_OK, EXIT_TARGET_FAILED, EXIT_USAGE, UsageError
from inspector.files import check_free
from inspector.model.difference import CaptureDifference, Change, TextDifference
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.paths import there, typed_path

if TYPE_CHECKING:
    from inspector.work.comparison import Comparison, Side

_FORMS = "Give two bundles or logs, one and two of its compile ids, or one target with --b and B's options."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the two sides and what to print of them."""
    add_target_options(parser)
    parser.add_argument("others", nargs="*", metavar="B", help="the second side, or two compile ids of the first")
    what = parser.add_argument_group("what to print")
    what.add_argument("--compile-id", metavar="ID", help="only this compile id, on both sides")
    what.add_argument("--text", action="store_true", help="print a summary, on a terminal too")
    what.add_argument(
        "--stage", metavar="STAGE", help="the lines of one stage that differ: aten, kernel, asm, …; or all"
    )
    what.add_argument("--kernel", metavar="NAME", help="the lines of one kernel, and of what is below it")
    what.add_argument("--context", type=int, default=3, metavar="N", help="lines around each difference (default 3)")
    what.add_argument("--all", action="store_true", help="every entry of every list")
    what.add_argument(
        "--exit-code",
        action="store_true",
        help="end with 1 where it differs, with 2 where nothing could be compared",
    )
    add_json(what)
    what.add_argument(
        "--html", type=typed_path, metavar="FILE", help="also write it as a page in two columns; - for stdout"
    )
    what.add_argument("--force", action="store_true", help="with --html, replace a file that is there")
    how = parser.add_argument_group("compiling on the spot")
    how.add_argument("--seconds", type=seconds, metavar="S", help="also time each side against eager, for this long")
    how.add_argument("--b", nargs=argparse.REMAINDER, metavar="OPTION", help="B's options, on top of A's; comes last")


def run(args: argparse.Namespace) -> int:
    """Opens the difference on a terminal; prints it elsewhere, and where something to print is asked for."""
    if args.html is not None and str(args.html) != "-":
        check_free(args.html, force=args.force)
    if (keys := _keys(args)) is not None:
        from inspector.cli.stored_text import diff_stored

        return diff_stored(*keys, args)
    comparison = _comparison(args)
    if interactive() and not any(getattr(args, name) not in (None, False) for name in _PRINTED):
        from inspector.tui import run_difference

        return run_difference(comparison)
    difference = _difference(comparison)
    style = Style(wants_colour(sys.stdout) and not args.json)
    if args.html is not None:
        from inspector.bundle.diff_page import render_difference, write_difference

        if str(args.html) == "-":
            print(render_difference(difference), end="")
        else:
            write_difference(difference, args.html, force=args.force)
    if str(args.html) == "-":
        pass
    elif args.stage is not None or args.kernel is not None:
        from inspector.cli.documents.tools import TextDifferences

        texts = _chosen(difference, args.stage, args.kernel)
        show(lambda: TextDifferences(tuple(texts)), texts, args, lambda safe: _texts(safe, style, args.context))
    else:
        show(lambda: difference, difference, args, lambda safe: capture_lines(safe, style, every=args.all))
    return exit_code(difference.change) if args.exit_code else EXIT_OK


def _keys(args: argparse.Namespace) -> tuple[str, str] | None:
    """Two folders of compiled code whose keys are to be compared; None where anything else is."""
    words = [word for word in (args.target, *args.others) if word is not None]
    texts = (args.stage, args.kernel, args.html, args.b, args.compile_id)
    if len(words) != 2 or args.text or args.all or any(item is not None for item in texts):
        return None
    from inspector.cli.stored_text import is_stored

    return (words[0], words[1]) if all(map(is_stored, words)) else None


def exit_code(change: Change) -> int:
    """What `--exit-code` ends with: 0 where what was compiled is alike, 1 where it differs, 2 where nothing could be
    compared."""
    if not change.compared:
        return EXIT_USAGE
    return EXIT_OK if change.alike else EXIT_TARGET_FAILED


_PRINTED = ("text", "stage", "kernel", "all", "exit_code", "json", "html")
"""The options that ask for something to be printed or written."""


def _texts(texts: Iterable[TextDifference], style: Style, context: int) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number:
            yield ""
        yield from text_lines(text, style, context=max(0, context))


def _chosen(difference: CaptureDifference, stage: str | None, kernel: str | None) -> list[TextDifference]:
    """The texts of one stage, of one kernel, or all.

    Raises:
        UsageError: there are none; the hint says which there are.
    """
    texts = [*difference.sources]
    for compilation in difference.compilations:
        texts += compilation.texts
        texts += [text for item in compilation.kernels for text in item.texts]
    stages = list(dict.fromkeys(text.stage.value for text in texts if text.stage is not None))
    kernels = list(dict.fromkeys(name for text in texts for name in (text.kernel_a, text.kernel_b) if name))
    everything = stage is None or stage.lower() == "all"
    wanted = None if everything else Stage.named(stage or "")
    if not everything and wanted not in stages:
        message = f"Neither side has a stage {stage!r}." if wanted else f"There is no stage called {stage!r}."
        raise UsageError(message, f"There is: {', '.join(stages) or 'none'}.")
    if kernel is not None and kernel not in kernels:
        raise UsageError(f"Neither side has a kernel {kernel!r}.", f"There is: {', '.join(kernels) or 'none'}.")
    return [
        text
        for text in texts
        if wanted in (None, text.stage) and (kernel is None or kernel in (text.kernel_a, text.kernel_b))
    ]


# --- the two sides ------------------------------------------------------------------------------------------


def _comparison(args: argparse.Namespace) -> Comparison:
    """What is to be compared, and what to call it.

    Raises:
        UsageError: the words are none of the forms that this verb takes, or name nothing.
    """
    from inspector.compare.pieces import split_piece
    from inspector.work.comparison import Comparison, Side

    words = [word for word in (args.target, *args.others) if word is not None]
    if args.b is not None:
        if len(words) > 1:
            raise UsageError("--b compiles one target in two ways, and more than one is given.", _FORMS)
        return _two_ways(args)
    if len(words) > 2:
        path, *ids = words
        if len(ids) == 2:
            x, y = (split_piece(item)[0] for item in ids)
            a, b = (Side(item, path=path, compile_id=item, compile_ids=(x, y)) for item in ids)
            return Comparison(a, b, ((x, y),))
        # Each against the one before; what is the capture's as a whole has no other side here.
        whole = Side(path, path=path, compile_ids=tuple(ids))
        return Comparison(whole, whole, tuple(pairwise(ids)), timed=False)
    if len(words) != 2:
        raise UsageError(f"{'One side is' if words else 'No side is'} given.", _FORMS)
    pairs = None if args.compile_id is None else ((args.compile_id, args.compile_id),)
    a, b = (_side(word, args) for word in words)
    return Comparison(a, b, pairs)


def _side(word: str, args: argparse.Namespace) -> Side:
    """A bundle or a log, or else a target that is compiled now."""
    from inspector.work.comparison import Side

    if word != "-" and not there(word):
        return _compiled_now(replace(_request(args, word), target=word), word, args.seconds)
    ids = () if args.compile_id is None else (args.compile_id,)
    return Side(word, path=word, compile_id=args.compile_id, compile_ids=ids)


def _compiled_now(request: CaptureRequest, title: str, limit: float | None) -> Side:
    from inspector.work.comparison import Side

    if limit is None:
        return Side(title, request=request)
    from inspector.cli.verbs.latency import timing

    return Side(title, request=request, driver=lambda: timing(None, limit))


def _request(args: argparse.Namespace, word: str) -> CaptureRequest:
    from inspector.cli.registry import VERBS

    alone = copy.copy(args)
    alone.target = word
    return request_from(alone, VERBS)


def _two_ways(args: argparse.Namespace) -> Comparison:
    """One target, compiled with A's options and with B's on top of them.

    Raises:
        UsageError: B's options are none, or the same as A's.
    """
    from inspector.cli.main import Parser
    from inspector.work.comparison import Comparison

    first = request_from(args)
    parser = Parser("inspector diff … --b", "B's options, on top of A's")
    add_target_options(parser)
    both = copy.copy(args)
    try:
        parsed = parser.parse_args(args.b, both)
    except UsageError as error:
        raise UsageError(error.message, "Options that are not B's alone, such as --json, go before --b.") from error
    parsed.target = parsed.target or args.target
    second = request_from(parsed)
    if first == second:
        raise UsageError("Both sides would be compiled alike.", "Give B's options after --b: --dynamic, --train, …")
    a, b = (_compiled_now(request, " ".join(request.arguments()), args.seconds) for request in (first, second))
    return Comparison(a, b)


# --- without a screen ---------------------------------------------------------------------------------------


def _difference(comparison: Comparison) -> CaptureDifference:
    """Reads or compiles both sides with progress on stderr, then compares them: what the screen does, without it.

    Raises:
        InspectorError: a side cannot be read, or did not compile.
    """
    from inspector.work.comparing import ComparingProgress, Making

    status = ProgressLine()
    titles = (comparison.a.title, comparison.b.title)

    def tell(now: ComparingProgress) -> None:
        status.show(f"{titles[now.at]}: {now.words}" if now.at < len(titles) else f"comparing {now.words}")

    try:
        return Making(comparison).make(tell)
    finally:
        status.clear()
