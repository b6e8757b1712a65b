"""List, add, edit and remove the notes in a bundle.

Without an option, every note: people's first, then those that are written from the capture's facts (what was fused and
saved, why a graph broke and how to fix it, what made it recompile, what dominates the compile time). A note's text is
Markdown; - reads it from standard input. PLACE is STAGE:LINE or STAGE:LINE:COL, as for `inspector links`; with a
column the note is about the expression there. A range is PLACE-LINE, PLACE-LINE:COL (that column is left out) or, to
the text's end, PLACE-; what stands there once can be quoted: 'source:17:"silu(x)"', 'aten:"mul"'. A note shows at its
place and at all that the links lead to from there: --at PLACE lists what shows at a place. A terminal shows what the
Markdown says, a pipe gets it as it was typed. The bundle is rewritten in one step, and its page with it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.places import ArtifactPlace
from inspector.cli.printable import one_line
from inspector.cli.ranges import find_span, quoted, spelled
from inspector.cli.terminal import Style, wants_colour
from inspector.compare.pieces import of_piece, split_piece
from inspector.errors import UsageError
from inspector.model.annotation import Annotation
from inspector.model.capture import Capture
from inspector.model.link import Origin
from inspector.notes.blocks import RunLook
from inspector.notes.layout import rows
from inspector.notes.markup import unescaped

if TYPE_CHECKING:
    from inspector.cli.documents.places import AnnotationChange, AnnotationsDocument, ShownAnnotation

_MARGIN = "    "
_WIDEST = 104
"""Columns beyond which prose is no pleasure to read."""


@dataclass(frozen=True)
class _Shown:
    """A note as it is listed."""

    note: Annotation
    place: str
    """As `--add` and `--at` take it; empty for none."""
    line: str
    """The text at its place."""
    origin: Origin | None = None
    """With `--at`, how the asked place is known to belong to the note's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the bundle, what to do, and what to list."""
    add_input(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--add",
        nargs=2,
        metavar=("PLACE", "TEXT"),
        help="put a note on a place or a range: source:17, aten:12:8, aten:12-14, 'source:17:\"silu(x)\"'",
    )
    what.add_argument("--edit", nargs=2, metavar=("ID", "TEXT"), help="give a note another text")
    what.add_argument("--remove", metavar="ID", help="remove a note")
    what.add_argument("--at", metavar="PLACE", help="only the notes that show at a place")
    parser.add_argument("--compile-id", metavar="ID", help="of this compile id: 0/1, or of a piece: 0/0:3")
    parser.add_argument(
        "--kernel", metavar="NAME", help="of this kernel, for a PLACE in the stages that are per kernel"
    )
    parser.add_argument(
        "--author", default="", metavar="NAME", help="with --add, who wrote it; nobody is named without"
    )
    parser.add_argument("--no-time", action="store_true", help="with --add or --edit, do not write down when")
    parser.add_argument("--no-automatic", action="store_true", help="only what people noted")
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Lists, or changes and says what was changed."""
    if args.author and not args.add:
        raise UsageError("--author is about a new note.", "Give --add PLACE TEXT with it.")
    with open_input(args) as found:
        if (args.add or args.edit or args.remove) and found.bundle is None:
            raise UsageError(
                f"{args.input} is no bundle, and notes are kept in one.",
                f"Make one of it with `inspector export {args.input}`.",
            )
        capture = found.holding(args.compile_id)
    if args.add or args.edit or args.remove:
        return _change(capture, args)
    from inspector.notes.automatic import automatic

    listed = capture.annotations + (() if args.no_automatic else automatic(capture))
    shown = [item for item in _listed(capture, listed, args) if _of_compile_id(capture, item.note, args.compile_id)]
    style = Style(wants_colour(sys.stdout) and not args.json)

    def document() -> AnnotationsDocument:
        from inspector.cli.documents.places import AnnotationsDocument

        return AnnotationsDocument(tuple(map(_data, shown)))

    return show(document, shown, args, lambda safe: _lines(safe, style) if safe else (_none(capture, listed, args),))


def _none(capture: Capture, listed: Sequence[Annotation], args: argparse.Namespace) -> str:
    """That there is no note, of what was asked for."""
    if listed:
        return "No note shows there." if args.at is not None else "No note is about this compile id."
    if args.no_automatic:
        return "Nobody noted anything here."
    from inspector.model.overview_of import overview_of
    from inspector.say.none import no_notes

    return no_notes(overview_of(capture))


def _listed(capture: Capture, notes: tuple[Annotation, ...], args: argparse.Namespace) -> Iterator[_Shown]:
    if args.at is None:
        yield from (_Shown(note, *_where(capture, note)) for note in notes)
        return
    from inspector.notes import PlacedNotes

    placed = PlacedNotes(notes, capture.index)
    asked = find_span(capture, args.at, args.compile_id, args.kernel)
    found = (
        placed.at(asked.artifact.id, asked.line, asked.col)
        if isinstance(asked, ArtifactPlace)
        else placed.within(asked)
    )
    for item in found:
        yield _Shown(item.note, *_where(capture, item.note), item.origin)


def _of_compile_id(capture: Capture, note: Annotation, compile_id: str | None) -> bool:
    if compile_id is None:
        return True
    compile_id, piece = split_piece(compile_id)
    artifact = capture.by_id.get(note.span.artifact) if note.span is not None else None
    if compile_id not in (note.compile_id, artifact.compile_id if artifact is not None else None):
        return False
    return piece is None or artifact is None or of_piece(artifact, piece)


def _where(capture: Capture, note: Annotation) -> tuple[str, str]:
    """A note's place, and what stands there."""
    return (spelled(capture, note.span), quoted(capture, note.span)) if note.span is not None else ("", "")


