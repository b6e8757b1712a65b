"""One target over time, as the library has it."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.model.difference import Change, FactChange
from inspector.model.library import KeptCapture


@dataclass(frozen=True)
class HistoryChange:
    """A quantity that went over to another level."""

    quantity: str
    """`compile`, `latency`, `kernels`, `breaks`, `recompiles`."""
    before: KeptCapture
    """The last capture of the old level, and the first of the new one."""
    after: KeptCapture
    was: float
    now: float
    """The levels: seconds, or a count."""
    chance: float
    """That noise alone looks so; 0 of what is counted."""


@dataclass(frozen=True)
class HistoryDifference:
    """How the two captures around a change differ by meaning."""

    before: str
    after: str
    change: Change | None
    """The verdict on the two as wholes; None where one cannot be read."""
    settings: tuple[FactChange, ...] = ()
    """Options, versions and machine that differ."""
    words: tuple[str, ...] = ()
    """What differs, as it is printed; or why it cannot be told."""


@dataclass(frozen=True)
class History:
    """Captures of one target, made alike on one machine, the oldest first."""

    title: str
    machine: str
    device: str
    mode: str
    captures: tuple[KeptCapture, ...]
    changes: tuple[HistoryChange, ...]
    copies: int = 0
    """Captures that were kept once more, and count once."""
