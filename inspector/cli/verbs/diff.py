"""Compare two captures, two compile ids, or two ways to compile one target.

    inspector diff A B                          bundles or logs
    inspector diff LOG 0/0 0/1                  two compile ids of one, or more: each against the one before
    inspector diff llama-mlp --b --dynamic      one target, compiled twice: the options after --b are B's alone

Everything is aligned by meaning, by what computes what and where it comes from in the source: not by names such as
buf3 or tmp7. What differs in names only is called identical up to names. Without --stage or --kernel a summary is
printed; with them, the lines that differ.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from inspector import protocol
from inspector.cli.diff_text import capture_lines, text_lines
from inspector.cli.options import add_target_options, request_from, seconds
from inspector.cli.output import add_json, show
from inspector.cli.terminal import StatusLine, Style, wants_colour
from inspector.errors import UsageError
from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference, TextDifference
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

_FORMS = "Give two bundles or logs, one and two of its compile ids, or one target with --b and B's options."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the two sides and what to print of them."""
    add_target_options(parser)
    parser.add_argument("others", nargs="*", metavar="B", help="the second side, or two compile ids of the first")
    what = parser.add_argument_group("what to print")
    what.add_argument("--compile-id", metavar="ID", help="only this compile id, on both sides")
    what.add_argument(
        "--stage", metavar="STAGE", help="the lines of one stage that differ: aten, kernel, asm, …; or all"
    )
    what.add_argument("--kernel", metavar="NAME", help="the lines of one kernel, and of what is below it")
    what.add_argument("--context", type=int, default=3, metavar="N", help="lines around each difference (default 3)")
    what.add_argument("--all", action="store_true", help="every entry of every list")
    what.add_argument("--exit-code", action="store_true", help="end with 1 where what was compiled differs")
    add_json(what)
    what.add_argument("--html", type=Path, metavar="FILE", help="also write it as a page in two columns; - for stdout")
    how = parser.add_argument_group("compiling on the spot")
    how.add_argument("--seconds", type=seconds, metavar="S", help="also time each side against eager, for this long")
    how.add_argument("--b", nargs=argparse.REMAINDER, metavar="OPTION", help="B's options, on top of A's; comes last")


def run(args: argparse.Namespace) -> int:
    """Compares and prints."""
    from inspector.compare import compare_captures

    status = StatusLine()

    def progress(ids: str) -> None:
        status.show(f"comparing {ids}")

    words = [word for word in (args.target, *args.others) if word is not None]
    if len(words) > 3:
        difference = _chain(words[0], words[1:], progress)
    else:
        a, b, titles = _sides(args, words)
        named = args.compile_id is not None or len(words) == 3
        pairs = [(a.compilations[0].compile_id, b.compilations[0].compile_id)] if named else None
        difference = compare_captures(a, b, titles, pairs=pairs, progress=progress)
    status.clear()
    from inspector.compare.as_json import as_json

    style = Style(wants_colour(sys.stdout) and not args.json)
    if args.html is not None:
        _write_page(difference, args.html)
    if str(args.html) == "-":
        pass
    elif args.stage is not None or args.kernel is not None:
        texts = _chosen(difference, args.stage, args.kernel)
        data: dict[str, Any] = {"texts": as_json(texts)}
        show(data, texts, args, lambda safe: _texts(safe, style, args.context))
    else:
        show(as_json(difference), difference, args, lambda safe: capture_lines(safe, style, every=args.all))
    return int(args.exit_code and not difference.change.alike)


