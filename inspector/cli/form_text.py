"""A text in its reading form on a terminal: numbers of the stored lines, and long rows over several lines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterable, Iterator
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from inspector.cli.options import positive
from inspector.cli.terminal import Style
from inspector.errors import UsageError
from inspector.form.form import Ingredient
from inspector.highlight import Token, paint
from inspector.model.artifact import Artifact

if TYPE_CHECKING:
    from inspector.cli.documents.captures import ReadTexts

_HANGING = 4
"""Cells by which what does not fit into a line is set in below it."""
_GUTTER = 6


def add_form(parser: argparse._ActionsContainer) -> None:
    """Adds --form, --width and --with."""
    parser.add_argument(
        "--form",
        choices=("raw", "concise"),
        default="raw",
        help="of --stage: the stored text, or what it says with the rest folded",
    )
    parser.add_argument("--width", type=positive, metavar="N", help="of --form concise: cells in a line")
    parser.add_argument(
        "--with",
        dest="kept",
        default="",
        metavar="WHAT",
        help=f"of --form concise: what is not to be folded ({', '.join(Ingredient)}, all)",
    )


def check_form(args: argparse.Namespace, *, of_stage: bool) -> None:
    """Whether the form's options are asked of a text that has one.

    Raises:
        UsageError: they would say nothing.
    """
    if args.form == "concise" and not of_stage:
        raise UsageError("--form concise is of a stage's text.", "Add --stage aten, or another stage.")
    if args.form != "concise" and (args.width is not None or args.kept):
        raise UsageError("--width and --with belong to --form concise.", "Add that, or leave them out.")
    kept(args.kept)


def kept(text: str) -> Collection[Ingredient]:
    """What `--with` names.

    Raises:
        UsageError: something is no ingredient.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    if "all" in names:
        return tuple(Ingredient)
    for name in names:
        if name not in set(Ingredient):
            raise UsageError(f"There is nothing called {name!r} to keep.", f"There is: {', '.join(Ingredient)}, all.")
    return tuple(Ingredient(name) for name in names)


def form_lines(artifact: Artifact, args: argparse.Namespace, style: Style) -> Iterator[str]:
    """The rows of a text, below one another."""
    from inspector.form.reading import reading

    width = args.width or (get_terminal_size().columns if sys.stdout.isatty() else None)
    room = None if width is None else max(width - _GUTTER, 2 * _HANGING)
    form = reading(artifact, kept(args.kept))
    laid = form.lay_out(room)
    for number, row in enumerate(form.rows):
        tokens = laid.tokens(number, artifact.language) if style.colour else ()
        gutter = style.dim(f"{row.first:>{_GUTTER - 2}}") + "  "
        for line in _wrapped(laid.lines[number], tokens, room):
            yield (gutter + line).rstrip()
            gutter = " " * (_GUTTER + _HANGING)


def _wrapped(line: str, tokens: tuple[Token, ...], room: int | None) -> Iterator[str]:
    """A line cut at blanks and commas, its colours cut with it."""
    at = 0
    while True:
        left = None if room is None else room - (_HANGING if at else 0)
        if left is None or len(line) - at <= left:
            end = len(line)
        else:
            end = max(line.rfind(" ", at + 1, at + left) + 1, line.rfind(",", at + 1, at + left) + 1)
            end = end if end > at + left // 3 else at + left
        inside = [
            Token(max(token.start, at) - at, min(token.end, end) - at, token.kind)
            for token in tokens
            if token.start < end and at < token.end
        ]
        yield paint(line[at:end].rstrip() if end < len(line) else line[at:end], inside)
        at = end + len(line[end:]) - len(line[end:].lstrip()) if end < len(line) else end
        if at >= len(line):
            return


def form_document(artifacts: Iterable[Artifact], args: argparse.Namespace) -> ReadTexts:
    """The rows of some texts: each with the stored lines it stands for."""
    from inspector.cli.documents.captures import ReadRow, ReadText, ReadTexts
    from inspector.form.reading import reading

    found = []
    for artifact in artifacts:
        form = reading(artifact, kept(args.kept))
        lines = form.lay_out(args.width).lines
        rows = (
            ReadRow(row.first, row.last, row.look.value, line.rstrip())
            for row, line in zip(form.rows, lines, strict=True)
        )
        found.append(ReadText(artifact, tuple(rows)))
    return ReadTexts(tuple(found))
