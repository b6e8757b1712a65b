"""The folder for what inspector keeps on a machine between captures; it can be thrown away at any time."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

from inspector.errors import EnvironmentLacking


class CacheFolder(NamedTuple):
    """Where to keep things."""

    path: Path
    """There, and can be written to."""
    problem: str
    """Why it is not where the desktop wants it, in words; empty where it is."""


def cache_folder() -> CacheFolder:
    """`$XDG_CACHE_HOME/inspector` or `~/.cache/inspector`; the person's own temporary folder where neither can be used.

    Raises:
        EnvironmentLacking: the temporary folder cannot be used either.
    """
    try:
        wanted = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inspector"
    except RuntimeError:  # no HOME, and the user is in no password file
        return CacheFolder(_temporary(), "there is no home folder")
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        _try_to_write(wanted)
    except OSError as error:
        return CacheFolder(_temporary(), f"{wanted} cannot be written ({error.strerror or error})")
    return CacheFolder(wanted, "")


def _temporary() -> Path:
    """A folder that is ours alone: compiled headers are loaded from it, so nobody else may write there."""
    try:
        path = Path(tempfile.gettempdir()) / f"inspector-cache-{os.getuid()}"
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise EnvironmentLacking(
                f"The temporary cache folder {path} is not this user's alone.",
                "Set XDG_CACHE_HOME to a folder of your own.",
            )
        _try_to_write(path)
    except OSError as error:
        raise EnvironmentLacking(
            f"There is no folder to keep a cache in: {error}.", "Set XDG_CACHE_HOME to a folder that can be written."
        ) from error
    return path


def _try_to_write(folder: Path) -> None:
    """Permission bits do not tell of read-only file systems and full quotas; a file does."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".try-"):
        pass
