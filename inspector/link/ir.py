"""Post-grad ↔ Inductor's IR ↔ output code ↔ kernel: by operation, and within a loop body line by line.

Where the log says what each operation was made from, nodes ↔ the lines of its loop body are exact, and so is a node ↔
the operation whose value it is; what is merely among a loop's origins, as a view is, is known for the loop as a whole.
A loop body's definitions ↔ the statements written for them are exact where Inductor was heard writing these for those.
In other logs the texts name buffers only.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from inspector.link.facts import KernelSite, Operation, Operations, StatementLine
from inspector.link.fx import Graph
from inspector.link.inductor import Emitted, call_span, whole
from inspector.link.irtext import BodyLine, IrBlock, written_again
from inspector.link.outputcode import CodeCall
from inspector.link.statements import fitting, line_spans, lines_within
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact, Span
from inspector.model.link import Origin, weaker

_POSITIONS = frozenset(("load", "store", "index"))
_KINDS = {
    "load": frozenset(("load", "buffer")),
    "store": frozenset(("store", "buffer")),
    "store_reduction": frozenset(("store", "accumulator")),
    "reduction": frozenset(("reduction", "accumulator")),
    "get_index": _POSITIONS,
    "index_expr": frozenset(("index",)),
    "check_bounds": frozenset(("index",)),
    "set_indirect": frozenset(("index",)),
}
"""The kinds of statement that an operation of a loop body becomes; all others compute."""
_COMPUTING = frozenset(("compute",))


@dataclass(frozen=True)
class IrText:
    """One IR text and what it is about."""

    artifact: Artifact
    blocks: tuple[IrBlock, ...]
    operations: Operations | None = None
    """None where the log does not say what the operations were made from."""
    subgraph: str | None = None
    """The graph within the graph that it is the IR of; None for the graph itself."""

    def values(self, graph: Graph, path: str) -> Mapping[str, str]:
        """Buffer → the node whose value it is made to hold, as far as that is known.

        A loop stores what its last node computes; but where Inductor names another operation for that node, the loop
        only makes something on the way to it: a sum over a part, an input in the layout that a call wants.

        Args:
            path: what stands before the names of the graph's nodes.
        """
        stored: dict[str, str] = {}
        found: dict[str, str] = {}
        unnamed: set[str] = set()
        """Buffers of loops that Inductor names no node for."""
        for block in self.blocks:
            for name in block.parts:
                operation = (self.operations or {}).get(name)
                if operation is None:
                    continue
                by_node = _lines_by_node(operation, block)
                own = {line.stored: node for node, lines in by_node.items() for line in lines if line.stored}
                stored |= {buffer: own[buffer] for buffer in operation.buffers if buffer in own}
                node = None if operation.lines else _value_of(operation, graph, path)
                found |= dict.fromkeys(operation.buffers if node is not None else (), node or "")
                if operation.node is None:
                    unnamed.update(operation.buffers)
        computed = {*found.values(), *(node for buffer, node in stored.items() if buffer not in unnamed)}
        return found | {
            buffer: node for buffer, node in stored.items() if buffer not in unnamed or node not in computed
        }

    def loads(self, values: Mapping[str, str]) -> Mapping[str, list[int]]:
        """Node → the lines of the loop bodies that load its value, out of a buffer that nothing else is written to."""
        again = written_again(self.artifact.text)
        found: defaultdict[str, list[int]] = defaultdict(list)
        for block in self.blocks:
            for line in block.lines.values():
                node = None if line.loaded is None or line.loaded in again else values.get(line.loaded)
                if node is not None:
                    found[node].append(line.line)
        return found


def link_fusion(before: IrText, after: IrText) -> Tally:
    """Ties each operation to where it is after fusion, and each definition in its loop body to what became of it."""
    tally = Tally()
    for old in before.blocks:
        for new in after.blocks:
            if old.members <= new.members:
                part = new.parts.get(old.name)
                target = Span.of_lines(after.artifact.id, *part) if part else _span(after.artifact, new)
                tally.link(_span(before.artifact, old), target, Origin.EXACT)
                for key, line in old.lines.items():
                    for number in _same_lines(key, before, new, after):
                        there = Span.of_lines(after.artifact.id, number)
                        tally.link(Span.of_lines(before.artifact.id, line.line), there, Origin.EXACT)
    return tally


def _same_lines(key: tuple[str, str], before: IrText, block: IrBlock, after: IrText) -> list[int]:
    """A definition after fusion: of the same name, or, should its body have been written anew, of the same node."""
    if key in block.lines:
        return [block.lines[key].line]
    old, new = (text.operations.get(key[0]) if text.operations else None for text in (before, after))
    node = old.lines.get(key[1]) if old else None
    if node is None or new is None:
        return []
    names = [(key[0], name) for name, made_for in new.lines.items() if made_for == node]
    return [block.lines[name].line for name in names if name in block.lines]


def link_operations(graph: Graph, text: IrText) -> Tally:
    """Ties each node to the lines of the loop bodies that were traced for it or that load its value, and to operations.

    A node without lines of its own is tied to the operations that it is an origin of: exactly where the operation
    computes this node, and for the whole where it is one of several, as a view is that is folded into a loop.
    """
    tally = Tally()
    operations = text.operations or {}
    path = graph.within(text.subgraph)
    if path is None:
        tally.gap("operations of a graph within the graph that its text does not hold", len(operations))
        return tally
    with_lines = {node for operation in operations.values() for node in operation.lines.values()}
    for block in text.blocks:
        for name, part in block.parts.items():
            operation = operations.get(name)
            if operation is None:
                continue
            for node, found in _lines_by_node(operation, block).items():
                lines = [Span.of_lines(text.artifact.id, line.line) for line in found]
                _tie(graph, path + node, lines, Origin.EXACT, tally)
            whole_operation = [Span.of_lines(text.artifact.id, *part)]
            for node, origin in _without_lines(operation, with_lines, graph, path).items():
                _tie(graph, path + node, whole_operation, origin, tally)
    for node, numbers in text.loads(text.values(graph, path)).items():
        loads = [Span.of_lines(text.artifact.id, number) for number in numbers]
        _tie(graph, path + node, loads, Origin.EXACT, tally)
    return tally


def _without_lines(operation: Operation, with_lines: Container[str], graph: Graph, path: str) -> Mapping[str, Origin]:
    """The nodes that are tied to an operation as a whole: of a call the one that it computes.

    A loop's further origins are folded into it. Those of a call reach back through its inputs, to what others compute.
    """
    if operation.lines:
        return {node: Origin.KERNEL for node in operation.nodes if node not in with_lines}
    node = _value_of(operation, graph, path)
    return {} if node is None else {node: Origin.EXACT}


def _value_of(operation: Operation, graph: Graph, path: str) -> str | None:
    """The node that a call computes: the one that Inductor names, else the last of its origins."""
    return operation.node or graph.last_of(operation.nodes, path)


def _tie(graph: Graph, node: str, places: list[Span], origin: Origin, tally: Tally) -> None:
    span = graph.span(node)
    if span is None:
        tally.gap("nodes of the loop IR that the post-grad graph does not define")
        return
    for place in places:
        tally.link(span, place, origin)


def _lines_by_node(operation: Operation, block: IrBlock) -> Mapping[str, list[BodyLine]]:
    """Node → the definitions in the operation's loop body that were traced for it."""
    found: defaultdict[str, list[BodyLine]] = defaultdict(list)
    for name, node in operation.lines.items():
        if (line := block.lines.get((operation.name, name))) is not None:
            found[node].append(line)
    return found


