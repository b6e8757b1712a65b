"""The guards of one compile, as they are checked: a tree of managers that walk the frame, and leaves that test."""

from __future__ import annotations

from dataclasses import dataclass


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
