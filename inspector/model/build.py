"""What the C++ compiler was run for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Build:
    """One kernel's C++ compiler run, waiting for its lock included."""

    so: str
    """The binary that it made; in a `ColdStart` its kernel's name, where that is known."""
    seconds: float
