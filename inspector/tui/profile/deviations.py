"""How exact the results are, as rows: outputs, then ATen nodes. No widget here."""

from __future__ import annotations

import math
from collections.abc import Iterator

from inspector.model.deviation import Deviation
from inspector.model.numerics import NodeNumerics, Numerics, OutputNumerics
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import plural
from inspector.tui.panes.text import sanitised
from inspector.tui.words import place

NAME, DIFFER, ABSOLUTE, RELATIVE, ULP, LINE, FROM = (
    "output or ATen node",
    "differ",
    "absolute",
    "relative",
    "ULP",
    "line",
    "from",
)
COLUMNS = (
    Column(NAME, 22, grow=1),
    Column(DIFFER, 7, right=True, rank=3),
    Column(ABSOLUTE, 8, right=True),
    Column(RELATIVE, 8, right=True),
    Column(ULP, 9, right=True),
    Column(LINE, 5, right=True, rank=2),
    Column(FROM, 21, grow=2, rank=1),
)
ORDERS = ("", RELATIVE, ABSOLUTE, ULP)
"""How nodes can be sorted: as in the graph, or the largest difference first."""
OUTPUTS, NODES = "outputs", "nodes"
"""Keys of the two headings."""
_NODE = "node:"


def items_of(numerics: Numerics, order: str = "", *, live: bool = True) -> tuple[Item, ...]:
    """The rows.

    Args:
        numerics: what was compared.
        order: one of `ORDERS`.
        live: whether there is a worker that could compare nodes.
    """
    return tuple(_items(numerics, order, live))


def key_of(node: NodeNumerics) -> str:
    """The key of a node's row."""
    return f"{_NODE}{node.compile_id}:{'backward' if node.backward else ''}:{node.node}"


def node_of(numerics: Numerics, key: str) -> NodeNumerics | None:
    """The node of a row; None of any other row."""
    return next((node for node in numerics.nodes if key_of(node) == key), None)


def _items(numerics: Numerics, order: str, live: bool) -> Iterator[Item]:
    count = len(numerics.outputs)
    yield Item(OUTPUTS, (Cell(plural(count, "result", "results"), Tone.STRONG, after=numerics.note),))
    for number, words in enumerate(filter(None, (numerics.closer, numerics.rounding, numerics.writing))):
        yield Item(f"said:{number}", (Cell(sanitised(f"{words[0].upper()}{words[1:]}.")),), depth=1)
    for output in numerics.outputs:
        yield from _output(output)
    if numerics.nodes_left:
        yield Item("left", (Cell(sanitised(f"{numerics.nodes_left}."), Tone.WARNING),), depth=1)
    for number, words in enumerate(numerics.asides):
        yield Item(f"aside:{number}", (Cell(sanitised(words)),), depth=1)
    if not numerics.nodes:
        if live:
            about = "compiles each graph once more, with every node as an output"
            yield Item(NODES, (Cell("Enter compares every ATen node", Tone.NAME, after=about),), opens=True)
        return
    for number, graph in enumerate(numerics.node_graphs):
        within = graph.note
        if not graph.compared:
            within = "none has an element to compare"
        elif all(node.passes for node in graph.nodes):
            within = f"all within {numerics.tolerance_words}"
        words = f"{plural(len(graph.nodes), 'ATen node', 'ATen nodes')} of {graph.name}"
        heading = Cell(sanitised(words), Tone.STRONG, after=within)
        yield Item(f"{NODES}:{number}" if number else NODES, (heading,))
        yield from (_node(node, node is numerics.first) for node in _sorted(graph.nodes, order))


def _output(output: OutputNumerics) -> Iterator[Item]:
    about = f"compiled − eager  {output.dtype}[{','.join(map(str, output.shape))}]"
    yield Item(output.name, (Cell(output.name, after=about), *_cells(output.compiled_eager)), depth=1)
    if output.compiled_eager.differing:
        spread = Cell(sanitised(output.compiled_eager.spread("eager")), Tone.QUIET)
        yield Item(f"{output.name}:spread", (spread,), depth=1)
    for words, value in (("compiled − float64", output.compiled_double), ("eager − float64", output.eager_double)):
        if value is not None:
            cells = (Cell(words, Tone.QUIET), *_cells(value, Tone.QUIET))
            yield Item(f"{output.name}:{words}", cells, depth=1)


def _node(node: NodeNumerics, first: bool) -> Item:
    tone = Tone.ERROR if first else Tone.TEXT if node.passes else Tone.WARNING
    after = f"{node.calls} is the first beyond the tolerance".strip() if first else ""
    source = node.source
    return Item(
        key_of(node),
        (
            Cell(node.node, tone, after=after),
            *_cells(node.deviation, Tone.TEXT if node.passes else tone),
            Cell(str(node.line or ""), Tone.QUIET),
            Cell(place(source.file, source.line), Tone.QUIET, after=source.code) if source is not None else Cell(),
        ),
        depth=1,
        opens=node.line is not None,
    )


def _sorted(nodes: tuple[NodeNumerics, ...], order: str) -> list[NodeNumerics]:
    if not order:
        return list(nodes)
    return sorted(nodes, key=lambda node: -_size(getattr(node.deviation, order.lower())))


def _size(value: float) -> float:
    """For sorting: NaN is the worst."""
    return math.inf if math.isnan(value) else value


def _cells(value: Deviation, tone: Tone = Tone.TEXT) -> tuple[Cell, ...]:
    count = "" if value.elements is None else f"{value.differing:,}"
    return (
        Cell(count, tone),
        Cell(f"{value.absolute:.3g}", tone),
        Cell(f"{value.relative:.3g}", tone),
        Cell(f"{value.ulp:,.4g}", tone),
    )
