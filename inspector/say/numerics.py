"""How far compiled results are from eager's, in words: outputs, then ATen nodes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from inspector.model.deviation import BANDS, Deviation, tolerance_of
from inspector.model.numerics import NodeNumerics, NodesOfGraph, Numerics, OutputNumerics
from inspector.say.doc import Cell, Column, Item, Row, Tone, sentence
from inspector.say.names import place
from inspector.say.units import plural
from inspector.say.writes import writing_words

_NAMED = 6
"""Nodes that a sentence names."""

# --- rows ---------------------------------------------------------------------------------------------------

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
_NODE = "node:"


def key_of(node: NodeNumerics) -> str:
    """The key of a node's row."""
    return f"{_NODE}{node.compile_id}:{'backward' if node.backward else ''}:{node.node}"


def node_of(numerics: Numerics, key: str) -> NodeNumerics | None:
    """The node of a row; None of any other row."""
    return next((node for node in numerics.nodes if key_of(node) == key), None)


def output_items(output: OutputNumerics) -> Iterator[Item]:
    """A result against eager, how its elements spread, and both sides against float64."""
    about = f"compiled − eager  {output.dtype}[{','.join(map(str, output.shape))}]"
    yield Item(output.name, (Cell(output.name, after=about), *_cells(output.compiled_eager)), depth=1)
    if output.compiled_eager.differing:
        yield Item(f"{output.name}:spread", (Cell(spread(output.compiled_eager, "eager"), Tone.QUIET),), depth=1)
    for words, value in (("compiled − float64", output.compiled_double), ("eager − float64", output.eager_double)):
        if value is not None:
            cells = (Cell(words, Tone.QUIET), *_cells(value, Tone.QUIET))
            yield Item(f"{output.name}:{words}", cells, depth=1)


def node_items(numerics: Numerics, graph: NodesOfGraph, order: str = "") -> list[Item]:
    """The nodes of a graph, in its order or sorted by one of `ORDERS`."""
    nodes = list(graph.nodes)
    if order:
        nodes.sort(key=lambda node: -_size(getattr(node.deviation, order.lower())))
    return [_node(node, node is numerics.first) for node in nodes]


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


def spread(found: Deviation, reference: str) -> str:
    """`69 of 224 differ: 64 by 1–3 ULP, 5 by more, the furthest by 15,056 where eager is 0`.

    Args:
        found: of one tensor.
        reference: what the reference is called.
    """
    if found.elements is None:
        return ""
    if not found.differing:
        return f"all {found.elements:,} equal" if found.elements else "no element to compare"
    words = f"{found.differing:,} of {found.elements:,} differ"
    if found.differing != sum(found.steps) or math.isnan(found.ulp):
        return words + (", some are NaN on one side alone" if math.isnan(found.absolute) else "")
    near = 0
    for band, (_, last) in enumerate(BANDS):
        near = sum(found.steps[: band + 1])
        if near >= 0.9 * found.differing or last >= found.ulp:
            break
    low, high = next(band for count, band in zip(found.steps, BANDS, strict=True) if count)
    first = low if found.nearest is None else found.nearest
    span = f"{first:,.0f}" if first >= (bound := min(last, found.ulp)) else f"{first:,.0f}–{bound:,.0f}"
    if found.nearest is None and low < min(high, bound):  # a band says where it begins, not what the nearest has
        span = f"at least {first:,.0f}, at most {bound:,.0f}"
    if near == found.differing:
        return f"{words}, by {span} ULP"
    furthest = f"the furthest by {found.ulp:,.0f} where {reference} is {found.reference:.3g}"
    return f"{words}: {near:,} by {span} ULP, {found.differing - near:,} by more, {furthest}"


# --- what it comes to ---------------------------------------------------------------------------------------


