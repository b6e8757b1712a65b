"""Paths: as a person types them, and those that nothing has yet."""

from __future__ import annotations

from pathlib import Path

from inspector.errors import UsageError

_LONGEST = 60
"""Characters of a wrong name that are shown."""


def typed_path(text: str, *, home: bool = True) -> Path:
    """The path that `text` names; it need not be there.

    Args:
        text: what was typed.
        home: whether `~` and `~user` stand for somebody's home.

    Raises:
        UsageError: nothing can have that name: an unknown user, a NUL, a name that is too long, a link to itself.
    """
    try:
        path = Path(text).expanduser() if home else Path(text)
        if "\0" in text:
            raise ValueError("a name cannot hold a NUL")
        path.exists()
        path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise no_path(text, error) from error
    return path


def no_path(text: str, error: Exception) -> UsageError:
    """What is said of a name that nothing can have."""
    reason = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return UsageError(f"{shown!r} is no path: {reason.rstrip('.').lower()}.", "Name another place.")


def there(text: str) -> bool:
    """Whether something lies at the path that `text` names; at one that nothing can have lies nothing."""
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def free_path(folder: Path, stem: str, ending: str = "") -> Path:
    """Where nothing is yet: `mlp.inspector` in a folder, with a number where that is taken: `mlp-2.inspector`."""
    path, number = folder / f"{stem}{ending}", 2
    while path.exists() or path.is_symlink():
        path, number = folder / f"{stem}-{number}{ending}", number + 1
    return path
