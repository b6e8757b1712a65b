"""Follow a target over time: what the library kept of it, and since when something is different.

Captures of one name, machine, device and mode are one history; `--keep` at capture, latency and their like adds to it.
A change of what is counted (kernels, graph breaks, recompiles) is one at once. A time has changed where noise alone
would look so in one order of a hundred at most, which takes about five captures on each side. Below each change stands
how the two captures around it differ by meaning.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from typing import TYPE_CHECKING

from inspector.cli.diff_text import section_lines
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.printable import one_line, printable
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError
from inspector.say import history as say
from inspector.say.difference_brief import brief_sections, brief_words
from inspector.say.units import plural
from inspector.targets.nearest import listed

if TYPE_CHECKING:
    from inspector.cli.documents.tools import HistoriesDocument
    from inspector.model.difference import CaptureDifference
    from inspector.model.history import History, HistoryDifference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the target and the search."""
    parser.add_argument("target", metavar="TARGET", help="a target's name, whole, as `inspector library` lists it")
    parser.add_argument("--machine", default="", metavar="TEXT", help="a part of the CPU's or the GPU's name")
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="with this tag; repeatable")
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Prints each history of the target."""
    from inspector.library import Library
    from inspector.library.following import differences, histories
    from inspector.library.shelf import Search

    library = Library()
    everything = library.all()
    of_target = [item for item in everything if item.facts.title == args.target and not item.problem]
    if not of_target:
        damaged = sum(bool(item.problem) for item in everything)
        unread = f" among those that can be read; {damaged:,} cannot" if damaged else ""
        raise UsageError(
            f"The library has no capture of {args.target!r}{unread}.",
            "`--keep` at a capture adds one; `inspector library` lists.",
        )
    filters = {f"the tag {tag!r}": Search(tags=(tag,)) for tag in args.tag}
    if args.machine:
        filters[f"a machine with {args.machine!r} in its name"] = Search(machine=args.machine)
    kept = [item for item in of_target if all(search.finds(item) for search in filters.values())]
    if not kept:
        none = [words for words, search in filters.items() if not any(map(search.finds, of_target))]
        raise UsageError(
            f"The library has {plural(len(of_target), 'capture')} of {args.target!r}, and none with "
            f"{listed(none, 'or') if none else listed(filters, 'and')}.",
            "`inspector library` lists tags; `inspector library --machine TEXT` searches machines.",
        )
    found = histories(kept)
    told = differences(library, found)
    style = Style(wants_colour(sys.stdout) and not args.json)

    def document() -> HistoriesDocument:
        from inspector.cli.documents.tools import HistoriesDocument

        return HistoriesDocument(tuple(found), tuple(starmap(_difference, told.items())))

    def lines(shown: Sequence[History]) -> Iterator[str]:
        for history in shown:
            yield from _lines(history, told, style)

    return show(document, tuple(found), args, lines, fit=True)


def _difference(ids: tuple[str, str], told: CaptureDifference | str) -> HistoryDifference:
    from inspector.model.history import HistoryDifference

    if isinstance(told, str):
        return HistoryDifference(*ids, None, words=(told,))
    return HistoryDifference(*ids, told.change, told.settings, tuple(brief_words(told, say.BEFORE_AND_AFTER)))


def _lines(history: History, told: Mapping[tuple[str, str], CaptureDifference | str], style: Style) -> Iterator[str]:
    yield style.bold(say.heading(history))
    for name in say.QUANTITIES:
        if row := say.chart(history, name):
            yield f"  {name:<10} {style.name(row)}"
    yield from item_table(say.COLUMNS, list(say.items_of(history)), style)
    shown: set[tuple[str, str]] = set()
    for change in history.changes:
        yield style.warn(say.change_words(change))
        ids = (change.before.id, change.after.id)
        if ids in shown:
            yield style.dim("  how they differ stands above")
            continue
        shown.add(ids)
        yield style.dim(f"  {say.differ_words(change)}")
        yield from _differing(told[ids], style)
    if not history.changes and len(history.captures) > 1:
        yield say.NO_CHANGE
    if words := say.few_words(history):
        yield style.dim(words)
    yield ""


def _differing(told: CaptureDifference | str, style: Style) -> Iterator[str]:
    if isinstance(told, str):
        yield style.warn(f"  how they differ cannot be told: {one_line(told)}")
        return
    for section in brief_sections(printable(told), say.BEFORE_AND_AFTER):
        yield from section_lines(section, style, every=True, indent="    ")
