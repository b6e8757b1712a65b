"""When a machine counts as busy: others disturb what is measured on it."""

from __future__ import annotations

BUSY = 0.1
"""Share of the machine's processors above which others disturb what is measured."""


def disturbed(busy: float | None) -> bool:
    """Whether others disturbed a measurement; not where nobody can tell.

    Args:
        busy: share of the machine's processors that other processes used meanwhile, 0 to 1.
    """
    return busy is not None and busy > BUSY
