"""How exact the results are, as rows: outputs, then ATen nodes. No widget here."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.numerics import Numerics
from inspector.say import numerics as say
from inspector.say.doc import Cell, Item, Tone
from inspector.say.units import plural

OUTPUTS, NODES = "outputs", "nodes"
"""Keys of the two headings."""


def items_of(numerics: Numerics, order: str = "", *, live: bool = True) -> tuple[Item, ...]:
    """The rows.

    Args:
        numerics: what was compared.
        order: one of `ORDERS`.
        live: whether there is a worker that could compare nodes.
    """
    return tuple(_items(numerics, order, live))


def _items(numerics: Numerics, order: str, live: bool) -> Iterator[Item]:
    results = plural(len(numerics.outputs), "result")
    yield Item(OUTPUTS, (Cell(results, Tone.STRONG, after=numerics.note),))
    yield from (_said(f"said:{number}", words) for number, words in enumerate(say.said(numerics)))
    for output in numerics.outputs:
        yield from say.output_items(output)
    if left := say.nodes_left(numerics):
        yield _said("left", left, Tone.WARNING)
    yield from (_said(f"aside:{number}", words) for number, words in enumerate(numerics.asides))
    if not numerics.nodes:
        if live:
            about = "compiles each graph once more, with every node as an output"
            yield Item(NODES, (Cell("Enter compares every ATen node", Tone.NAME, after=about),), opens=True)
        return
    for number, graph in enumerate(numerics.node_graphs):
        within = say.graph_note(graph)
        if not graph.compared:
            within = "none has an element to compare"
        elif all(node.passes for node in graph.nodes):
            within = f"all within {say.tolerance_words(numerics)}"
        heading = f"{plural(len(graph.nodes), 'ATen node')} of {graph.name}"
        yield Item(f"{NODES}:{number}" if number else NODES, (Cell(heading, Tone.STRONG, after=within),))
        yield from say.node_items(numerics, graph, order)


def _said(key: str, words: str, tone: Tone = Tone.TEXT) -> Item:
    return Item(key, (Cell(words, tone),), depth=1)
