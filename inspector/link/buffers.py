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

_FUNCTION = re.compile(r"\s*def (\w+)\(")
_OUR_FUNCTIONS = re.compile(r"call$|partition_\d+$")
"""Functions that run the graph itself; those of graphs within it count their buffers anew."""
_DEFINES = re.compile(r"\s+(buf\d+) = ")


def link_buffers(graph: Graph, emitted: Emitted, operations: Operations) -> Tally:
    """Ties each node to the lines that give its value's buffer a place: a new one, another's, or part of another."""
    tally = Tally()
    causes = {buffer: operation.caused_by for operation in operations.values() for buffer in operation.buffers}
    for number, buffer in defining_lines(emitted.code):
        line = emitted.code.lines[number - 1]
        start, end = Position(number, len(line) - len(line.lstrip())), Position(number, len(line.rstrip()))
        for name in causes.get(buffer, ()):
            if (span := graph.span(name)) is not None:
                tally.link(span, Span(emitted.artifact.id, start, end), Origin.EXACT)
            else:
                tally.gap("nodes of buffers that the post-grad graph does not define")
    return tally


def defining_lines(code: OutputCode) -> Iterator[tuple[int, str]]:
    """The 1-based lines that define a buffer of the graph itself, with the buffer."""
    function = ""
    for index in range(code.calls_from, len(code.lines)):
        line = code.lines[index]
        if match := _FUNCTION.match(line):
            function = match[1]
        elif _OUR_FUNCTIONS.match(function) and (match := _DEFINES.match(line)):
            yield index + 1, match[1]
