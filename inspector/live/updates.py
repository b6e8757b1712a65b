"""What a live capture says to whoever shows it: immutable, one at a time, in order."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.client.outcome import Outcome
from inspector.model.capture import Capture
from inspector.protocol import Message


@dataclass(frozen=True)
class CaptureUpdated:
    """Something arrived; artifacts that did not change are the same objects as before."""

    capture: Capture


@dataclass(frozen=True)
class EventArrived:
    """The worker said something."""

    event: Message


@dataclass(frozen=True)
class LogText:
    """The worker printed something: whole lines, without escape sequences."""

    stream: str
    """`out`, `err`, or `inspector` for what the front itself has to remark."""
    text: str


@dataclass(frozen=True)
class Ended:
    """The worker is gone, with all that it started; always the last update."""

    outcome: Outcome


Update = CaptureUpdated | EventArrived | LogText | Ended
