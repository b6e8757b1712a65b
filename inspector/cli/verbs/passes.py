"""Print what each of Inductor's passes did to the graph: pass by pass, or one node's way through them.

A row for each pass that changed the graph, with the nodes that went, came and changed, and the patterns that matched;
those that changed nothing are one line. It is there where the capture was made with --passes. --step prints the graph
after a pass, with --before the one before it, with --diff the difference by meaning. --node says which pass made a
node, changed it, or made it disappear. What vLLM's own passes did is printed too, where its log records it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from inspector.cli.diff_text import text_lines
from inspector.cli.doc_text import row_lines
from inspector.cli.load import add_input, open_input
from inspector.cli.options import add_traceback
from inspector.cli.output import add_json, show
from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style, wants_colour
from inspector.errors import UsageError
from inspector.model.passes import GraphPasses, NodePresence, PassPlace, follow, known_nodes, numbered, places
from inspector.model.pieces import PieceCell
from inspector.say import passes as say
from inspector.say.pieces import cell_name, pass_words
from inspector.targets.nearest import did_you_mean

if TYPE_CHECKING:
    from inspector.cli.documents.passes import NodeWay, PassesDocument, PassTexts
    from inspector.work.opening import Opened


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the log and which passes."""
    add_input(parser)
    parser.add_argument("--compile-id", metavar="ID", help="only those of this compile id: 0/1")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--step", metavar="N|NAME", help="the graph after this pass: its number in the table, or its name"
    )
    what.add_argument("--node", metavar="NAME", help="what became of this node of the graph")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--before", action="store_true", help="with --step: the graph before that pass")
    how.add_argument("--diff", action="store_true", help="with --step: how the two differ, by meaning")
    add_json(parser)
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Prints them."""
    if (args.before or args.diff) and args.step is None:
        raise UsageError(f"{'--before' if args.before else '--diff'} goes with --step.", "Say which: --step 1 --diff.")
    with open_input(args) as found:
        if args.compile_id is not None:
            found.check_compile_ids([args.compile_id])  # a bundle is read whole
        capture = found.capture(None if args.compile_id is None else [args.compile_id])
        phases = tuple(item for item in capture.passes if args.compile_id in (None, item.compile_id))
        servers = () if args.compile_id is not None else _of_servers(found)
    none = say.no_passes(capture)
    style = Style(wants_colour(sys.stdout) and not args.json)
    if args.step is not None:
        chosen = _chosen(phases, args.step, none)
        return show(lambda: _texts(chosen, args), chosen, args, lambda safe: _step_lines(safe, args, style))
    if args.node is not None:
        followed = _followed(phases, args.node, none)
        node = args.node
        return show(lambda: _way(node, followed), followed, args, lambda safe: _node_lines(safe, one_line(node), style))
    return show(
        lambda: _document(phases, servers),
        (phases, servers),
        args,
        lambda safe: (*_lines(safe[0], style, none="" if safe[1] else none), *_server_lines(safe[1], style)),
    )


def _of_servers(found: Opened) -> tuple[PieceCell, ...]:
    """vLLM's pieces with what its own passes did."""
    models = found.bundle.served if found.bundle is not None else found.pieces().models
    return tuple(cell for model in models for cell in model.cells if cell.passes)


def _chosen(phases: Sequence[GraphPasses], asked: str, none: str) -> tuple[PassPlace, ...]:
    """The changes that a number or a name means.

    Raises:
        UsageError: there is none; the hint says what there is.
    """
    every = places(phases)
    named = tuple(place for place in every if asked in (str(place.number), place.change.name))
    if named:
        return named
    if not every:
        raise UsageError(f"There is no pass {asked!r}.", "No change is recorded." if phases else none)
    if any(asked in passes.same for passes in phases):
        raise UsageError(f"{asked} changed nothing.", "`inspector passes` lists those that did.")
    hint = did_you_mean(asked, [place.change.name for place in every if place.change.name]).strip()
    raise UsageError(f"There is no pass {asked!r}.", hint or f"They are numbered from 1 to {len(every)}.")


