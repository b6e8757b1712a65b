"""What there is to choose from: a line of a list, a tab of a strip. No Textual here."""

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


@dataclass(frozen=True)
class Tab:
    """One view or page in a strip of them."""

    name: str
    title: str
    key: str
    count: str = ""
    """After the title; empty where there is nothing to count."""
    alarming: bool = False
    """Whether the count deserves the reader's eye."""
