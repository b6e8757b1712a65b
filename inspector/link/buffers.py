"""Post-grad ↔ the output code's buffers: the lines that allocate, reuse or name the memory of a node's value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inspector.link.facts import Operations
from inspector.link.fx import Graph
from inspector.link.inductor import Emitted
from inspector.link.outputcode import OutputCode
from inspector.link.tally import Tally
from inspector.model.artifact import Position, Span
from inspector.model.link import Origin

_DEFINES = re.compile(r"\s+((?:\w+_)?buf\d+) = ")


def link_buffers(graph: Graph, emitted: Emitted, operations: Operations, subgraph: str | None = None) -> Tally:
    """Ties each node to the lines that give its value's buffer a place: a new one, another's, or part of another.

    Args:
        subgraph: the graph within the graph whose operations they are; None for the graph itself.
    """
    tally = Tally()
    path = graph.within(subgraph) or ""
    causes = {buffer: operation.caused_by for operation in operations.values() for buffer in operation.buffers}
    for number, buffer in defining_lines(emitted.code, subgraph):
        line = emitted.code.lines[number - 1]
        start, end = Position(number, len(line) - len(line.lstrip())), Position(number, len(line.rstrip()))
        for name in causes.get(buffer, ()):
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
