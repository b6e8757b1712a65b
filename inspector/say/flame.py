"""A flame graph's bar in words."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.model.flame import FlameNode
from inspector.say.units import plural, seconds, share


def flame_words(nodes: Sequence[FlameNode], whole_is: str = "all") -> str:
    """What a bar says, with those around it, the whole first: its time, its share, its own part."""
    whole, node = nodes[0], nodes[-1]
    parts = [seconds(node.total)]
    if whole.total and len(nodes) > 1:
        parts.append(f"{share(node.total / whole.total, 1)} of {whole_is}")
    if len(nodes) > 2 and nodes[-2].total:
        parts.append(f"{share(node.total / nodes[-2].total)} of {nodes[-2].name}")
    if node.children and node.own > 0:
        parts.append(f"{seconds(node.own)} of its own")
    if node.calls > 1:
        parts.append(plural(node.calls, "call", "calls"))
    return " · ".join(parts)