def link_code_within(text: IrText, emitted: Emitted, graph: Graph) -> Tally:
    """Ties the nodes of a graph within the graph to the calls that were made for its operations.

    torch's own mapping, which says so for the graph itself, mixes the names of both.
    """
    tally = Tally()
    path = graph.within(text.subgraph)
    written = writers(emitted, text.subgraph)
    recorded = _calls_of_operations(emitted, text.subgraph)
    for block in text.blocks if path is not None else ():
        for name in block.parts:
            operation = (text.operations or {}).get(name)
            for call, origin in (recorded.get(name) or _calls_of(block, operation, written, emitted)).items():
                for node, known in _computed(operation, graph, path or "").items() if operation else ():
                    if (span := graph.span(f"{path}{node}")) is not None:
                        tally.link(span, call_span(emitted.artifact, call), weaker(origin, known))
    return tally


def _computed(operation: Operation, graph: Graph, path: str) -> Mapping[str, Origin]:
    """The nodes that an operation computes, and of a loop those that are merely among its origins."""
    own = dict.fromkeys(operation.lines.values(), Origin.EXACT)
    return own | dict(_without_lines(operation, own, graph, path))


def link_code(text: IrText, emitted: Emitted) -> Tally:
    """Ties the last IR text to the calls that compute its operations, and its loop bodies to kernel statements."""
    tally = Tally()
    written = writers(emitted, text.subgraph)
    recorded = _calls_of_operations(emitted, text.subgraph)
    for block in text.blocks:
        for name, (first, last) in block.parts.items() or ((block.name, (block.first_line, block.last_line)),):
            operation = (text.operations or {}).get(name)
            place = Span.of_lines(text.artifact.id, first, last)
            calls = recorded.get(name) or _calls_of(block, operation, written, emitted)
            for call, origin in calls.items():
                tally.link(place, call_span(emitted.artifact, call), origin)
                if call.name in emitted.kernels:
                    tally.link(place, whole(emitted.kernels[call.name]), Origin.KERNEL)
    for site in sites_of(emitted, text.subgraph):
        _link_statements(text, site, emitted, recorded, tally)
    return tally


