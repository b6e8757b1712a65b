"""What the forward pass keeps for the backward: each tensor, its size, and the line that made it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from inspector.jsontext import MAX_INT
from inspector.link.fx import Graph, span_of
from inspector.model.artifact import Artifact, Span
from inspector.model.capture import Capture
from inspector.model.number import whole
from inspector.model.stage import Stage

_TYPE = re.compile(r"(?P<dtype>[a-z]+(?P<bits>\d{1,3})?\w*)\[(?P<sizes>[^\]]*)\]")
_BITS = {"b": 8}
"""Of dtypes whose short name does not say."""


class SavedTensor(NamedTuple):
    """One tensor that the backward graph is given from the forward."""

    compile_id: str
    name: str
    """The forward graph's node, which the backward graph takes under the same name."""
    operator: str
    """What made it, `torch.ops.aten.addmm.default`; empty for an input or a parameter of the forward graph."""
    type: str
    """Dtype and shape, `f32[4, 8, 48]`."""
    size: int | None
    """Bytes; None where a size is symbolic."""
    sources: tuple[Span, ...]
    """The expressions that it comes from, innermost first where they nest; none where no link leads there."""
    input: str
    """Of an input: how Dynamo's graph names it; empty where that is not known."""


def saved_tensors(capture: Capture, compile_id: str | None = None) -> Iterator[SavedTensor]:
    """The tensors saved for the backward, in the order in which the backward graph takes them.

    Gradients that come in are none; neither are numbers (symbolic sizes).
    """
    forwards = {(item.compile_id, item.variant): item for item in capture.find(Stage.ATEN, compile_id)}
    for backward in capture.find(Stage.ATEN_BACKWARD, compile_id):
        forward = forwards.get((backward.compile_id, backward.variant))
        if forward is not None:
            yield from _between(capture, forward, backward)


def _between(capture: Capture, forward: Artifact, backward: Artifact) -> Iterator[SavedTensor]:
    made = Graph.of(forward)
    for node in Graph.of(backward).text.nodes.values():
        origin = made.node(node.name)
        found = _TYPE.match(node.type)
        if not node.placeholder or origin is None or found is None:
            continue
        span = span_of(forward, origin)
        yield SavedTensor(
            forward.compile_id or "",
            node.name,
            "" if origin.placeholder else origin.operator,
            found[0],
            _bytes(found),
            () if origin.placeholder else _sources(capture, span),
            _input(capture, span) if origin.placeholder else "",
        )


def _bytes(found: re.Match[str]) -> int | None:
    bits = int(found["bits"]) if found["bits"] else _BITS.get(found["dtype"])
    sizes = [size.strip() for size in found["sizes"].split(",") if size.strip()]
    counts = [whole(size) for size in sizes]
    if bits is None or None in counts:
        return None
    size = math.prod(count for count in counts if count is not None) * bits // 8
    return size if size <= MAX_INT else None


def _sources(capture: Capture, span: Span) -> tuple[Span, ...]:
    related = capture.index.around(span)
    spans = [
        item.span
        for key, items in related.by_artifact.items()
        if (artifact := capture.by_id.get(key)) is not None and artifact.stage is Stage.SOURCE
        for item in items
    ]
    return tuple(sorted(dict.fromkeys(spans), key=lambda item: (item.end.line - item.start.line, item.start)))


def _input(capture: Capture, span: Span) -> str:
    """Dynamo's name for an input of the forward graph, `L_self_modules_up_parameters_weight_`."""
    for key, items in capture.index.around(span).by_artifact.items():
        artifact = capture.by_id.get(key)
        if artifact is not None and artifact.stage is Stage.DYNAMO and items:
            start = items[0].span.start
            match = re.match(r"\w+", artifact.lines[start.line - 1][start.col :])
            return match[0] if match else ""
    return ""
