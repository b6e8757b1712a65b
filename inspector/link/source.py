"""Source ↔ FX nodes and source ↔ bytecode."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from inspector.link.facts import NodeFacts, StackFrame
from inspector.link.fx import Graph, span_of
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.link import Origin

Sources = Mapping[str, Artifact]
"""Path on the machine that compiled → the source's artifact."""

_STARTS_LINE = re.compile(r"\s{0,8}(\d{1,9})\s+(?:>>\s+)?\d+ [A-Z]")


def link_stacks(
    sources: Sources,
    graph: Graph,
    facts: Mapping[str, NodeFacts],
    *,
    roots_only: bool,
    dynamo: Graph | None = None,
    made: Mapping[str, NodeFacts] | None = None,
) -> Tally:
    """Ties nodes to every frame of their stack that lies in a source we have.

    A placeholder's stack is only where Dynamo first met the input; the expression there is not what it came from.

    What a whole expression alone is tied to is found from each part of it too: so a gradient whose forward node is not
    recorded is tied to the one node that Dynamo made at that very expression, where there is one.

    Args:
        sources: by their paths.
        graph: whose nodes.
        facts: of them.
        roots_only: leave out nodes that have ancestors in an earlier graph, for they are tied through those.
        dynamo: Dynamo's graph, where `graph` is a later one.
        made: facts of Dynamo's nodes.
    """
    tally = Tally()
    at: dict[tuple[StackFrame, ...], list[Span]] = {}
    for fact in (made or {}).values() if dynamo is not None else ():
        node = dynamo.node(fact.name) if dynamo is not None else None
        if dynamo is not None and node is not None and not node.placeholder:
            at.setdefault(fact.stack, []).append(span_of(dynamo.artifact, node))
    for fact in facts.values():
        node = graph.node(fact.name)
        if (roots_only and fact.origins) or node is None or node.placeholder:
            continue
        span = span_of(graph.artifact, node)
        there = at.get(fact.stack, []) if fact.stack and fact.stack[-1].col is not None else []
        if len(there) == 1:
            tally.link(there[0], span, Origin.EXACT)
            continue
        for frame in fact.stack:
            if (artifact := sources.get(frame.file)) is None:
                continue
            place = frame_span(artifact, frame)
            if place is None:
                tally.gap("stack frames that lie outside their source's text")
            else:
                tally.link(place, span, Origin.EXACT)
    return tally


def link_comments(sources: Sources, graph: Graph) -> Tally:
    """Ties nodes to whole source lines by the `# File:` comments in the graph's text."""
    tally = Tally()
    for name, node in graph.text.nodes.items():
        artifact = sources.get(node.place[0]) if node.place is not None else None
        if artifact is None or node.place is None:
            continue
        place = frame_span(artifact, StackFrame(*node.place))
        span = graph.span(name)
        if place is None:
            tally.gap("stack frames that lie outside their source's text")
        elif span is not None:
            tally.link(place, span, Origin.EXACT)
    return tally


def frame_span(artifact: Artifact, frame: StackFrame) -> Span | None:
    """The frame's expression, or its whole line; None if the text has no such place."""
    lines = artifact.lines
    if not 1 <= frame.line <= len(lines):
        return None
    whole = Span.of_lines(artifact.id, frame.line)
    if frame.col is None or frame.end_col is None:
        return whole
    end_line = frame.end_line or frame.line
    start, end = Position(frame.line, frame.col), Position(end_line, frame.end_col)
    fits = (
        end_line <= len(lines) and frame.col <= len(lines[frame.line - 1]) and frame.end_col <= len(lines[end_line - 1])
    )
    if not fits or start >= end:
        return whole
    return Span(artifact.id, _start_of_call(artifact.text, start, end), end)


def _start_of_call(text: str, start: Position, end: Position) -> Position:
    """Where the expression begins that ends at `end`; `start` where the text has an expression from there to there.

    Of a method that is called on a later line than its object begins, Python's line table has the method's name and
    the arguments alone: `exp()` of a `x.sin()` with `.exp()` below it.
    """
    starts = _expressions(text).get(end, ())
    if not starts or start in starts:
        return start
    return max((found for found in starts if found < start), default=start)


@lru_cache(maxsize=256)
def _expressions(text: str) -> Mapping[Position, tuple[Position, ...]]:
    """End → the starts of the expressions that end there; nothing for a text that is no Python of ours."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    lines = text.split("\n")
    found: dict[Position, set[Position]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt) and node.end_lineno is not None and node.end_col_offset is not None:
            start = _position(lines, node.lineno, node.col_offset)
            found.setdefault(_position(lines, node.end_lineno, node.end_col_offset), set()).add(start)
    return {end: tuple(starts) for end, starts in found.items()}


def _position(lines: Sequence[str], line: int, offset: int) -> Position:
    """Python counts columns in bytes of UTF-8; everyone else in characters."""
    text = lines[line - 1]
    return Position(line, offset if text.isascii() else len(text.encode()[:offset].decode(errors="replace")))


def link_bytecode(source: Artifact, bytecode: Artifact) -> Tally:
    """Ties bytecode to the source lines that its line table names."""
    tally = Tally()
    lines = bytecode.lines
    starts = [(index + 1, int(m[1])) for index, text in enumerate(lines) if (m := _STARTS_LINE.match(text))]
    for (first, line), (following, _) in zip(starts, [*starts[1:], (len(lines) + 1, 0)], strict=True):
        last = following - 1
        while last > first and not lines[last - 1].strip():
            last -= 1
        if 1 <= line <= len(source.lines):
            b = Span.of_lines(bytecode.id, first, last)
            tally.link(Span.of_lines(source.id, line), b, Origin.DEBUG_INFO)
        else:
            tally.gap("bytecode lines that lie outside the source's text")
    return tally
