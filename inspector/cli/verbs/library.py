"""Captures that are kept: listed, searched, tagged, opened, compared, pruned.

  inspector library [--target llama --torch 2.13 --machine EPYC --kernel softmax --operator aten.mul --tag nightly]
  inspector library search softmax EPYC    whose names of anything have all of these in them, and where
  inspector library add BUNDLE …          copies bundles into it; --tag TAG tags them
  inspector library tag ID TAG …          adds tags; --remove takes them away
  inspector library open ID               on the screen; `show ID` prints what it holds
  inspector library diff ID ID            the two compared by meaning
  inspector library path ID               where its bundle is, for every other verb
  inspector library prune --older 30 --size 5G [--tagged] [--yes]
  inspector library rebuild               makes the index anew from the bundles

`--keep` at `capture`, `latency`, `profile`, `price` and `numerics` puts captures here, INSPECTOR_KEEP=1 all of these
verbs'. An ID is what `inspector library` lists, its beginning, or `latest`. The library is a folder of bundles:
$XDG_DATA_HOME/inspector/library.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from inspector.cli.options import add_traceback, days
from inspector.cli.output import add_json, print_json, show
from inspector.cli.printable import printable
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import EXIT_OK, UsageError
from inspector.paths import typed_path
from inspector.say import library as say
from inspector.targets.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inspector.cli.documents.tools import LibraryDocument
    from inspector.library import Library
    from inspector.model.library import KeptCapture

_FACTORS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SEARCH = ("target", "torch", "machine", "kernel", "operator", "tag")


class _Action(NamedTuple):
    """What an action takes."""

    names: str = ""
    """In words; empty for none."""
    least: int = 0
    most: float = 0
    options: tuple[str, ...] = ("json",)


_ACTIONS = {
    "list": _Action(options=(*_SEARCH, "json")),
    "search": _Action("a word or several", 1, math.inf, (*_SEARCH, "json")),
    "add": _Action("a bundle or several", 1, math.inf, ("tag", "json")),
    "tag": _Action("an ID, and a tag or several", 2, math.inf, ("remove", "json")),
    "open": _Action("an ID", 1, 1, ()),
    "show": _Action("an ID", 1, 1),
    "diff": _Action("two IDs", 2, 2),
    "path": _Action("an ID", 1, 1, ()),
    "prune": _Action(options=("older", "size", "tagged", "yes", "json")),
    "rebuild": _Action(options=(*_SEARCH, "json")),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what to do, and the search."""
    parser.add_argument("action", nargs="?", default="list", metavar="ACTION", help=", ".join(_ACTIONS))
    parser.add_argument("names", nargs="*", metavar="ID", help="captures, bundles to add, tags, or words")
    what = parser.add_argument_group("which captures")
    what.add_argument("--target", default="", metavar="TEXT", help="a part of the target's name")
    what.add_argument("--torch", default="", metavar="VERSION", help="2.13, or a whole version")
    what.add_argument("--machine", default="", metavar="TEXT", help="a part of the CPU's or the GPU's name")
    what.add_argument("--kernel", default="", metavar="TEXT", help="a part of a kernel's name")
    what.add_argument("--operator", default="", metavar="TEXT", help="a part of an operator's name: aten.mul")
    what.add_argument("--tag", action="append", default=[], metavar="TAG", help="with this tag; repeatable")
    how = parser.add_argument_group("of some actions")
    how.add_argument("--remove", action="store_true", help="tag: take the tags away")
    how.add_argument("--older", type=days, metavar="DAYS", help="prune: what was kept longer ago")
    how.add_argument("--size", type=_bytes, metavar="SIZE", help="prune: the oldest, until all is no larger: 500M, 5G")
    how.add_argument("--tagged", action="store_true", help="prune: what has tags too")
    how.add_argument("--yes", action="store_true", help="prune: really remove it")
    add_json(how)
    add_traceback(how)


def run(args: argparse.Namespace) -> int:
    """Does it."""
    from inspector.library import Library

    if args.action not in _ACTIONS:
        near = did_you_mean(args.action, _ACTIONS).strip()
        raise UsageError(f"The library has no {args.action!r}.", near or f"It has {', '.join(_ACTIONS)}.")
    _check(args, _ACTIONS[args.action])
    library = Library()
    code = _act(library, args)
    for note in library.notes:
        print(note, file=sys.stderr)
    return code


