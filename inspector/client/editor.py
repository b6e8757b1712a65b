"""The person's own editor, as a command."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

_USUAL = ("nano", "vi")


def editor_command(file: str, line: int) -> list[str] | None:
    """`$VISUAL` or `$EDITOR` on a line of a file, else what most machines have; None where there is none.

    `+LINE` is what vi, nano, emacs, micro and most others take; VS Code's is another.
    """
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not words:
        words = [found] if (found := next(filter(shutil.which, _USUAL), None)) is not None else []
    if not words or shutil.which(words[0]) is None:
        return None
    if Path(words[0]).name in ("code", "codium", "cursor", "subl"):
        return [*words, *(["--goto"] if Path(words[0]).name != "subl" else []), f"{file}:{line}"]
    return [*words, f"+{line}", file]


def editor_name() -> str:
    """What was looked for, in words."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or " or ".join(_USUAL)
