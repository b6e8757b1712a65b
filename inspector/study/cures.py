"""What the starts of `inspector study spot --cures` find prepared, made once and laid out anew for each of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from inspector.errors import EnvironmentLacking
from inspector.model.study import Cure, StudyRequest
from inspector.study.process import PreparedPlace

PREPARED = "prepared"
"""The folder, in a start's home, for what a cure brings along beside torch's own folders."""

_BRINGS = {
    Cure.MEGA: (PREPARED,),
    Cure.PACK: (PREPARED,),
    Cure.COPIED: (PREPARED, "inductor", "tmp"),
}
"""What of a home is there again for each start: `inductor` and `tmp` are torch's cache and temporary folder."""


class Preparations:
    """Prepares each cure of each target once, in a process of its own, and restores it before every start.

    A start's folders have the same path as when they were prepared: what a container image brings along has too.

    Args:
        folder: an existing folder, thrown away by whoever made it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: set[Path] = set()

    def place(self, request: StudyRequest, once: Callable[..., Any]) -> PreparedPlace | None:
        """Where a request's process finds what was prepared; None for a start from nothing.

        Raises:
            InspectorError: it could not be prepared.
        """
        brings = _BRINGS.get(Cure(request.variant))
        if brings is None:
            return None
        folder = self._folder / f"{request.model}-{request.variant}"
        home, kept = folder / "home", folder / "kept"
        try:
            if folder not in self._made:
                shutil.rmtree(folder, ignore_errors=True)  # what an earlier try left, which failed or was stopped
                home.mkdir(parents=True)
                once(replace(request, repeat=0), place=PreparedPlace(home, prepare=True))
                kept.mkdir()
                for name in brings:
                    if (home / name).exists():
                        shutil.copytree(home / name, kept / name, symlinks=True)
                self._made.add(folder)
            shutil.rmtree(home)
            shutil.copytree(kept, home, symlinks=True)
        except (OSError, shutil.Error) as error:
            raise EnvironmentLacking(
                f"What {request.variant} prepared cannot be copied: {error}.", "Set TMPDIR to a folder with space."
            ) from error
        return PreparedPlace(home)
