"""Print the graph breaks of a log or a bundle: each reason once, with where and how often it was met.

Below a reason stand the lines of user code that it was met at, most often first, with the compile ids that met it,
what is left of the function (the compiles that go on behind the break, or that all of it runs eager), and what torch
says can be done about it. Logs of old torch versions do not record graph breaks; there the reasons why Dynamo began a
function anew stand in their place.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.paths import where_is
from inspector.cli.printable import one_line
from inspector.cli.terminal import Style, wants_colour
from inspector.cli.verdict_text import verdict_lines
from inspector.model.compile_row import CompileRow
from inspector.model.overview import BreakGroup, BreakPlace, Overview
from inspector.say.breaks import count_words, follows
from inspector.say.none import no_breaks
from inspector.say.units import plural
from inspector.targets.nearest import listed
from inspector.why import rules
from inspector.why.verdict import Verdict
from inspector.why.words import about

if TYPE_CHECKING:
    from inspector.cli.documents.overviews import BreaksDocument

_MOST_LINES = 12
"""Lines of an explanation that are shown without --hints."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log and which breaks."""
    add_input(parser)
    parser.add_argument("--compile-id", metavar="ID", help="only those that this compile id met: 0/1")
    parser.add_argument(
        "--filter", default="", metavar="TEXT", help="only those with this text in reason, file or code"
    )
    parser.add_argument("--hints", action="store_true", help="all of torch's hints, and its explanation in full")
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Prints them."""
    with open_input(args) as found:
        if args.compile_id is not None:
            found.check_compile_ids([args.compile_id])
        overview = found.overview(phases=False)
        groups = chosen(overview.breaks, args.compile_id, args.filter)
    verdicts = verdicts_of(overview, groups)
    nothing = "No graph break matches." if overview.breaks else no_breaks(overview)
    style = Style(wants_colour(sys.stdout) and not args.json)
    return show(
        lambda: document(groups, verdicts),
        (groups, verdicts),
        args,
        lambda safe: (*verdict_lines(safe[1], style), *_lines(safe[0], overview.rows, nothing, args, style)),
    )


def chosen(groups: Sequence[BreakGroup], compile_id: str | None, text: str) -> list[BreakGroup]:
    """The groups and places that are asked for."""
    kept = []
    for group in groups:
        places = tuple(
            place
            for place in group.places
            if compile_id in (None, *place.compile_ids) and text.lower() in _searched(group, place)
        )
        if places:
            kept.append(replace(group, places=places))
    return kept


def _searched(group: BreakGroup, place: BreakPlace) -> str:
    where = " ".join(f"{frame.file} {frame.function} {frame.code}" for frame in place.stack)
    return f"{group.reason} {place.explanation} {where}".lower()


def _lines(
    groups: Sequence[BreakGroup], rows: Sequence[CompileRow], nothing: str, args: argparse.Namespace, style: Style
) -> Iterator[str]:
    if not groups:
        yield nothing
        return
    yield style.bold(count_words(groups))
    for group in groups:
        yield ""
        yield f"{style.warn(f'{group.count}×')} {one_line(group.reason)}"
        for place in group.places:
            yield from _place(place, style)
            yield from (f"      {style.dim(one_line(line))}" for line in follows(group, place, rows))
            if not group.explanation:
                yield from _explained(place.explanation, args, style, "      ")
        yield from _explained(group.explanation, args, style, "    ")
        hints = group.hints if args.hints else group.hints[:1]
        yield from (f"    {style.dim('hint:')} {one_line(hint)}" for hint in hints)
        if len(group.hints) > len(hints):
            yield style.dim(f"    {plural(len(group.hints) - len(hints), 'more hint')}: --hints")
        if group.url:
            yield style.dim(f"    {one_line(group.url)}")


def _explained(text: str, args: argparse.Namespace, style: Style, margin: str) -> Iterator[str]:
    shown = text.splitlines()
    yield from (f"{margin}{one_line(line)}".rstrip() for line in (shown if args.hints else shown[:_MOST_LINES]))
    if not args.hints and len(shown) > _MOST_LINES:
        yield style.dim(f"{margin}… {plural(len(shown) - _MOST_LINES, 'more line')}: --hints")


def _place(place: BreakPlace, style: Style) -> Iterator[str]:
    ids = listed(dict.fromkeys(place.compile_ids), most=6)
    if not place.stack:
        yield f"  {place.count}× {style.dim('the log does not say where')}  {style.name(ids)}"
        return
    frame = place.stack[-1]
    code = f"  {style.dim(one_line(frame.code))}" if frame.code else ""
    function = f" in {one_line(frame.function)}" if frame.function else ""
    yield f"  {place.count}× {where_is(frame)}{function}{code}  {style.name(ids)}"


def verdicts_of(overview: Overview, groups: Sequence[BreakGroup]) -> tuple[Verdict, ...]:
    """The findings about these breaks."""
    return about((rules.breaks(replace(overview, breaks=tuple(groups))),))


def document(groups: Sequence[BreakGroup], verdicts: Sequence[Verdict]) -> BreaksDocument:
    """The groups for programs."""
    from inspector.cli.documents.overviews import BreaksDocument

    return BreaksDocument(tuple(groups), tuple(verdicts))
