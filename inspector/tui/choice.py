"""One line of a list to pick from. No Textual here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One line of the list."""

    key: str
    """What choosing it returns."""
    label: str
    detail: str = ""
    """More words after the label; searched too."""
    below: str = ""
    """A second line, for a reason that is too long for the first."""
