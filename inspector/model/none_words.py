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


NO_SOURCES = "torch's own trace does not hold the program's sources; `inspector run` records them."


def no_source(file: str, *, others: bool) -> str:
    """Of a source file that a capture lacks.

    Args:
        others: whether it holds any source.
    """
    return f"The source of {file} was not recorded" + ("; that of other files was." if others else f": {NO_SOURCES}")


def _none(limit: str, noun: str, overview: Overview) -> str:
    missing = unrecorded(limit, overview.rows, overview)
    return f"No {noun} is recorded; but {missing}." if missing else f"No {noun}s."
