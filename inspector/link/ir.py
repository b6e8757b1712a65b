"""Post-grad ↔ Inductor's IR ↔ output code: by the names of scheduler nodes and buffers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from inspector.link.fx import Graph
from inspector.link.inductor import Emitted, call_span, whole
from inspector.link.irtext import IrBlock
from inspector.link.outputcode import Call
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact, Span
from inspector.model.link import Origin


def link_fusion(before: Artifact, old: tuple[IrBlock, ...], after: Artifact, new: tuple[IrBlock, ...]) -> Tally:
    """Ties each scheduler node to the one it was fused into: the scheduler names a fused node after its parts."""
    tally = Tally()
    for block in old:
        for fused in new:
            if block.members <= fused.members:
                tally.link(_span(before, block), _span(after, fused), Origin.EXACT)
    return tally


def link_ir(
    text: Artifact, blocks: tuple[IrBlock, ...], fused: tuple[IrBlock, ...], emitted: Emitted, post_grad: Graph | None
) -> Tally:
    """Ties one IR text to post-grad and, if it is the last before code generation, to the output code.

    The texts name buffers, not graph nodes: a scheduler node is tied to the call that computes its buffers or those
    of a node fused with it, and the nodes of that call's kernel to it, which is known for the kernel only.

    Args:
        fused: the blocks of the last IR text.
    """
    tally = Tally()
    calls = _calls_by_member(fused, writers(emitted))
    nodes = dict(emitted.calls)
    for block in blocks:
        place = _span(text, block)
        for call in dict.fromkeys(call for member in sorted(block.members) for call in calls.get(member, ())):
            if blocks is fused:
                tally.link(place, call_span(emitted.artifact, call), Origin.ALIGNED)
                if call.name in emitted.kernels:
                    tally.link(place, whole(emitted.kernels[call.name]), Origin.KERNEL)
            for name in nodes.get(call, ()):
                if post_grad and (span := post_grad.span(name)) is not None:
                    tally.link(span, place, Origin.KERNEL)
    return tally


def writers(emitted: Emitted) -> dict[str, Call]:
    """Buffer → the call that computes it: the first that mentions it, for nothing can use it earlier."""
    found: dict[str, Call] = {}
    for call, _ in sorted(emitted.calls, key=lambda item: item[0].line):
        for name in re.findall(r"\bbuf\d+\b", emitted.code.lines[call.line - 1]):
            found.setdefault(name, call)
    return found


def _calls_by_member(blocks: tuple[IrBlock, ...], written: Mapping[str, Call]) -> dict[str, list[Call]]:
    """Scheduler node → the calls that compute it; a buffer fused away is computed where its fused node is."""
    found: dict[str, list[Call]] = {}
    for block in blocks:
        calls = [] if block.kind.startswith("Nop") else [written[name] for name in block.buffers if name in written]
        for member in block.members:
            found.setdefault(member, []).extend(calls)
    return found


def _span(artifact: Artifact, block: IrBlock) -> Span:
    return Span.of_lines(artifact.id, block.first_line, block.last_line)