def _write_page(difference: CaptureDifference, path: Path) -> None:
    """Writes the page.

    Raises:
        UsageError: the file cannot be written.
    """
    from inspector.bundle.diff_page import render_difference

    page = render_difference(difference)
    if str(path) == "-":
        print(page, end="")
        return
    try:
        path.write_text(page, encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Give another file after --html.") from error


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
    wanted = "all" if stage is None else stage.lower().replace("-", "_")
    if wanted != "all" and wanted not in stages:
        known = wanted in {item.value for item in Stage}
        message = f"Neither side has a stage {stage!r}." if known else f"There is no stage called {stage!r}."
        raise UsageError(message, f"There is: {', '.join(stages) or 'none'}.")
    if kernel is not None and kernel not in kernels:
        raise UsageError(f"Neither side has a kernel {kernel!r}.", f"There is: {', '.join(kernels) or 'none'}.")
    return [
        text
        for text in texts
        if wanted in ("all", text.stage) and (kernel is None or kernel in (text.kernel_a, text.kernel_b))
    ]


# --- the two sides ------------------------------------------------------------------------------------------


def _chain(path: str, ids: list[str], progress: Callable[[str], object]) -> CaptureDifference:
    """Each compile id against the one before; what is the capture's as a whole has no other side here."""
    from inspector.compare import compare_captures

    capture = replace(_read(path, ids), phases=(), latency=())
    return compare_captures(capture, capture, (path, path), pairs=pairwise(ids), progress=progress)


def _sides(args: argparse.Namespace, words: list[str]) -> tuple[Capture, Capture, tuple[str, str]]:
    """The two captures and what to call them.

    Raises:
        UsageError: the words are none of the forms that this verb takes, or name nothing.
    """
    if args.b is not None:
        if len(words) > 1:
            raise UsageError("--b compiles one target in two ways, and more than one is given.", _FORMS)
        return _two_ways(args)
    if len(words) == 3:
        from inspector.compare.captures import compilation_of

        path, *ids = words
        capture = _read(path, ids)
        return compilation_of(capture, ids[0]), compilation_of(capture, ids[1]), (ids[0], ids[1])
    if len(words) != 2:
        raise UsageError(f"{'One side is' if words else 'No side is'} given.", _FORMS)
    first, second = (_side(word, args) for word in words)
    return first, second, (words[0], words[1])


def _side(word: str, args: argparse.Namespace) -> Capture:
    """A bundle or a log, or else a target that is compiled now."""
    from inspector.compare.captures import compilation_of

    if word == "-" or Path(word).exists():
        ids = [args.compile_id] if args.compile_id is not None else None
        capture = _read(word, ids)
        return capture if ids is None else compilation_of(capture, args.compile_id)
    request = replace(_request(args, word), target=word)
    return _compiled(request, args.seconds)


def _read(path: str, compile_ids: list[str] | None) -> Capture:
    from inspector.cli.load import open_path

    with open_path(path) as found:
        return found.capture(compile_ids)


def _request(args: argparse.Namespace, word: str) -> CaptureRequest:
    from inspector.cli.registry import VERBS

    alone = copy.copy(args)
    alone.target = word
    return request_from(alone, VERBS)


def _two_ways(args: argparse.Namespace) -> tuple[Capture, Capture, tuple[str, str]]:
    """One target, compiled with A's options and with B's on top of them."""
    from inspector.cli.main import Parser

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
    titles = tuple(" ".join(request.arguments()) for request in (first, second))
    return _compiled(first, args.seconds), _compiled(second, args.seconds), (titles[0], titles[1])


def _compiled(request: CaptureRequest, limit: float | None) -> Capture:
    """Compiles a target, and times it where that is wanted.

    Raises:
        InspectorError: it did not end well.
    """
    from inspector.cli.session import follow, raise_for
    from inspector.cli.verbs.latency import Runner
    from inspector.live import LiveCapture

    if limit is not None:
        runner = Runner(None, limit)
        done = follow(request, on_event=runner.on_event, on_tick=runner.on_tick)
    else:

        def on_event(live: LiveCapture, event: protocol.Message) -> None:
            if isinstance(event, protocol.Compiled):
                live.send(protocol.Shutdown())

        done = follow(request, on_event=on_event)
    raise_for(done.outcome)
    return done.capture