def tolerance_words(found: Numerics) -> str:
    """`torch.testing.assert_close's tolerance for each dtype`, `1e-05`."""
    if found.tolerance is not None:
        return f"{found.tolerance * found.times:g}"
    times = "" if found.times == 1 else f"{found.times:g} × "
    (dtype,) = names if len(names := {item.dtype for item in found.outputs}) == 1 else ("",)
    own = next((f" ({_tolerance(item.dtype)})" for item in found.outputs), "")
    return f"{times}torch.testing.assert_close's tolerance for {f'{dtype}{own}' if dtype else 'each dtype'}"


def _tolerance(dtype: str) -> str:
    relative, absolute = tolerance_of(dtype)
    return f"rtol {relative:g}, atol {absolute:g}" if relative or absolute else "equality"


def verdict(found: Numerics) -> str:
    """What the comparison of the results comes to, in a sentence without its full stop; empty where it is not known."""
    if words := doubt(found):
        return words
    count = sum(item.compiled_eager.elements or 0 for item in found.outputs)
    results = f"{plural(len(found.outputs), 'tensor')}, {plural(count, 'element')}"
    if found.values:
        results += f", {plural(found.values, 'plain value')}"
    differing = sum(item.compiled_eager.differing for item in found.outputs)
    unknown = any(item.compiled_eager.elements is None for item in found.outputs)
    if not differing and not unknown:
        if found.laid:
            return f"Compiled is equal to eager in all numbers ({results}) but lies otherwise: {'; '.join(found.laid)}"
        more = "containers, strides and shared memory"
        beside = f"; {more} too" if found.form else f"; {more} were not compared"
        return f"Compiled is equal to eager in all that was compared ({results}{beside})"
    counted = found.tolerance is None and found.times == 1  # elements are, beyond the dtype's own tolerance
    beyond = f"{_listed(found.beyond, counted=counted)} beyond" if found.beyond else ""
    if unknown:
        return f"{beyond} {tolerance_words(found)}" if beyond else ""
    words = f"{differing:,} of {plural(count, 'element')} differ, {beyond or 'all within'} {tolerance_words(found)}"
    return "; ".join((words, *found.laid))


def verdict_row(found: Numerics) -> Row:
    """The same, and how it is meant."""
    tone = Tone.ERROR if found.wrong else Tone.WARNING if doubt(found) else Tone.GOOD
    return Row(sentence(verdict(found)), tone)


def doubt(found: Numerics) -> str:
    """Why the numbers say nothing, or are not what it comes to; empty where they are."""
    if found.graphs == 0:
        return "No compiled graph ran in this call: eager was compared with eager"
    if found.chance:
        return (
            "The results depend on random numbers, and compiled code draws other ones than eager: what differs "
            "says nothing (--inductor fallback_random=True makes both draw the same)"
        )
    if found.unlike:
        return f"The results are not alike: {'; '.join(found.unlike)}"
    if not any(item.compiled_eager.elements != 0 for item in found.outputs) and not found.values:
        return "Nothing was compared: the call returns no tensor with elements, and writes none"
    return ""


def said(found: Numerics) -> list[str]:
    """What else is to be said of the results, a sentence each."""
    words = (closer(found), rounding(found), writing_words(found.writes, found.writes_compiled))
    return [sentence(each) for each in words if each]


def closer(found: Numerics) -> str:
    """Which side is closer to float64, in a sentence without its full stop; empty where nothing differs."""
    known = [item for item in found.outputs if item.compiled_double is not None and item.compiled_eager.differing]
    sides = [item.closer for item in known]
    if not known or found.chance:
        return ""
    if not any(sides):
        return "Compiled and eager are equally far from float64"
    compiled, eager = sides.count("compiled"), sides.count("eager")
    if compiled and eager:
        return f"Closer to float64 is compiled in {compiled} and eager in {eager} of {len(sides)} results that differ"
    better, worse = ("Compiled", "eager") if compiled else ("Eager", "compiled")
    worst = max(known, key=lambda item: item.compiled_eager.excess)
    one, other = worst.compiled_double, worst.eager_double
    assert one is not None and other is not None
    numbers = (one.absolute, other.absolute) if compiled else (other.absolute, one.absolute)
    return f"{better} is closer to float64: at most {numbers[0]:.3g} away, {worse} {numbers[1]:.3g} ({worst.name})"