def _calls_of(
    block: IrBlock, operation: Operation | None, written: Mapping[str, CodeCall], emitted: Emitted
) -> dict[CodeCall, Origin]:
    """The calls that write a block's buffers; exact where torch names the same nodes for the call and the operation."""
    if block.kind.startswith("Nop"):
        return {}
    buffers = block.buffers if operation is None else operation.buffers or block.buffers
    calls = dict.fromkeys(written[name] for name in buffers if name in written)
    nodes = set(() if operation is None else operation.nodes if operation.node is None else (operation.node,))
    return {call: Origin.EXACT if nodes and nodes == set(_told(call, emitted)) else Origin.ALIGNED for call in calls}


def _told(call: CodeCall, emitted: Emitted) -> tuple[str, ...]:
    return emitted.nodes_of.get(call, ()) if call.within is None else emitted.told(call)


def sites_of(emitted: Emitted, subgraph: str | None) -> list[KernelSite]:
    """The records about kernels that the graph itself calls, or one within it."""
    return [site for site in emitted.sites if site.subgraph == subgraph]


def _calls_of_operations(emitted: Emitted, subgraph: str | None) -> dict[str, dict[CodeCall, Origin]]:
    """Operation → the calls that were heard being written for it."""
    found: defaultdict[str, dict[CodeCall, Origin]] = defaultdict(dict)
    for site in sites_of(emitted, subgraph):
        call = emitted.call_at(site)
        for name in site.operations if call is not None else ():
            assert call is not None
            found[name][call] = Origin.EXACT
    return found


