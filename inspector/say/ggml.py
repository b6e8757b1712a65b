"""llama.cpp's graphs, in words."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.ggml import GgmlGraph, GgmlLog, GgmlNode
from inspector.say.doc import Cell, Column, Item, Row, Tone
from inspector.say.units import plural


def summary(log: GgmlLog) -> Iterator[Row]:
    """What was built and what was reused."""
    reserved = len(log.graphs) - len(log.built)
    yield Row(f"{plural(len(log.graphs), 'graph')}: {reserved} to reserve memory, {len(log.built)} to be computed")
    if log.reused is None:
        yield Row("how many were reused is not recorded: llama.cpp prints `graphs reused` with its times", Tone.QUIET)
    else:
        yield Row(f"{plural(log.reused, 'time')} a graph was computed again without being built")
    if log.nodes is not None:
        yield Row(f"{log.nodes:,} nodes with views, which are not printed", Tone.QUIET)
    if log.system:
        yield Row(log.system, Tone.QUIET)
    if log.unread:
        yield Row(f"{plural(log.unread, 'node')} that cannot be read", Tone.WARNING)


def table(log: GgmlLog) -> tuple[tuple[Column, ...], tuple[Item, ...]]:
    """Each graph in the order it was built."""
    columns = (
        *(Column("graph", 2), Column("built to", 10), Column("operations", 4, right=True)),
        *(Column("splits", 4), Column("like", 6)),
    )
    items = []
    for number, graph in enumerate(log.graphs):
        what = (
            "be computed" if graph.reserved_for is None else f"reserve memory for {plural(graph.reserved_for, 'token')}"
        )
        splits = ", ".join(split.backend for split in graph.splits)
        cells = (str(number), what, f"{len(graph.nodes):,}", f"{len(graph.splits)} ({splits})", _like(log, number))
        items.append(Item(str(number), tuple(map(Cell, cells))))
    return columns, tuple(items)


def _like(log: GgmlLog, number: int) -> str:
    """The first graph before it that is the same, or the same but for sizes."""
    graph, before = log.graphs[number], log.graphs[:number]
    same = next((at for at, other in enumerate(before) if other.splits == graph.splits), None)
    if same is not None:
        return f"as {same}"
    shape = graph.shape
    alike = next((at for at, other in enumerate(before) if other.shape == shape), None)
    return "" if alike is None else f"as {alike}, but for sizes"


def graph_lines(graph: GgmlGraph) -> Iterator[str]:
    """A graph as one reads it: each split, its operations as assignments."""
    for number, split in enumerate(graph.splits):
        copied = f", {', '.join(split.copied)} copied to it" if split.copied else ""
        yield f"split {number} on {split.backend}{copied}"
        yield from (f"  {_node(node, split.backend)}" for node in split.nodes)


def _node(node: GgmlNode, backend: str) -> str:
    where = "" if node.out.backend == backend else f" on {node.out.backend}"
    return (
        f"{node.out.name} = {node.operator}({', '.join(item.name for item in node.inputs)})  # {node.out.size}{where}"
    )
