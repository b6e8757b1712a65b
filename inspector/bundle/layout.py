"""Where everything lies in a bundle: names of files and folders, and the bounds a reader insists on."""

from __future__ import annotations

import re

from inspector.model.artifact import Artifact
from inspector.model.stage import Stage

FORMAT = "inspector-bundle"
VERSION = 1
ZIP_ENDING = ".inspector"

MANIFEST = "manifest.json"
LINKS = "links.json"
EVENTS = "events.json"
LATENCY = "latency.json"
PROFILE = "profile.json"
EDITS = "edits.json"
EDITED = "edits"
ANNOTATIONS = "annotations.json"
README = "README.md"
PAGE = "index.html"
REPRO = "repro.py"
DIFFERENCES = "differences"
GUARDS = "guards.txt"
GRAPH_BREAKS = "graph_breaks.json"
RECOMPILES = "recompiles.json"
METRICS = "metrics.json"
FUSION = "fusion.json"
GUARD_TREE = "guard_tree.json"
FACTS = "facts.json"

MAX_FILES = 100_000
MAX_FILE = 256 * 1024 * 1024
"""Bytes of one file, unpacked."""
MAX_TOTAL = 1024 * 1024 * 1024
"""Bytes of all files together, unpacked."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")


class FileNames:
    """Hands out file names: safe on every file system, and no two alike even where case does not count."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, folder: str, name: str, ending: str = "") -> str:
        """`folder/name` + ending, with a number after the name where that is taken."""
        clean = _UNSAFE.sub("_", name).strip(".")[:120] or "_"
        path = f"{folder}/{clean}{ending}"
        number = 2
        while path.casefold() in self._taken:
            path = f"{folder}/{clean}-{number}{ending}"
            number += 1
        self._taken.add(path.casefold())
        return path

    def artifact(self, artifact: Artifact, folder: str) -> str:
        """The path of an artifact; `folder` is that of its compile id, unused for source files."""
        ending = artifact.stage.ending or artifact.language.ending
        if artifact.stage is Stage.SOURCE:
            name = artifact.id.removeprefix("source:").replace("\\", "/").rsplit("/", 1)[-1]
            return self.take("source", name.removesuffix(ending), ending)
        if artifact.kernel is not None:
            return self.take(f"{folder}/kernels", artifact.kernel, ending)
        if artifact.stage is Stage.OTHER:
            return self.take(f"{folder}/other" if folder else "other", artifact.variant, ending)
        name = f"{artifact.stage.order:02d}-{artifact.stage.value}"
        return self.take(folder, f"{name}-{artifact.variant}" if artifact.variant else name, ending)
