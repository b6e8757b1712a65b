"""Paths as short as they stay clear, for a person; --json has all of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from inspector.model.frame import Frame


def short_path(path: str) -> str:
    """A path as short as it stays clear: from the installed packages, the current folder or the home folder on."""
    return _shortened(path, Path.cwd(), Path.home())


@lru_cache(maxsize=1024)
def _shortened(path: str, here: Path, home: Path) -> str:
    """Remembered, because thousands of compile ids come from a few files."""
    _, installed, rest = path.rpartition("/site-packages/")
    if installed:
        return rest
    for folder, sign in ((here, ""), (home, "~/")):
        if Path(path).is_relative_to(folder):
            return sign + str(Path(path).relative_to(folder))
    return path


def where_is(frame: Frame) -> str:
    """`tests/gen_frames.py:12`: enough of a path to tell it from others; --json has all of it."""
    path = short_path(frame.file)
    parts = path.split("/")
    return f"{'/'.join(parts[-2:]) if path.startswith('/') and len(parts) > 3 else path}:{frame.line}"
