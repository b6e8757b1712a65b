"""Files that a person edits a kernel in: there while it is edited, and kept where the worker did not live on."""

from __future__ import annotations

import os
from pathlib import Path

from inspector.errors import EnvironmentLacking
from inspector.model.artifact import Artifact, Language
from inspector.model.edit import Fate
from inspector.paths import free_path

KEPT = frozenset({Fate.CRASHED, Fate.HUNG})
"""After these the worker is gone, and the text is nowhere else."""


def folder() -> Path:
    """`$XDG_DATA_HOME/inspector/edits`, or `~/.local/share/inspector/edits`; made where it is not there.

    Raises:
        EnvironmentLacking: it cannot be made.
    """
    try:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        path = data / "inspector" / "edits"
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise EnvironmentLacking(
            f"There is no folder for a kernel's text: {error}.", "Set XDG_DATA_HOME to a folder that can be written."
        ) from error
    return path


def write_text(kernel: Artifact, text: str) -> Path:
    """A new file with a kernel's text, named after it.

    Raises:
        EnvironmentLacking: it cannot be written.
    """
    ending = ".py" if kernel.language is Language.TRITON else ".cpp"
    path = free_path(folder(), (kernel.kernel or "kernel")[:100], ending)
    try:
        path.write_text(f"{text.strip(chr(10))}\n", encoding="utf-8", errors="surrogatepass")
    except OSError as error:
        raise EnvironmentLacking(
            f"{path} cannot be written: {error.strerror or error}.", "Make room there, or set XDG_DATA_HOME."
        ) from error
    return path


def read_text(path: Path) -> str:
    """What a person left in it.

    Raises:
        EnvironmentLacking: it is gone, cannot be read, or is no text.
    """
    try:
        return path.read_text(encoding="utf-8").strip("\n") + "\n"
    except (OSError, ValueError) as error:
        raise EnvironmentLacking(f"{path} cannot be read: {error}.", "Save it as UTF-8 text.") from error