def _followed(phases: Sequence[GraphPasses], node: str, none: str) -> tuple[NodePresence, ...]:
    """A node's way.

    Raises:
        UsageError: no graph has such a node.
    """
    if not (found := follow(phases, node)):
        hint = did_you_mean(node, known_nodes(phases)).strip() if phases else none
        raise UsageError(f"No graph that a pass was given has a node {node!r}.", hint or "--json lists all nodes.")
    return found


def _lines(phases: Sequence[GraphPasses], style: Style, *, none: str) -> Iterator[str]:
    if not phases:
        if none:
            yield none
        return
    every, graphs = places(phases), numbered(phases)
    for number, passes in enumerate(phases):
        if number:
            yield ""
        yield style.bold(one_line(say.heading(passes, graphs.get(id(passes), ""))))
        own = [place for place in every if place.passes is passes]
        columns, items = say.table(own)
        for line, place in zip(_body(list(item_table(columns, items, style, "  "))), (None, *own), strict=False):
            yield line
            if place is not None:
                yield from (f"    {line}" for line in row_lines(say.change_rows(place.change), style))
        for words, paint in ((say.same_words(passes), style.dim), (say.failed_words(passes), style.bad)):
            if words:
                yield paint(f"  {one_line(words)}")
    yield ""
    yield style.dim(say.NOT_SEEN)


def _body(lines: list[str]) -> list[str]:
    """A table's head and rows; without rows nothing."""
    return lines if len(lines) > 1 else []


def _step_lines(chosen: Sequence[PassPlace], args: argparse.Namespace, style: Style) -> Iterator[str]:
    for number, place in enumerate(chosen):
        if number:
            yield ""
        if len(chosen) > 1 or args.diff:
            yield style.bold(f"==> {one_line(title(place))} <==")
        if args.diff:
            from inspector.compare.passes import difference_of

            yield from text_lines(difference_of(place), style)
        else:
            yield from _painted(place.before if args.before else place.change.text, style)


def title(place: PassPlace) -> str:
    """`0/0 joint: 3 remove_noop_ops`."""
    return f"{place.passes.compile_id} {place.passes.phase.words}: {place.number} {say.pass_name(place.change)}"


def _painted(text: str, style: Style) -> Iterator[str]:
    lines = text.rstrip("\n").split("\n")
    if not style.colour:
        yield from lines
        return
    from inspector.highlight import Highlighter, paint
    from inspector.model.artifact import Language

    highlighter = Highlighter(Language.FX, lines)
    for number, line in enumerate(lines):
        yield paint(line, highlighter.line(number))


def _node_lines(found: Sequence[NodePresence], node: str, style: Style) -> Iterator[str]:
    for number, presence in enumerate(found):
        if number:
            yield ""
        yield f"{style.name(node)}  {style.bold(one_line(say.heading(presence.passes)))}"
        yield from row_lines(say.presence_rows(node, presence), style)


def _server_lines(cells: Sequence[PieceCell], style: Style) -> Iterator[str]:
    for cell in cells:
        yield style.bold(f"vLLM's passes over {one_line(cell_name(cell))}")
        yield from (f"  {one_line(pass_words(step))}" for step in cell.passes)


def _document(phases: Sequence[GraphPasses], cells: Sequence[PieceCell]) -> PassesDocument:
    from inspector.cli.documents.passes import PassesDocument

    return PassesDocument.of(phases, cells)


def _way(node: str, found: Sequence[NodePresence]) -> NodeWay:
    from inspector.cli.documents.passes import NodeWay

    return NodeWay.of(node, found)


def _texts(chosen: Sequence[PassPlace], args: argparse.Namespace) -> PassTexts:
    from inspector.cli.documents.passes import PassTexts

    return PassTexts.of(chosen, difference=args.diff)
