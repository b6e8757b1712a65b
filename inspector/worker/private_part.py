"""What the register of torch's private parts is made of. torch is not imported here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SEEN: Final = ("2.11", "2.12", "2.13", "2.14", "2.15")
"""Releases that it was seen with: on these the statement hooks' byte-identity and coverage were measured too."""

LOGGER: Final = "logger "
"""What the name of a logger of torch's begins with: `logger torch._inductor.scheduler.__fusion`."""
_WRITTEN = re.compile(r"(?P<name>[\w.]+)(?P<takes>\((?P<parameters>[^)]*)\))?")


@dataclass(frozen=True)
class PrivatePart:
    """One name of torch's."""

    name: str
    """`torch._inductor.scheduler:Scheduler.codegen`: the module, and what it holds; or a logger."""
    parameters: tuple[str, ...] | None = None
    """Of a function, its leading parameters that are relied on; None for what is only read or called as it is."""


@dataclass(frozen=True)
class Use:
    """What inspector needs some of them for."""

    files: tuple[str, ...]
    """Below `inspector/worker/`."""
    parts: tuple[PrivatePart, ...]
    lost: str
    """What a reader of the capture loses without them, as the note in it says."""
    test: str = ""
    """The test of what is done instead; empty where nothing is, and the verb fails with torch's own words."""
    seen: tuple[str, ...] = SEEN


def parts(module: str, *written: str) -> tuple[PrivatePart, ...]:
    """Parts of one module, as `Scheduler.codegen(self)`, or `nodes` for what is no function of ours to replace."""
    found = []
    for text in written:
        match = _WRITTEN.fullmatch(text)
        assert match is not None, text
        parameters = None
        if match["takes"] is not None:
            parameters = tuple(item.strip() for item in match["parameters"].split(",") if item.strip())
        found.append(PrivatePart(f"{module}:{match['name']}", parameters))
    return tuple(found)
