"""Where a stage stands, as the strip and the panes show it."""

from __future__ import annotations

from enum import StrEnum


class StageState(StrEnum):
    """Where a stage stands."""

    WAITING = "waiting"
    """The compiler has not reached it."""
    LIVE = "live"
    """The compiler is in it now."""
    DONE = "done"
    FAILED = "failed"
