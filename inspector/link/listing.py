"""What a compiler wrote about a kernel, made readable, and the source places that it says each line comes from."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

Frame = tuple[str, int, int]
"""File name without its folder, 1-based line, column."""
Chain = tuple[Frame, ...]
"""A place in the source and the calls that it was inlined through, innermost first."""
Places = frozenset[Chain]
"""The places that one line comes from: several where the compiler merged operations."""

NOWHERE: Places = frozenset()


@dataclass(frozen=True)
class Listing:
    """One text of a kernel, without what only tools read: locations, metadata, debug sections, addresses."""

    text: str
    places: tuple[Places, ...]
    """For each line of the text."""
    written: array[int] = field(default_factory=lambda: array("i"))
    """For each line of the text its 1-based line in what the compiler wrote."""
    ptx_lines: array[int] = field(default_factory=lambda: array("i"))
    """Of machine code: for each line of the text the 1-based line in the PTX as the compiler wrote it, 0 for none."""
    instructions: int = 0
    """Of machine code: how many of the lines are instructions."""

    def kernel_lines(self, file: str) -> list[frozenset[int]]:
        """For each line of the text the lines of `file` that it comes from: where the outermost call stands."""
        return [
            frozenset(line for chain in places for line in outermost(chain, file)) if places else frozenset()
            for places in self.places
        ]


class ListingLines:
    """A listing while it is read."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._places: list[Places] = []
        self._written = array("i")
        self._ptx_lines = array("i")

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, text: str, places: Places, written: int, ptx_line: int = 0) -> None:
        """Keeps a line; of several blank ones only the first, and none at the beginning."""
        if not text.strip() and (not self._texts or not self._texts[-1].strip()):
            return
        self._texts.append(text.rstrip())
        self._places.append(places)
        self._written.append(written)
        self._ptx_lines.append(ptx_line)

    def place(self, index: int, places: Places) -> None:
        """Says where a line comes from that did not say it itself."""
        if not self._places[index]:
            self._places[index] = places

    def listing(self, instructions: int = 0) -> Listing:
        """What was kept, without blank lines at the end."""
        while self._texts and not self._texts[-1]:
            self._texts.pop()
        count = len(self._texts)
        text = "\n".join(self._texts) + "\n" if self._texts else ""
        return Listing(text, tuple(self._places[:count]), self._written[:count], self._ptx_lines[:count], instructions)


def base_name(path: str) -> str:
    """A file's name without its folder, also of another system's path."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def outermost(chain: Chain, file: str) -> tuple[int, ...]:
    """The line of `file` where the outermost call of a chain stands; empty where the chain does not come from it."""
    return next(((line,) for name, line, _ in reversed(chain) if name == file), ())
