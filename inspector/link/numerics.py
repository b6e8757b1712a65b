"""Where the ATen nodes that were compared are defined."""

from __future__ import annotations

import re
from collections.abc import Collection

from inspector.model.capture import Capture
from inspector.model.stage import Stage

_DEFINES = re.compile(r"\s*(\w+)\s*(?::[^=]*)?=")


def lines_of_nodes(capture: Capture, compile_id: str, names: Collection[str]) -> dict[str, int]:
    """Node → its line in the ATen graph or the backward one, from 1; those that neither text has are left out."""
    found: dict[str, int] = {}
    for stage in (Stage.ATEN, Stage.ATEN_BACKWARD):
        for artifact in capture.find(stage, compile_id):
            for number, line in enumerate(artifact.lines, 1):
                match = _DEFINES.match(line)
                if match and match[1] in names:
                    found.setdefault(match[1], number)
    return found
