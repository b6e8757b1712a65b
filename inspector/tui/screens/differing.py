"""Where the terminal face has differences worked out; the comparing itself is in `inspector.compare`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.model.difference import CompilationDifference, RankReport
    from inspector.model.overview import Overview
    from inspector.trace.log import TraceLog
    from inspector.tui.log.source import Log


def compared(capture: Capture, before: str, after: str) -> CompilationDifference:
    """Two compile ids of one capture."""
    from inspector.compare import compare_compilations

    return compare_compilations(capture, before, capture, after)


def rank_report(log: Log, overview: Overview, tell: Callable[[str], object]) -> RankReport:
    """All ranks of a log.

    Args:
        overview: of the whole log.
        tell: told in words how far the reading has come; raises where nobody waits for it any more.
    """
    from inspector.trace.ranks import read_ranks

    return read_ranks(
        cast("TraceLog", log), overview, lambda rank, done, total: tell(f"reading {rank}: {done:,} of {total:,}")
    )