def _link_statements(
    text: IrText, site: KernelSite, emitted: Emitted, recorded: Mapping[str, dict[CodeCall, Origin]], tally: Tally
) -> None:
    """Ties a loop body's definitions to the statements that were written for them, and to the kernel's call."""
    found = fitting(site, emitted, Tally())  # what does not fit is counted with the post-grad links
    if found is None:
        return
    statements = tuple(lines_within(site, found[1], Tally()))
    definitions = tuple(_definitions(text, site))
    alike = Counter((item.node, item.kinds) for item in definitions)
    for item in definitions:
        here = Span.of_lines(text.artifact.id, item.line.line)
        alone = alike[item.node, item.kinds] == 1
        for statement, origin in _statements_of(item, statements, alone=alone):
            for place in line_spans(statement.line, *found, emitted):
                tally.link(here, place, origin)
        # What a load's value is made from is not what the call computes.
        for call, origin in recorded.get(item.operation, {}).items() if item.line.loaded is None else ():
            tally.link(here, call_span(emitted.artifact, call), origin)


class _Definition(NamedTuple):
    """A definition in a loop body that a kernel was written for."""

    operation: str
    key: str
    """Its name in the body, `body.load_1`."""
    node: str
    line: BodyLine

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of statement that it may become."""
        return _KINDS.get(self.line.operation, _COMPUTING)


def _definitions(text: IrText, site: KernelSite) -> Iterator[_Definition]:
    for block in text.blocks:
        for name in block.parts.keys() & set(site.operations):
            operation = (text.operations or {}).get(name)
            for key, node in operation.lines.items() if operation else ():
                if (line := block.lines.get((name, key))) is not None:
                    yield _Definition(name, key, node, line)


def _statements_of(
    item: _Definition, statements: Iterable[StatementLine], *, alone: bool
) -> Iterator[tuple[StatementLine, Origin]]:
    """The statements that a definition became; none for the store or load of a value that stays in a register.

    A record that does not say which definition a line was written for leaves those of the same node and kind.

    Args:
        alone: whether the node has no other definition of that kind in the kernel; where it has, such a record does
            not say which of them a line was written for.
    """
    for statement in statements:
        if item.node not in statement.nodes:
            continue
        if statement.definitions is None and statement.kind in item.kinds and alone:
            yield statement, Origin.ALIGNED
        elif f"{item.operation}.{item.key}" in (statement.definitions or ()):
            yield statement, Origin.EXACT


def link_ir(text: IrText, last: IrText, emitted: Emitted, post_grad: Graph) -> Tally:
    """Ties one IR text to post-grad where the log does not say what its operations were made from.

    An operation is tied to the nodes of the call that computes its buffers, or those of an operation fused with it:
    that is known for the kernel only.
    """
    tally = Tally()
    calls = _calls_by_member(last.blocks, writers(emitted))
    nodes = dict(emitted.calls)
    for block in text.blocks:
        place = _span(text.artifact, block)
        for call in dict.fromkeys(call for member in sorted(block.members) for call in calls.get(member, ())):
            for name in nodes.get(call, ()):
                if (span := post_grad.span(name)) is not None:
                    tally.link(span, place, Origin.KERNEL)
    return tally


def writers(emitted: Emitted, subgraph: str | None = None) -> dict[str, CodeCall]:
    """Buffer → the call that computes it: the first that mentions it, for nothing can use it earlier.

    Args:
        subgraph: the graph within the graph whose calls are looked at; None for the graph itself.
    """
    found: dict[str, CodeCall] = {}
    calls = [call for call, _ in emitted.calls if call.within == subgraph]
    for call in sorted(calls, key=lambda call: call.line):
        for name in re.findall(r"\b(?:\w+_)?buf\d+\b", emitted.code.lines[call.line - 1]):
            found.setdefault(name, call)
    return found


def _calls_by_member(blocks: tuple[IrBlock, ...], written: Mapping[str, CodeCall]) -> dict[str, list[CodeCall]]:
    """Scheduler node → the calls that compute it; a buffer fused away is computed where its fused node is."""
    found: dict[str, list[CodeCall]] = {}
    for block in blocks:
        calls = [] if block.kind.startswith("Nop") else [written[name] for name in block.buffers if name in written]
        for member in block.members:
            found.setdefault(member, []).extend(calls)
    return found


def _span(artifact: Artifact, block: IrBlock) -> Span:
    return Span.of_lines(artifact.id, block.first_line, block.last_line)
