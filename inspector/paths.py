"""Paths: as a person types them, and those that nothing has yet."""

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


def free_path(folder: Path, stem: str, ending: str = "") -> Path:
    """Where nothing is yet: `mlp.inspector` in a folder, with a number where that is taken: `mlp-2.inspector`."""
    path, number = folder / f"{stem}{ending}", 2
    while path.exists() or path.is_symlink():
        path, number = folder / f"{stem}-{number}{ending}", number + 1
    return path
