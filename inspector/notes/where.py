"""Where in a capture a line of user code is."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.model.artifact import Span
from inspector.model.capture import Capture
from inspector.model.frame import Frame
from inspector.model.stage import Stage


def line_of(capture: Capture, frames: Sequence[Frame]) -> Span | None:
    """The line of the innermost frame whose source file the capture holds; None if it holds none of them."""
    files = {item.path: item for item in capture.find(Stage.SOURCE) if item.path}
    for frame in reversed(frames):
        artifact = files.get(frame.file)
        if artifact is not None and 1 <= frame.line <= len(artifact.lines):
            return Span.of_lines(artifact.id, frame.line)
    return None
