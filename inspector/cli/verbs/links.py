"""Print what belongs to one place of a log or a bundle, in every stage, and how that is known.

The place is STAGE:LINE or STAGE:LINE:COL, such as aten:12 or kernel:7:4; lines count from 1, columns from 0. A source
file can stand between: source:modeling_llama.py:164:20. So can a kernel: kernel:cpp_fused_mul_silu_0:7. Without a
column the whole line is meant. Each line of the answer says where (a place that can be given back to --at), how it is
known (exact, debug_info, aligned or kernel), and the text. Nothing linked is an answer too: exit code 0. It says
whether links of that text were recorded at all.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, print_json
from inspector.cli.places import ArtifactPlace, find_place, place_text
from inspector.cli.printable import plain
from inspector.cli.terminal import Style, wants_colour
from inspector.link.unlinked import why_unlinked, without_links
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.link import Relative, Relatives

if TYPE_CHECKING:
    from inspector.cli.documents.places import LinksDocument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log and the place."""
    add_input(parser)
    parser.add_argument("--at", required=True, metavar="PLACE", help="STAGE:LINE[:COL], source:FILE:LINE[:COL]")
    parser.add_argument(
        "--compile-id",
        metavar="ID",
        help="of this compile id: 0/1, or of a piece: 0/0:3; else the first with that stage",
    )
    parser.add_argument("--kernel", metavar="NAME", help="of this kernel, for the stages that are per kernel")
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Looks the place up and prints its relatives."""
    from inspector.cli.verbs.show import check_ids

    with open_input(args) as found:
        capture = found.holding(args.compile_id)
    check_ids(capture, args.compile_id, args.kernel)
    place = find_place(capture, args.at, args.compile_id, args.kernel)
    relatives = capture.index.relatives(place.artifact.id, place.line, place.col)
    if args.json:
        print_json(_document(capture, place, relatives))
        return 0
    for line in _lines(capture, place, relatives, Style(wants_colour(sys.stdout))):
        print(line)
    return 0


def _elsewhere(
    capture: Capture, place: ArtifactPlace, relatives: Relatives
) -> Iterator[tuple[Artifact, tuple[Relative, ...]]]:
    """The artifacts that hold relatives, in stage order, without the asked one."""
    known: Mapping[str, Artifact] = capture.by_id
    found = [(known[name], spans) for name, spans in relatives.by_artifact.items() if name in known]
    order = {artifact.id: number for number, artifact in enumerate(capture.artifacts)}
    found.sort(key=lambda item: (item[0].stage.order, order[item[0].id]))
    yield from ((artifact, spans) for artifact, spans in found if artifact is not place.artifact)


def _lines(capture: Capture, place: ArtifactPlace, relatives: Relatives, style: Style) -> Iterator[str]:
    asked = place_text(capture, place.artifact.id, place.line, place.col)
    yield f"{style.bold(plain(asked))}  {plain(place.text.strip())}"
    if not relatives:
        yield why_unlinked(capture, place.artifact)
        return
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for artifact, spans in _elsewhere(capture, place, relatives):
        yield ""
        yield style.bold(artifact.stage.heading) + style.dim(f"  {plain(artifact.id)}")
        places = [plain(_place(capture, artifact, item)) for item in spans]
        width = max(map(len, places))
        for name, item in zip(places, spans, strict=True):
            text = plain(_text(artifact, item))
            left = room - width - 16
            if room and len(text) > left > 20:
                text = text[: left - 1] + "…"
            yield f"  {style.name(name.ljust(width))}  {style.dim(item.origin.value.ljust(10))}  {text}"
    if missing := without_links(capture, place.artifact):
        yield ""
        yield style.dim(missing)


def _place(capture: Capture, artifact: Artifact, item: Relative) -> str:
    """The start of a relative, as `--at` takes it."""
    start = item.span.start
    return place_text(capture, artifact.id, start.line, start.col or None)


def _text(artifact: Artifact, item: Relative) -> str:
    """The first line that a relative touches, from its column on, and how many follow."""
    span = item.span
    whole = artifact.lines[span.start.line - 1] if span.start.line <= len(artifact.lines) else ""
    text = whole[span.start.col :]
    if span.end.line == span.start.line:
        text = whole[span.start.col : span.end.col]
    more = span.last_line - span.start.line
    return text.strip() + (f"  (+{more} line{'' if more == 1 else 's'})" if more > 0 else "")


def _document(capture: Capture, place: ArtifactPlace, relatives: Relatives) -> LinksDocument:
    from inspector.cli.documents.places import AskedPlace, Extent, LinksDocument, RelatedPlace

    asked = place.artifact
    return LinksDocument(
        AskedPlace(asked.id, asked.stage, asked.compile_id, asked.kernel, place.text, place.line, place.col),
        tuple(Extent(span.start, span.end) for span in relatives.anchors),
        tuple(
            RelatedPlace(
                *(artifact.id, artifact.stage, artifact.compile_id, artifact.kernel, _text(artifact, item)),
                *(item.span.start, item.span.end, item.origin),
            )
            for artifact, spans in _elsewhere(capture, place, relatives)
            for item in spans
        ),
    )
