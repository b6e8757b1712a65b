"""What a capture is called, on every page that is written about it."""

from __future__ import annotations

from inspector.model.capture import Capture


def title(capture: Capture) -> str:
    """What was compiled, in one line."""
    if capture.request is not None:
        return capture.request.title
    return str(capture.target.get("name", "a recorded trace"))
