"""The lines of a text, cut only where they are looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import overload

_BLOCK = 65_536
"""Characters to a block; a block is cut into lines when one of them is asked for."""
_KEPT_BLOCKS = 32


class Lines(Sequence[str]):
    """A text as a sequence of its lines, without their newlines; at least one line.

    Making it counts newlines (half a millisecond a megabyte) and cuts nothing, where `str.split` of a long
    text takes longer than painting the screen.

    Args:
        text: the whole text; a newline at its very end begins no further line.
        head: leave out the lines that begin this many characters or more behind; None takes all.
    """

    def __init__(self, text: str, head: int | None = None) -> None:
        self._text = text
        end = text.find("\n", head) if head is not None and head < len(text) else -1
        self._end = end if end >= 0 else len(text) - text.endswith("\n")
        self.complete = end < 0 or end + 1 == len(text)
        self._starts = [0]
        self._firsts = [0]
        self._kept: dict[int, list[str]] = {}
        while (newline := text.find("\n", self._starts[-1] + _BLOCK, self._end)) >= 0:
            self._firsts.append(self._firsts[-1] + text.count("\n", self._starts[-1], newline + 1))
            self._starts.append(newline + 1)
        self._count = self._firsts[-1] + text.count("\n", self._starts[-1], self._end) + 1

    def __len__(self) -> int:
        return self._count

    @property
    def estimate(self) -> int:
        """How many lines the whole text has: exact when `complete`, else a guess from its head."""
        return self._count if self.complete else round(self._count * len(self._text) / max(1, self._end))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            first, last, step = index.indices(self._count)
            return self._between(first, last)[::step] if step > 0 else [self[i] for i in range(first, last, step)]
        if index < 0:
            index += self._count
        if not 0 <= index < self._count:
            raise IndexError(f"line {index} of {self._count}")
        block = bisect_right(self._firsts, index) - 1
        return self._block(block)[index - self._firsts[block]]

    def _between(self, first: int, last: int) -> list[str]:
        result: list[str] = []
        while first < last:
            block = bisect_right(self._firsts, first) - 1
            offset = self._firsts[block]
            taken = self._block(block)[first - offset : last - offset]
            result += taken
            first += len(taken)
        return result

    def _block(self, block: int) -> list[str]:
        known = self._kept.get(block)
        if known is None:
            if len(self._kept) >= _KEPT_BLOCKS:
                self._kept.clear()
            end = self._starts[block + 1] - 1 if block + 1 < len(self._starts) else self._end
            known = self._kept[block] = self._text[self._starts[block] : end].split("\n")
        return known
