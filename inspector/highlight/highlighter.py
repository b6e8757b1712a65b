"""The colours of one text, made line by line as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.highlight import languages
from inspector.highlight.regions import Region, RegionMap, RegionStart
from inspector.highlight.tokens import Kind, Token
from inspector.model.artifact import Language

MAX_COLUMNS = 4096
"""Beyond this column a line is plain: a megabyte of constants on one line must not hold up a key press."""

_CACHED_LINES = 2048
_CACHED_TEXTS = 16_384
"""Distinct lines whose tokens are kept for when they come again: half of a whole model's IR is repeated lines."""


Known = dict[tuple[str, tuple[tuple[int, Region], ...]], tuple[Token, ...]]
"""A line and the regions in it → its tokens, whichever text it stands in."""


class Highlighter:
    """Tokens of single lines.

    Args:
        language: what the text is written in.
        lines: the text, cut at newlines; kept, not copied.
        known: lines that were cut into tokens before; texts that share it share those. None for an own one.
    """

    def __init__(self, language: Language, lines: Sequence[str], known: Known | None = None) -> None:
        self._lines = lines
        self._regions = RegionMap(language, lines)
        self._cache: dict[int, tuple[Token, ...]] = {}
        self._same: Known = {} if known is None else known

    def line(self, index: int) -> tuple[Token, ...]:
        """The tokens of `lines[index]`, in order, not overlapping; text between them is plain.

        Raises:
            IndexError: there is no such line.
        """
        if (known := self._cache.get(index)) is not None:
            return known
        if not 0 <= index < len(self._lines):
            raise IndexError(f"index {index} of {len(self._lines)} lines")
        if len(self._cache) >= _CACHED_LINES:
            self._cache.clear()
        text, changes = self._lines[index], self._regions.of_line(index)
        key = (text, tuple((change.col, change.region) for change in changes))
        if (tokens := self._same.get(key)) is None:
            if len(self._same) >= _CACHED_TEXTS:
                self._same.clear()
            tokens = self._same[key] = tuple(_tokens(text, changes))
        self._cache[index] = tokens
        return tokens


def _tokens(text: str, changes: Sequence[RegionStart]) -> list[Token]:
    end = min(len(text), MAX_COLUMNS)
    found: list[Token] = []
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        left = change.col
        right = min(following.col, end) if following is not None else end
        if left >= right:
            continue
        if change.region.inside:
            kind = Kind.COMMENT if change.region.inside == "*/" else Kind.STRING
            found.append(Token(left, right, kind))
        else:
            found.extend(languages.tokens(change.region.language, text, left, right))
    return found
