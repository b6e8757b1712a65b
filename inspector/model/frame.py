"""One frame of a user's stack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """One frame of a user's stack."""

    file: str
    line: int
    """1-based."""
    function: str
    code: str = ""