def _change(capture: Capture, args: argparse.Namespace) -> int:
    from inspector.bundle.annotate import annotate
    from inspector.notes import added, changed, removed, span_at

    now = None if args.no_time else datetime.now(UTC)
    if args.add:
        place = find_span(capture, args.add[0], args.compile_id, args.kernel)
        span = (
            span_at(place.artifact, capture.index, place.line, place.col) if isinstance(place, ArtifactPlace) else place
        )
        text = _text(args.add[1])
        done, note = (
            "added",
            annotate(Path(args.input), lambda notes: added(notes, span, text, author=args.author, time=now)),
        )
    elif args.edit:
        text = _text(args.edit[1])
        done, note = "changed", annotate(Path(args.input), lambda notes: changed(notes, args.edit[0], text, time=now))
    else:
        done, note = "removed", annotate(Path(args.input), lambda notes: removed(notes, args.remove))
    item = _Shown(note, *_where(capture, note))
    style = Style(wants_colour(sys.stdout) and not args.json)

    def document() -> AnnotationChange:
        from inspector.cli.documents.places import AnnotationChange

        return AnnotationChange(done, _data(item))

    return show(document, item, args, lambda safe: (f"{done.capitalize()}: {_head(safe, style)}",))


def _text(text: str) -> str:
    return sys.stdin.read() if text == "-" else text


def _lines(shown: list[_Shown], style: Style) -> Iterator[str]:
    drawn = sys.stdout.isatty() or style.colour
    for number, item in enumerate(shown):
        if number:
            yield ""
        yield _head(item, style)
        for line in _drawn(item.note.text, style) if drawn else _typed(item.note.text):
            yield f"{_MARGIN}{line}".rstrip()


def _drawn(text: str, style: Style) -> Iterator[str]:
    """A note's Markdown as a terminal shows it."""
    for row in rows(text, min(shutil.get_terminal_size().columns, _WIDEST) - len(_MARGIN)):
        yield "".join(_painted(piece.text, piece.look, style) for piece in row)


def _painted(text: str, look: RunLook, style: Style) -> str:
    paints = {
        RunLook.CODE: style.name,
        RunLook.STRONG: style.bold,
        RunLook.EMPHASIS: style.italic,
        RunLook.STRUCK: style.struck,
        RunLook.LINK: style.underlined,
    }
    for each, paint in paints.items():
        text = paint(text) if each in look else text
    return text


def _typed(text: str) -> list[str]:
    return unescaped(text).splitlines()


def _head(item: _Shown, style: Style) -> str:
    note = item.note
    about = note.fact.value.replace("_", " ") if note.fact is not None else note.author
    known = f"known from {item.origin.value} links" if item.origin is not None else ""
    words = " · ".join(filter(None, (one_line(about), note.time, known)))
    place = style.name(item.place or note.compile_id or "the capture")
    line = f"  {one_line(item.line)}" if item.line else ""
    return f"{style.bold(note.id)}  {place}{line}" + (f"  {style.dim(words)}" if words else "")


def _data(item: _Shown) -> ShownAnnotation:
    from inspector.cli.documents.places import ShownAnnotation

    return ShownAnnotation.of(item.note, item.place, item.line, item.origin)
