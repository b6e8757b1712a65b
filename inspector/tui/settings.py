"""What a person has chosen for every screen to come: one small file."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from inspector.codec import decode, dump
from inspector.errors import InspectorError
from inspector.files import write_file
from inspector.form.form import Taste
from inspector.jsontext import Malformed
from inspector.regular import check_regular, read_regular


@dataclass(frozen=True)
class Settings:
    """What is kept."""

    taste: Taste = field(default_factory=Taste)


def settings_file() -> Path | None:
    """`$XDG_CONFIG_HOME/inspector/screen.json` or `~/.config/inspector/screen.json`; None without a home."""
    try:
        return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "inspector" / "screen.json"
    except RuntimeError:  # no HOME, and the user is in no password file
        return None


def read_settings(path: Path | None) -> Settings:
    """What was chosen; what cannot be read counts as nothing chosen, and is replaced by the next choice."""
    try:
        return decode(read_regular(path), Settings) if path is not None else Settings()
    except (OSError, Malformed):
        return Settings()


def write_settings(path: Path, settings: Settings) -> str:
    """Keeps a choice; returns why it could not be kept, in words, else nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            check_regular(path, path.stat().st_mode)  # what a pipe or a device is given is not kept
        write_file(path, dump(settings), force=True)
    except (OSError, InspectorError) as error:
        return f"The choice holds for this screen alone: {path} cannot be written ({error})."
    return ""
