"""Where the statements of a capture go: into the trace, as side records."""

from __future__ import annotations

from inspector.worker import records
from inspector.worker.statements.record import KernelStatements


def write_statements(found: KernelStatements) -> None:
    """Writes the record of one kernel call; none where nobody could tell whose it is."""
    if records.owned():
        records.write("statements", records.owner() | found.to_json() | records.owner())
