"""Post-grad ↔ the output code's buffers: the lines that allocate, reuse or name the memory of a node's value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inspector.link.fx import Graph
from inspector.link.inductor import Emitted
from inspector.link.ir import IrText
from inspector.link.outputcode import OutputCode
from inspector.link.tally import Tally
from inspector.model.artifact import Position, Span
from inspector.model.link import Origin

_DEFINES = re.compile(r"\s+((?:\w+_)?buf\d+) = ")


def link_buffers(graph: Graph, emitted: Emitted, text: IrText) -> Tally:
    """Ties each node to the lines that give its value's buffer a place: a new one, another's, or part of another.

    A buffer that holds no node's value, but something on the way to one, is tied to nothing.

    Args:
        text: the loop IR of the graph, or of one within it.
    """
    tally = Tally()
    path = graph.within(text.subgraph) or ""
    values = text.values(graph, path)
    for number, buffer in defining_lines(emitted.code, text.subgraph):
        name = values.get(buffer)
        if name is None:
            continue
        line = emitted.code.lines[number - 1]
        start, end = Position(number, len(line) - len(line.lstrip())), Position(number, len(line.rstrip()))
        if (span := graph.span(path + name)) is not None:
            tally.link(span, Span(emitted.artifact.id, start, end), Origin.EXACT)
        else:
            tally.gap("nodes of buffers that the post-grad graph does not define")
    return tally


def defining_lines(code: OutputCode, subgraph: str | None = None) -> Iterator[tuple[int, str]]:
    """The 1-based lines that define a buffer of the graph itself, or of one within, with the buffer."""
    for index in code.outside_kernels:
        if code.within(index + 1) == subgraph and (match := _DEFINES.match(code.lines[index])):
            yield index + 1, match[1]
