"""A capture while it is being made: one worker, its trace, its events and its logs, as a stream of updates."""

from inspector.client.outcome import Outcome, OutcomeKind
from inspector.live.capture import LiveCapture
from inspector.live.updates import CaptureUpdated, Ended, EventArrived, LogText, Update

__all__ = [
    "CaptureUpdated",
    "Ended",
    "EventArrived",
    "LiveCapture",
    "LogText",
    "Outcome",
    "OutcomeKind",
    "Update",
]