def rounding(numerics: Numerics) -> str:
    """What the roundings that kernels leave out explain, in a sentence without its full stop; empty where nothing.

    Values that a kernel keeps in registers between two nodes are not rounded, as eager rounds them.
    """
    found = numerics.roundings
    if found is None or not found.nodes:
        return ""
    places = ", ".join(dict.fromkeys(place(item.file, item.line) for item in found.places))
    names = ", ".join(found.nodes[:_NAMED]) + (", …" if len(found.nodes) > _NAMED else "")
    where = f"{names} ({places})" if places else names
    what = f"eager rounds to {found.dtype} after {where}, where the kernel does not"
    if not found.left:
        return (
            f"{what}: without these roundings eager has what compiled has, in all {plural(found.differing, 'element')}"
        )
    differ = f"{plural(found.left, 'element')} differ{'s' if found.left == 1 else ''}"
    counts = f"without these roundings {differ}, with them {found.differing:,}"
    return f"{what}{', but that does not explain the difference' if found.left >= found.differing else ''}: {counts}"


def _listed(beyond: tuple[OutputNumerics, ...], *, counted: bool) -> str:
    """`12 of output 0`, `3 of output 0 and 2 more tensors`, of elements beyond the tolerance; else `output 0`."""
    first = beyond[0]
    count = (
        f"{first.compiled_eager.beyond:,} of {first.name}" if counted and first.compiled_eager.beyond else first.name
    )
    return count + (f" and {plural(len(beyond) - 1, 'more tensor')}" if len(beyond) > 1 else "")


# --- nodes --------------------------------------------------------------------------------------------------


def graph_note(graph: NodesOfGraph) -> str:
    """How the nodes were compared, in a sentence without its full stop."""
    if graph.apart:
        return (
            f"Compiled together, with every node as an output, they agree and the captured code does not: so "
            f"{plural(len(graph.nodes), 'node')} were compiled one at a time beside the graph's own outputs"
        )
    return (
        "Each is shown as it is when stored: a bf16 or f16 value that the captured kernel keeps in a register is "
        "rounded here and not there"
    )


def nodes_row(found: Numerics) -> Row | None:
    """The first node beyond the tolerance, or of how many none is; None where no node was compared at all."""
    first, graphs = found.first, found.node_graphs
    if first is not None:
        whose = next(graph.name for graph in graphs if first in graph.nodes)
        at = f", line {first.line}" if first.line is not None else ""
        called = f" ({first.calls})" if first.calls else ""
        return Row(f"{first.node}{called} is the first beyond {tolerance_words(found)}: {whose}{at}", Tone.ERROR)
    return Row(f"{nodes_agree(found)}.", Tone.GOOD if found.nodes_compared else Tone.WARNING) if graphs else None


def nodes_agree(found: Numerics) -> str:
    """Where no node is beyond the tolerance: of how many that holds, in how many elements; no stop."""
    counts = [node.deviation.elements for node in found.nodes]
    nodes, graphs = plural(len(found.nodes), "node"), found.node_graphs
    whose = ", ".join(graph.name for graph in graphs)
    if len(graphs) > 1:
        ids = (f"{graph.compile_id}{' (backward)' if graph.backward else ''}" for graph in graphs)
        whose = f"the ATen graphs of {', '.join(ids)}"
    if not found.nodes_compared:
        return f"Nothing was compared in {nodes} of {whose}: none has an element"
    of = f", in {plural(sum(count or 0 for count in counts), 'element')}" if None not in counts else ""
    tried = " compiled one at a time" if len(graphs) == 1 and graphs[0].apart else ""
    return f"None of {nodes} of {whose}{tried} is beyond {tolerance_words(found)}{of}"


def nodes_left(found: Numerics) -> str:
    """Of which graphs no node was compared, and why, a sentence; empty where of none."""
    return f"No node was compared of {'; nor of '.join(found.graphs_left)}." if found.graphs_left else ""
