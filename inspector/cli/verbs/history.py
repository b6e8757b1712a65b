"""Follow a target over time: what the library kept of it, and since when something is different.

Captures of one name, machine, device and mode are one history; `--keep` at capture, latency and their like adds to it.
A change of what is counted (kernels, graph breaks, recompiles) is one at once. A time has changed where noise alone
would look so in one order of a hundred at most, which takes about five captures on each side.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError
from inspector.say import history as say
from inspector.say.units import plural
from inspector.targets.nearest import listed

if TYPE_CHECKING:
    from inspector.cli.documents.tools import HistoriesDocument
    from inspector.model.history import History


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
    from inspector.library.following import histories
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
    style = Style(wants_colour(sys.stdout) and not args.json)

    def document() -> HistoriesDocument:
        from inspector.cli.documents.tools import HistoriesDocument

        return HistoriesDocument(tuple(found))

    def lines(shown: Sequence[History]) -> Iterator[str]:
        for history in shown:
            yield from _lines(history, style)

    return show(document, tuple(found), args, lines, fit=True)


def _lines(history: History, style: Style) -> Iterator[str]:
    yield style.bold(say.heading(history))
    for name in say.QUANTITIES:
        if row := say.chart(history, name):
            yield f"  {name:<10} {style.name(row)}"
    yield from item_table(say.COLUMNS, list(say.items_of(history)), style)
    for change in history.changes:
        yield style.warn(say.change_words(change))
        yield style.dim(f"  {say.differ_words(change)}")
    if not history.changes:
        yield say.NO_CHANGE
    if words := say.few_words(history):
        yield style.dim(words)
    yield ""
