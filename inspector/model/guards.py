"""The guards of one compile, as they are checked: a tree of managers that walk the frame, and leaves that test."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.model.capture import Compilation


@dataclass(frozen=True)
class Guard:
    """One guard as torch printed it."""

    code: str
    """The expression that must hold, `L['x'].size()[1] == 8`."""
    kind: str = ""
    """torch's guard type, `TENSOR_MATCH`; empty where the log does not say."""
    source: str = ""
    """What is guarded, `L['x']`."""
    place: str = ""
    """The user's line that made torch add it; empty where the log does not say."""
    failed_for: tuple[str, ...] = ()
    """The compile ids that exist because this guard did not hold, in the order they began."""


@dataclass(frozen=True)
class GuardManager:
    """One node of the guard tree: how the check gets to a value, and the guards on that value."""

    depth: int
    """0 for the root. The parent is the last node before this one whose depth is one less."""
    kind: str
    """`RootGuardManager`, `GuardManager`, `DictGuardManager`, `KeyManager`…"""
    source: str = ""
    """The value, `L['self']._modules['fc1']`; empty for the root and for pairs."""
    accessor: str = ""
    """How it is reached from the parent's value, `DictGetItemGuardAccessor('fc1')`; empty where the log has none."""
    details: str = ""
    """The rest of the line, in torch's words: `type=<class 'dict'>, tag_safe=(True, False)`."""
    guards: tuple[int, ...] = ()
    """Positions in `Compilation.guards`, in the order of checking."""


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

    @property
    def words(self) -> str:
        """`340 guards in the tree, torch's metric guard_count 394, 24 of them run as Python (depth 1)`."""
        # Each compile guards on something, the global state at least: none means that torch's list is not in the log.
        plural = "" if self.tree == 1 else "s"
        parts = [f"{self.tree:,} guard{plural} in the tree" if self.tree else "guards not recorded"]
        if self.python:
            depths = ", ".join(map(str, self.depths))
            parts.append(f"{self.python:,} of them run as Python" + (f" (at depth {depths})" if depths else ""))
        if self.metric is not None:
            parts.append(f"torch's metric guard_count {self.metric:,}")
        return ", ".join(parts)


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


def counted(items: Sequence[tuple[str, int]], most: int) -> str:
    """`24 eps, 24 gain, 3 others`."""
    shown = [f"{number:,} {name}" for name, number in items[:most]]
    rest = sum(number for _, number in items[most:])
    return ", ".join([*shown, *([f"{rest:,} others"] if rest else [])])


ONE_CHECK = "for one check of all, as torch measured it once"
"""What torch's guard latency is."""
