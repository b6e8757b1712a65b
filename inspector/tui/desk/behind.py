"""The log that a capture is one compile id of, as far as the desk needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inspector.model.capture import Capture
from inspector.model.compile_row import CompileRow


@dataclass(frozen=True)
class Behind:
    """What lies behind the desk."""

    rows: Callable[[], Sequence[CompileRow]]
    """Every compile id of the log, as far as it is known."""
    read: Callable[[tuple[str, ...]], Capture]
    """Some of them; may raise an InspectorError."""
    back: Callable[[], object]
    """Puts the log as a whole on screen."""
    choose: Callable[[str | None], object]
    """Lists its compile ids, one of which takes the place of the one that is given."""
    differ: Callable[[str], object]
    """Shows how a compile id differs from the one before it."""
