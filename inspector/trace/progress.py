"""How far a pass over the files of a trace has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class IndexProgress:
    """Bytes, as the files lie on disk."""

    done: int
    total: int | None
    """None while nobody knows: standard input."""
