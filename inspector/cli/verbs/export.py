"""Share a capture: a bundle with its page, one HTML page, Markdown, or a picture of a pane.

Without an option, a bundle: a folder, or one file where the name ends in .inspector, with `index.html` (open it in a
browser), `README.md` and `repro.py` (needs torch alone). --page, --markdown and --svg give that alone, on stdout or
where -o says. --redact leaves out sources, paths, and names of people and machines; read the result before you send it.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path

from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.places import find_artifact, find_place
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError
from inspector.files import write_file
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.paths import typed_path

_LINES = re.compile(r"(\d+)(?:-(\d+))?")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the input, what to make of it, and how much of it."""
    add_input(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--page", action="store_true", help="the interactive page alone")
    what.add_argument("--markdown", action="store_true", help="Markdown for an issue or a pull request")
    what.add_argument("--svg", metavar="STAGE", help="a picture of that stage's pane: aten, kernel, source:model.py, …")
    parser.add_argument("--at", metavar="PLACE", help="with --svg, light what belongs to a place: source:17, aten:12:8")
    parser.add_argument("--lines", metavar="A-B", help="with --svg, these lines alone")
    parser.add_argument("--light", action="store_true", help="with --svg, on a light ground")
    parser.add_argument(
        "--compile-id",
        action="append",
        metavar="ID",
        help="of a log, only this compile id: 0/1, or piece: 0/0:3; repeatable",
    )
    parser.add_argument("--kernel", metavar="NAME", help="with --svg, of this kernel")
    parser.add_argument("--only", metavar="STAGES", help="these stages alone: source,aten,kernel")
    parser.add_argument("--no-source", action="store_true", help="leave out source files and quoted source lines")
    parser.add_argument(
        "--redact", action="store_true", help="leave out sources, paths, and names of people and machines"
    )
    parser.add_argument(
        "-o", "--output", type=typed_path, metavar="PLACE", help="where to; a bundle: DIR or NAME.inspector"
    )
    parser.add_argument("--force", action="store_true", help="replace what is there")
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Reads, leaves out, writes."""
    from inspector.bundle.export import Wanted, export, free_place, prepared
    from inspector.bundle.layout import PAGE, ZIP_ENDING

    _check(args)
    wanted = Wanted(source=not args.no_source, redact=args.redact, only=_stages(args.only))
    with open_input(args) as found:
        ids, title = args.compile_id, found.title
        capture = found.one(ids[0]) if ids is not None and len(ids) == 1 else found.capture(ids)
    if not (args.page or args.markdown or args.svg):
        place = export(capture, args.output or free_place(title), wanted, force=args.force)
        style = Style(wants_colour(sys.stdout))
        page = "unzipped, its index.html" if place.suffix == ZIP_ENDING else str(place / PAGE)
        print(f"Bundle in {style.name(str(place))}")
        print(style.dim(f"`inspector open {shlex.quote(str(place))}` shows it; {page} opens in a browser."))
        return 0
    _hand_out(_text(prepared(capture, wanted), args), args)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuses options that would say nothing."""
    for name in ("at", "lines", "light", "kernel"):
        if getattr(args, name) and not args.svg:
            raise UsageError(f"--{name} is about a picture.", "Give --svg STAGE with it.")


def _text(capture: Capture, args: argparse.Namespace) -> str:
    if args.page:
        from inspector.bundle.page import render

        return render(capture)
    if args.markdown:
        from inspector.bundle.markdown import markdown

        return markdown(capture)
    from inspector.bundle.svg import Asked, svg
    from inspector.highlight.colors import DARK, LIGHT

    artifact = find_artifact(capture, args.svg, kernel=args.kernel)
    asked = None
    if args.at is not None:
        place = find_place(capture, args.at, kernel=args.kernel)
        relatives = capture.index.relatives(place.artifact.id, place.line, place.col)
        asked = Asked(place.artifact.id, place.line, relatives)
    first, last = _range(args.lines, len(artifact.lines))
    return svg(capture, artifact, LIGHT if args.light else DARK, first=first, last=last, asked=asked)


def _range(text: str | None, count: int) -> tuple[int, int]:
    match = _LINES.fullmatch(text or f"1-{count}")
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise UsageError(f"{text!r} are no lines.", "Give --lines 10-40.")
    if first > count:
        raise UsageError(f"The text has no line {first}.", f"Its lines are 1 to {count}.")
    return first, last


def _stages(text: str | None) -> frozenset[Stage]:
    """The stages in `source,aten`.

    Raises:
        UsageError: there is no such stage.
    """
    found = set()
    for name in filter(None, map(str.strip, (text or "").split(","))):
        stage = Stage.named(name)
        if stage is None:
            raise UsageError(f"There is no stage called {name!r}.", f"There are: {', '.join(Stage)}.")
        found.add(stage)
    return frozenset(found)


def _hand_out(text: str, args: argparse.Namespace) -> None:
    """To the file that was named, or to stdout."""
    place: Path | None = args.output
    if place is None:
        sys.stdout.write(text)
        return
    write_file(place, text.encode(errors="surrogatepass"), force=args.force)
