"""A path as a person types it."""

from __future__ import annotations

from pathlib import Path

from inspector.errors import UsageError

_LONGEST = 60
"""Characters of a wrong name that are shown."""


def typed_path(text: str) -> Path:
    """The path that `text` names, `~` and `~user` included; it need not be there.

    Raises:
        UsageError: nothing can have that name: an unknown user, a NUL, a name that is too long.
    """
    try:
        path = Path(text).expanduser()
        if "\0" in text:
            raise ValueError("a name cannot hold a NUL")
        path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        raise UsageError(f"{shown!r} is no path: {reason.rstrip('.').lower()}.", "Name another place.") from error
    return path
