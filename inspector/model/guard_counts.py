"""How many guards a compile has, and of what."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from inspector.model.capture import Compilation
from inspector.model.guards import Guard

PYTHON = ("LAMBDA_GUARD", "PYTHON_LAMBDA_GUARD")
"""Kinds that C++ cannot check: each is a call of a Python function."""
_LAST = re.compile(r"(?:\.(\w+)|\[['\"](\w+)['\"]\])(?:\.size\(\)|\.stride\(\)|\[\d+\])*$")


@dataclass(frozen=True)
class GuardCounts:
    """How many guards one compile has, each number with what it counts."""

    tree: int
    """Checks that stand in torch's guard tree, or in an older log's list."""
    metric: int | None
    """torch's metric `guard_count`: what Dynamo asked for, before checks were merged, added and left out."""
    python: int
    """Of those in the tree, the ones that run as Python."""
    depths: tuple[int, ...]
    """At which depths of the tree those stand; empty where the log has no tree."""
    kinds: tuple[tuple[str, int], ...]
    """torch's kinds, the most frequent first."""
    names: tuple[tuple[str, int], ...]
    """What is guarded by its last name (`weight`, wherever it hangs), the most frequent first."""


def counts_of(compilation: Compilation) -> GuardCounts:
    """Counts a compile's guards."""
    guards = compilation.guards
    metric = compilation.metrics.get("guard_count")
    lambdas = {number for number, guard in enumerate(guards) if guard.kind in PYTHON}
    return GuardCounts(
        len(guards),
        metric if isinstance(metric, int) and not isinstance(metric, bool) else None,
        len(lambdas),
        tuple(sorted({node.depth + 1 for node in compilation.guard_tree if lambdas.intersection(node.guards)})),
        tuple(Counter(guard.kind or "of no kind" for guard in guards).most_common()),
        tuple(Counter(filter(None, map(_last_name, guards))).most_common()),
    )


def _last_name(guard: Guard) -> str:
    match = _LAST.search(guard.source)
    return (match[1] or match[2]) if match else guard.source
