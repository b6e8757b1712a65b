"""Which file the code at an address was loaded from."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple


class Image(NamedTuple):
    """A file, and how far its addresses lie from those in memory."""

    file: str
    bias: int
    """To be taken from an address in memory to have the one in the file's own listing."""


NOWHERE = Image("", 0)
"""Of memory that no file was loaded into: code that somebody generated."""


class Images:
    """The executable files of this process, as they are loaded now."""

    def __init__(self, maps: str | None = None) -> None:
        text = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace") if maps is None else maps
        bases: dict[str, int] = {}
        found: list[tuple[int, int, Image]] = []
        for line in text.splitlines():
            parts = line.split(None, 5)
            file = parts[5] if len(parts) > 5 else ""
            start, end = (int(part, 16) for part in parts[0].split("-"))
            if int(parts[2], 16) == 0:
                bases[file] = start  # a shared object's first segment: what its own addresses count from
            if "x" in parts[1]:
                found.append((start, end, Image(file, bases.get(file, start - int(parts[2], 16)))))
        found.sort()
        self._ranges = found
        self._starts = [start for start, _, _ in found]

    def of(self, address: int) -> Image:
        """The file that the code at an address comes from."""
        place = bisect_right(self._starts, address) - 1
        return self._ranges[place][2] if place >= 0 and address < self._ranges[place][1] else NOWHERE
