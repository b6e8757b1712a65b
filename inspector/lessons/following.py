"""The speaker's second terminal: what stands on the screen, in a small file that another process reads.

The file lies in a folder that only its person can enter: $XDG_RUNTIME_DIR, or a private one under the temporary
folder. It is replaced whole at every step, so a reader never sees half of one.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from inspector.codec import decode, line
from inspector.errors import EnvironmentLacking
from inspector.jsontext import Malformed
from inspector.lessons.course import Course

_LARGEST = 1 << 20
"""Bytes that a file may have to be read."""


@dataclass(frozen=True)
class Standing:
    """Where a lesson is."""

    pid: int
    """Of the process that shows it."""
    at: int
    """0-based step."""
    votes: tuple[int, ...]
    answer: str | None
    waiting: bool
    """Whether the answer was asked for and the compiler is still busy."""
    compiling: bool
    seconds: float
    """Since the lesson began."""
    known: str
    """The answer before the class knows it; empty where nothing is asked, or it is not known yet."""

    @classmethod
    def of(cls, course: Course, *, compiling: bool, seconds: float, known: str) -> Self:
        """Where a course is now."""
        return cls(os.getpid(), course.at, course.votes, course.answer, course.revealing, compiling, seconds, known)


def publish(name: str, standing: Standing) -> None:
    """Says where a lesson is.

    Raises:
        EnvironmentLacking: there is no folder that is ours alone.
        OSError: it cannot be written.
    """
    path = _path(name)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_bytes(line(standing))
    new.replace(path)


def withdraw(name: str) -> None:
    """The lesson ends; another process's word about it is left alone."""
    standing = standing_of(name)
    if standing is not None and standing.pid == os.getpid():
        _path(name).unlink(missing_ok=True)


def standing_of(name: str) -> Standing | None:
    """Where a lesson is; None where nobody shows it.

    Raises:
        EnvironmentLacking: there is no folder that is ours alone.
    """
    path = _path(name)
    try:
        if path.stat().st_size > _LARGEST:
            return None
        standing = decode(path.read_bytes(), Standing)
        os.kill(standing.pid, 0)
    except (OSError, Malformed, OverflowError):  # none there, not ours, or whoever wrote it died
        return None
    return standing


def _path(name: str) -> Path:
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)
    return _folder() / f"lesson-{safe}.json"


def _folder() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) / "inspector" if runtime else Path(tempfile.gettempdir()) / f"inspector-{os.getuid()}"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = base.lstat()
    except OSError as error:
        raise EnvironmentLacking(
            f"{base} cannot be made: {error.strerror or error}.", "Set XDG_RUNTIME_DIR."
        ) from error
    if base.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise EnvironmentLacking(f"{base} is not a folder that is yours alone.", "Remove it, or set XDG_RUNTIME_DIR.")
    return base
