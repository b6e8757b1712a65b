"""What is said where a log holds nothing of a kind: that there was none only where the log would say so."""

from __future__ import annotations

from inspector.model.limits import unrecorded
from inspector.model.overview import Overview


def no_breaks(overview: Overview) -> str:
    """Of graph breaks: `No graph breaks.` only of compiles whose whole way through Dynamo is recorded."""
    return _none("max_graph_breaks", "graph break", overview)


def no_recompiles(overview: Overview) -> str:
    """Of recompiles: `No recompiles.` only of a log whose compiles all ended, and that can be read to its end."""
    return _none("max_recompiles", "recompile", overview)


def _none(limit: str, noun: str, overview: Overview) -> str:
    missing = unrecorded(limit, overview.rows, overview)
    return f"No {noun} is recorded; but {missing}." if missing else f"No {noun}s."
