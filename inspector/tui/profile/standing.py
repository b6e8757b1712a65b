"""How far a measurement is, for the panels that show it. No Textual here."""

from __future__ import annotations

from dataclasses import dataclass

CANCELLING = "cancelling"
"""What the worker is said to be doing between a cancel and its answer."""


@dataclass(frozen=True)
class MeasuringProgress:
    """How far a measurement is."""

    live: bool = False
    """Whether there is a worker that could measure."""
    busy: str = ""
    """What the worker is measuring, in words, for whichever panel; empty while it measures nothing."""
    note: str = ""
    """What became of the last one, where it has no result; empty where it has."""
    warnings: tuple[str, ...] = ()
    """What whoever sees a result of this target has to know, a sentence each."""