def _act(library: Library, args: argparse.Namespace) -> int:
    match args.action:
        case "add":
            return _list(library, [library.add(typed_path(name), args.tag) for name in args.names], {}, args)
        case "tag":
            name, *tags = args.names
            item = library.find(name)
            changed = library.tag(item, () if args.remove else tags, tags if args.remove else ())
            return _list(library, [changed], {}, args)
        case "open" | "show" | "diff":
            return _other(library, args)
        case "path":
            print(library.path(library.find(args.names[0])))
            return EXIT_OK
        case "prune":
            return _prune(library, args)
        case "rebuild":
            library.rebuild()
    return _list(library, *_found(library, args), args)


def _check(args: argparse.Namespace, action: _Action) -> None:
    """Refuses what the action would leave unread: `prune --target llama --yes` removes no less than `prune --yes`."""
    form = f"`inspector library {args.action}`"
    if not action.least <= len(args.names) <= action.most:
        raise UsageError(f"{form} takes {action.names or 'no ID'}.", "`inspector help library` says more.")
    for name in (*_SEARCH, "remove", "older", "size", "tagged", "yes", "json"):
        if getattr(args, name) not in (None, False, "", []) and name not in action.options:
            taken = ", ".join(f"--{option}" for option in action.options) or "none"
            raise UsageError(f"{form} does not take --{name}.", f"Its options: {taken}.")


def _found(library: Library, args: argparse.Namespace) -> tuple[list[KeptCapture], dict[str, tuple[str, ...]]]:
    """What a search finds, and of each where its words stand."""
    from inspector.library.shelf import Search

    words = tuple(args.names) if args.action == "search" else ()
    search = Search(args.target, args.torch, args.machine, args.kernel, args.operator, tuple(args.tag), words)
    found = [item for item in library.all() if search.finds(item)]
    return found, {item.id: places for item in found if (places := search.found(item))}


def _list(
    library: Library, listed: Sequence[KeptCapture], places: dict[str, tuple[str, ...]], args: argparse.Namespace
) -> int:
    style = Style(wants_colour(sys.stdout) and not args.json)

    def document() -> LibraryDocument:
        from inspector.cli.documents.tools import KeptData, LibraryDocument

        found = (KeptData(item, str(library.path(item)), places.get(item.id, ())) for item in listed)
        return LibraryDocument(tuple(found))

    def lines(shown: Sequence[KeptCapture]) -> Iterator[str]:
        if shown:
            columns, items = say.found_table(list(say.items_of(shown)), printable(places))
            yield from item_table(columns, items, style)
        yield style.dim(say.listed_words(shown, len(library.all()), library.folder))

    return show(document, tuple(listed), args, lines, fit=True)


def _other(library: Library, args: argparse.Namespace) -> int:
    """Another verb, with paths in place of ids."""
    from inspector.cli.main import parser_of
    from inspector.cli.registry import load

    paths = [str(library.path(library.find(name))) for name in args.names]
    words = [*paths, *(["--json"] if args.json else [])]
    return load(args.action).run(parser_of(args.action).parse_args(words))


def _prune(library: Library, args: argparse.Namespace) -> int:
    if args.older is None and args.size is None:
        raise UsageError("What is to go?", "Give --older DAYS, --size SIZE, or both.")
    going = library.to_prune(days=args.older, size=args.size, tagged=args.tagged)
    if args.yes:
        library.remove(going)
    if args.json:
        from inspector.cli.documents.tools import KeptData, LibraryDocument

        print_json(LibraryDocument(tuple(KeptData(item, str(library.path(item))) for item in going)))
        return EXIT_OK
    style = Style(wants_colour(sys.stdout))
    for line in item_table(say.COLUMNS, list(say.items_of(going)), style) if going else ():
        print(line)
    print(say.pruned_words(going, gone=args.yes))
    return EXIT_OK


def _bytes(text: str) -> int:
    """`500M`, `5G`, `1024`, for argparse."""
    found = re.fullmatch(r"(\d+)([kmgt]?)(?:i?b)?", text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: 500M, 5G")
    return int(found[1]) * _FACTORS[found[2]]
